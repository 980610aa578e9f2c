/** What a thumbnail shows of a picture and how large it comes out, by its options alone: nothing is decoded yet. */
import { boxIn, enlargesUsually, type PixelBox, Problem, type Rendition, sidesOf } from '@tintype/contracts';
import type { Size } from '@tintype/raster';

/** Longest side that is made: `outside` keeps the picture's shape, which may be a line. */
export const maxOutputSidePixels = 8192;

/**
 * How much more is decoded of a picture of which a border is to be trimmed, across and down: nobody knows yet how much is
 * left of it.
 */
const trimReserve = 2;
/**
 * And so many pixels at least: edges that are blended with the border are no border, and stay as lines. Of a JPEG of 24
 * megapixels it is a fifth each way; of hardly more than that, more than twice as much is read.
 */
const trimPixels = 960_000;

/** In pixels of the upright picture. Throws `invalid_option` for a `crop` that is not within. */
export function shownPart(picture: Size, { crop }: Rendition): PixelBox {
  if (!crop) return { left: 0, top: 0, ...sizeOf(picture) };
  const box = boxIn(picture, crop);
  if (box) return box;
  const detail = `\`crop\` is not within the picture, which has ${picture.width} × ${picture.height} pixels`;
  throw new Problem('invalid_option', { detail: `${detail}.`, errors: [{ pointer: '/crop', detail }] });
}

/** A quarter turn swaps the sides. */
export function turnedSize({ width, height }: Size, { rotate }: Rendition): Size {
  return rotate === 90 || rotate === 270 ? { width: height, height: width } : { width, height };
}

/** How much of the whole picture's size has to be decoded, for all that is shown to be sharp: more than 1 where it is enlarged. */
export function decodeScale(picture: Size, rendition: Rendition): number {
  const scale = fittingScale(turnedSize(shownPart(picture, rendition), rendition), rendition);
  if (rendition.trim === undefined) return scale;
  return Math.max(scale * trimReserve, Math.sqrt(trimPixels / (picture.width * picture.height)));
}

/** By what the shown part is enlarged or made smaller; `fill` does it differently across and down: the larger of both. */
function fittingScale(shown: Size, { width, height, fit }: Rendition): number {
  const scales = [width / shown.width, height / shown.height];
  return fit === 'contain' || fit === 'inside' ? Math.min(...scales) : Math.max(...scales);
}

/** How the shown part comes into its box: made `scaled`, of which `width` and `height` are kept, or around which they leave room. */
export type Fitting = Size & { scaled: Size };

/** `shown` may be a reduced copy of what is `wanted` of the picture: of its true size follows whether it is enlarged. */
export function fittingOf(shown: Size, rendition: Rendition): Fitting {
  const { width, height, fit, enlarge = enlargesUsually(fit) } = rendition;
  const most = enlarge ? Number.POSITIVE_INFINITY : 1;
  if (fit === 'fill') {
    const scaled = enlarge
      ? { width, height }
      : { width: Math.min(width, shown.width), height: Math.min(height, shown.height) };
    return { ...scaled, scaled };
  }
  const scale = Math.min(most, fittingScale(shown, rendition));
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  const scaled = { width: side(shown.width), height: side(shown.height) };
  if (fit === 'contain') return { width, height, scaled };
  if (fit !== 'cover') return { ...scaled, scaled };
  return { width: Math.min(width, scaled.width), height: Math.min(height, scaled.height), scaled };
}

/** The size that the thumbnail will have, or what it has at most where a border is trimmed. */
export function outputSize(picture: Size, rendition: Rendition): Size {
  const shown = turnedSize(shownPart(picture, rendition), rendition);
  const { width, height } = rendition.trim === undefined ? fittingOf(shown, rendition) : rendition;
  const { top, right, bottom, left } = sidesOf(rendition.padding);
  return { width: left + width + right, height: top + height + bottom };
}

function sizeOf({ width, height }: Size): Size {
  return { width, height };
}
