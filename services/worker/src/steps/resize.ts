/** Step 4: the thumbnail, encoded. */
import type { Rendition } from '@tintype/contracts';
import { type EncodedPicture, renderThumbnail } from '@tintype/imaging';
import type { Pixels } from '@tintype/raster';

/** The one rendition there is until a request can ask for several. */
export const renditionName = 'default';

export function resizePicture(pixels: Pixels, options: Rendition): Promise<EncodedPicture> {
  return renderThumbnail(pixels, options);
}
