/** Which sizes of a picture serve what is to be made of it. */
import type { Rendition } from '@tintype/contracts';
import { decodeScale } from '@tintype/imaging';
import type { Size } from '@tintype/raster';

/** Longer side of the picture that colours are read from, where it is made for them: measured, more gains little. */
const sampleSidePixels = 144;
/** A picture that is decoded for its thumbnail serves colours too from this longer side on. */
const leastSampleSidePixels = 128;
/** Up to this side the decoded picture serves as it is: a second pipeline would cost more than it saves. */
export const maxSampleSidePixels = 200;

/**
 * The size to decode to: that of the largest thumbnail before it is cropped, unless all are so small that colours would
 * suffer. Never larger than the picture. `cover` and `outside` fill the box, the others fit in.
 */
export function decodeSize(picture: Size, renditions: readonly Rendition[]): Size {
  const forThumbnails = largestScale(picture, renditions);
  const longerSide = Math.max(picture.width, picture.height);
  const serves = forThumbnails * longerSide >= leastSampleSidePixels;
  return scaled(picture, serves ? forThumbnails : sampleSidePixels / longerSide);
}

/** The size of the largest thumbnail before it is cropped: to be made of a picture that is hardly larger would blur it. */
export function thumbnailsSize(picture: Size, renditions: readonly Rendition[]): Size {
  return scaled(picture, largestScale(picture, renditions));
}

/** The size of a thumbnail before it is cropped or gets its bars, never larger than the picture. */
export function uncroppedSize(picture: Size, rendition: Rendition): Size {
  const { width, height, fit, crop, rotate, trim } = rendition;
  const isPlain = !crop && rotate === undefined && trim === undefined;
  if (fit === 'fill' && isPlain && width <= picture.width && height <= picture.height) return { width, height };
  return scaled(picture, decodeScale(picture, rendition));
}

function largestScale(picture: Size, renditions: readonly Rendition[]): number {
  return Math.max(...renditions.map((rendition) => decodeScale(picture, rendition)));
}

/** The size of the picture that colours are read from: what was decoded, unless that is too large. */
export function sampleSize(decoded: Size): Size {
  const longerSide = Math.max(decoded.width, decoded.height);
  return longerSide <= maxSampleSidePixels ? decoded : scaled(decoded, sampleSidePixels / longerSide);
}

/** What may be decoded whole although its decoder could make it smaller, in pixels. */
const cheapPixels = 500_000;
/** So many pixels are left for a sample of the others: half a dozen for each of its own. */
const reducedPixels = 80_000;

/** Whether a picture is decoded at its own size where that can be held, so that nothing has been averaged before. */
export function isDecodedWhole({ width, height }: Size, isCheaperReduced: boolean): boolean {
  return !isCheaperReduced || width * height <= cheapPixels;
}

/** The size to decode to where that is not the picture's own: that for thumbnails, or where that is small a larger one. */
export function reducedSize(picture: Size, forThumbnails: Size): Size {
  const size = scaled(picture, Math.sqrt(reducedPixels / (picture.width * picture.height)));
  // To be made a little smaller a second time would blur a thumbnail.
  return size.width >= 2 * forThumbnails.width ? size : forThumbnails;
}

function scaled(picture: Size, wanted: number): Size {
  const scale = Math.min(1, wanted);
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return { width: side(picture.width), height: side(picture.height) };
}
