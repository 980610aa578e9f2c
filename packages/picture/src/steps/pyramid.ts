/** Smaller copies of a picture, each made of a larger one, for thumbnails that are smaller still: resizing is dearer the more is read. */
import type { NamedRendition } from '@tintype/contracts';
import { resizePixels } from '@tintype/imaging';
import type { Pixels, Size } from '@tintype/raster';
import { uncroppedSize } from '../sizes.ts';

/** A copy must be so much larger than what is made of it: to be made a little smaller a second time would blur it. */
const leastShrink = 1.5;

/** A thumbnail, where it stands in the order, and what it is made of. */
export type Levelled = { at: number; rendition: NamedRendition; pixels: Pixels };

/** The largest thumbnail first, each with the smallest copy of the picture that is large enough for it. */
export async function* largestFirst(
  pixels: Pixels,
  picture: Size,
  renditions: readonly NamedRendition[],
): AsyncGenerator<Levelled> {
  const wanted = renditions
    .map((rendition, at) => ({ at, rendition, size: uncroppedSize(picture, rendition) }))
    .sort((one, other) => areaOf(other.size) - areaOf(one.size));
  const levels = [pixels];
  for (const [place, { at, rendition, size }] of wanted.entries()) {
    const source = levels.findLast((level) => isEnough(level, size, leastShrink)) ?? pixels;
    const servesLater = wanted.slice(place + 1).some((later) => isEnough(size, later.size, leastShrink));
    const isCopy = servesLater && showsAll(rendition) && isEnough(source, size, leastCopy);
    if (isCopy) levels.push(await resizePixels(source, size));
    yield { at, rendition, pixels: isCopy ? (levels.at(-1) ?? source) : source };
  }
}

/** What is hardly smaller is no copy worth making. */
const leastCopy = 1.1;

/** Whether all of the picture is in it, in its own shape. */
function showsAll({ fit, crop, trim, rotate }: NamedRendition): boolean {
  return fit !== 'fill' && !crop && trim === undefined && rotate === undefined;
}

function isEnough(level: Size, size: Size, shrink: number): boolean {
  return level.width >= size.width * shrink && level.height >= size.height * shrink;
}

function areaOf({ width, height }: Size): number {
  return width * height;
}
