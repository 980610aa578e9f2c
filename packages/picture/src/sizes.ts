/** Which sizes of a picture serve what is to be made of it. */
import type { Rendition } from '@tintype/contracts';
import type { Size } from '@tintype/raster';

export type OutputBox = Pick<Rendition, 'width' | 'height' | 'fit'>;

/** Longer side of the picture that colours are read from, where it is made for them: measured, more gains little. */
const sampleSidePixels = 144;
/** A picture that is decoded for its thumbnail serves colours too from this longer side on. */
const leastSampleSidePixels = 128;
/** Up to this side the decoded picture serves as it is: a second pipeline would cost more than it saves. */
const directSidePixels = 200;

/**
 * The size to decode to: that of the largest thumbnail before it is cropped, unless all are so small that colours would
 * suffer. Never larger than the picture. `cover` and `outside` fill the box, the others fit in.
 */
export function decodeSize(picture: Size, boxes: readonly OutputBox[]): Size {
  const forThumbnails = Math.max(...boxes.map((box) => thumbnailScale(picture, box)));
  const longerSide = Math.max(picture.width, picture.height);
  const serves = forThumbnails * longerSide >= leastSampleSidePixels;
  return scaled(picture, serves ? forThumbnails : sampleSidePixels / longerSide);
}

/** The size of a thumbnail before it is cropped or gets its bars, never larger than the picture. */
export function uncroppedSize(picture: Size, box: OutputBox): Size {
  const { width, height, fit } = box;
  if (fit === 'fill' && width <= picture.width && height <= picture.height) return { width, height };
  return scaled(picture, thumbnailScale(picture, box));
}

/** The size of the picture that colours are read from: what was decoded, unless that is too large. */
export function sampleSize(decoded: Size): Size {
  const longerSide = Math.max(decoded.width, decoded.height);
  return longerSide <= directSidePixels ? decoded : scaled(decoded, sampleSidePixels / longerSide);
}

function thumbnailScale(picture: Size, { width, height, fit }: OutputBox): number {
  const across = width / picture.width;
  const down = height / picture.height;
  const fills = fit === 'cover' || fit === 'outside' || fit === 'fill';
  return fills ? Math.max(across, down) : Math.min(across, down);
}

function scaled(picture: Size, wanted: number): Size {
  const scale = Math.min(1, wanted);
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return { width: side(picture.width), height: side(picture.height) };
}
