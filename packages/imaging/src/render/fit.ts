/** The shown part of a picture in its box: cut, put into the middle, or stretched. */
import { isStrategy, type PositionStrategy, pointOf, type Rendition } from '@tintype/contracts';
import { type Box, crop, type Pixels, type Size, startOfCut } from '@tintype/raster';
import { openPipeline } from '../libvips.ts';
import { rawOf } from '../resize-pixels.ts';
import { type Fitting, fittingOf } from './shape.ts';

type Pipeline = ReturnType<typeof openPipeline>;

/** The picture as it is shown, and what is left of its box around it: only where it is `contain`ed. */
export type Fitted = { pipeline: Pipeline; size: Size; room: Sides };

export type Sides = Readonly<Record<'top' | 'right' | 'bottom' | 'left', number>>;

const noRoom: Sides = { top: 0, right: 0, bottom: 0, left: 0 };

/** `shown` is the true size of what is shown, of which `pixels` may be a smaller copy; `size` is that of the box. */
export async function fitted(pixels: Pixels, shown: Size, options: Rendition): Promise<Fitted> {
  const fitting = fittingOf(shown, options);
  const { scaled, ...size } = fitting;
  const { position = 'centre' } = options;
  if (options.fit === 'contain') return inRoom(pixels, fitting, options);
  if (isStrategy(position) && !isSame(scaled, size)) {
    return { pipeline: await cutByContent(pixels, { scaled, ...size }, position), size, room: noRoom };
  }
  const cut = cutOf(scaled, size, options);
  if (isSame(pixels, scaled)) return { pipeline: open(crop(pixels, cut)), size, room: noRoom };
  const near = nearby(pixels, scaled, cut);
  const resized = open(near.pixels).resize({ ...near.scaled, fit: 'fill' });
  return { pipeline: isSame(near.scaled, size) ? resized : resized.extract(near.cut), size, room: noRoom };
}

/**
 * Where the most is to be seen is looked for before anything is enlarged: of a line all of it would be millions of pixels
 * long, and nothing stops libvips while it looks.
 */
async function cutByContent(
  pixels: Pixels,
  { scaled, width, height }: Fitting,
  position: PositionStrategy,
): Promise<Pipeline> {
  const scale = Math.max(1, scaled.width / pixels.width, scaled.height / pixels.height);
  const side = (length: number, most: number) => Math.max(1, Math.min(most, Math.round(length / scale)));
  const seen = { width: side(width, pixels.width), height: side(height, pixels.height) };
  const cut = open(pixels).resize({ ...seen, fit: 'cover', position });
  return scale === 1 ? cut : open(await rawOf(cut)).resize({ width, height, fit: 'fill' });
}

function open(pixels: Pixels): Pipeline {
  return openPipeline(pixels.data, { raw: pixels, limitInputPixels: false });
}

function cutOf(scaled: Size, { width, height }: Size, { position }: Rendition): Box {
  const { x, y } = pointOf(position);
  return { left: startOfCut(x, scaled.width, width), top: startOfCut(y, scaled.height, height), width, height };
}

function inRoom(pixels: Pixels, { scaled, width, height }: Fitting, { position }: Rendition): Fitted {
  const { x, y } = pointOf(position);
  const left = startInRoom(x, width, scaled.width);
  const top = startInRoom(y, height, scaled.height);
  return {
    pipeline: isSame(pixels, scaled) ? open(pixels) : open(pixels).resize({ ...scaled, fit: 'fill' }),
    size: { width, height },
    room: { left, top, right: width - scaled.width - left, bottom: height - scaled.height - top },
  };
}

/** A picture that is put into more room stands at the same part of what is left. */
function startInRoom(part: number, room: number, length: number): number {
  return Math.floor(part * (room - length));
}

/** Of a line only the part around the cut is enlarged: all of it could be millions of pixels long. */
function nearby(pixels: Pixels, scaled: Size, cut: Box): { pixels: Pixels; scaled: Size; cut: Box } {
  const across = nearSpan(pixels.width, scaled.width, cut.left, cut.width);
  const down = nearSpan(pixels.height, scaled.height, cut.top, cut.height);
  const box = { left: across.start, top: down.start, width: across.length, height: down.length };
  return {
    pixels: crop(pixels, box),
    scaled: { width: across.scaled, height: down.scaled },
    cut: { ...cut, left: across.cutStart, top: down.cutStart },
  };
}

/** All of a side, or where that is much more than is seen, what is seen with as much on both sides of it. */
function nearSpan(side: number, scaled: number, cutStart: number, cutLength: number) {
  const scale = scaled / side;
  const margin = cutLength / scale;
  const start = Math.max(0, Math.floor(cutStart / scale - margin));
  const end = Math.min(side, Math.ceil((cutStart + cutLength) / scale + margin));
  const isMost = (end - start) * 4 >= side;
  if (isMost) return { start: 0, length: side, scaled, cutStart };
  const length = end - start;
  const scaledLength = Math.max(cutLength, Math.round(length * scale));
  const from = Math.min(Math.max(0, Math.round(cutStart - start * scale)), scaledLength - cutLength);
  return { start, length, scaled: scaledLength, cutStart: from };
}

function isSame(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}
