/** Step 5: a thumbnail, from decoded pixels to encoded bytes. What an option does to a thumbnail is done here. */
import type { NamedRendition } from '@tintype/contracts';
import { type EncodedPicture, renderThumbnail, type Watermarks } from '@tintype/imaging';
import type { Pixels, Size } from '@tintype/raster';

export type MadeRendition = EncodedPicture & {
  name: string;
  /** Gives the memory of the bytes back at once; nobody may read them after that. */
  free?: () => void;
};

/** Raise it when thumbnails of the same bytes and options come out differently than before. */
export const renderVersion = 12;

/** `picture` is the size of the upright source, of which the pixels are a copy. */
export async function render(
  pixels: Pixels,
  picture: Size,
  rendition: NamedRendition,
  watermarks?: Watermarks,
): Promise<MadeRendition> {
  return { name: rendition.name, ...(await renderThumbnail(pixels, picture, rendition, watermarks)) };
}
