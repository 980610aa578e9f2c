/** Step 4: the thumbnail, encoded. */
import type { RenditionOptions } from '@tintype/contracts';
import { type EncodedPicture, type Pixels, renderThumbnail } from '@tintype/imaging';

/** The one rendition there is until a request can ask for several. */
export const renditionName = 'default';

export function resizePicture(pixels: Pixels, options: RenditionOptions): Promise<EncodedPicture> {
  return renderThumbnail(pixels, options);
}
