/** The part of a picture that a thumbnail shows, turned as it is wanted: `crop`, `trim`, `rotate`. */
import type { Rendition } from '@tintype/contracts';
import { type Box, crop, type Pixels, type Size } from '@tintype/raster';
import { inTurns, rowsPerTurn } from '../in-turns.ts';
import { openPipeline } from '../libvips.ts';
import { rawOf } from '../resize-pixels.ts';
import { shownPart } from './shape.ts';

/** `picture` is the size of the upright source, of which `pixels` are a copy, usually a smaller one. */
export async function shownPixels(pixels: Pixels, picture: Size, options: Rendition): Promise<Pixels> {
  const part = options.crop ? crop(pixels, scaledBox(pixels, picture, options)) : pixels;
  const trimmed = options.trim === undefined ? part : crop(part, await boxWithin(part, options.trim));
  if (options.rotate === undefined) return trimmed;
  return rawOf(openPipeline(trimmed.data, { raw: trimmed, limitInputPixels: false }).rotate(options.rotate));
}

/** Edges are rounded to whole pixels; at least one is left. */
function scaledBox(pixels: Pixels, picture: Size, options: Rendition): Box {
  const { left, top, width, height } = shownPart(picture, options);
  const across = span(left, width, pixels.width / picture.width, pixels.width);
  const down = span(top, height, pixels.height / picture.height, pixels.height);
  return { left: across.start, top: down.start, width: across.length, height: down.length };
}

function span(start: number, length: number, scale: number, most: number): { start: number; length: number } {
  const first = Math.min(Math.round(start * scale), most - 1);
  return { start: first, length: Math.max(1, Math.min(most, Math.round((start + length) * scale)) - first) };
}

/**
 * What is within a border of the colour of the first pixel; `tolerance` is what each channel may differ by. All of a picture
 * that has nothing else.
 */
async function boxWithin(pixels: Pixels, tolerance: number): Promise<Box> {
  const { width, height } = pixels;
  const isBorder = borderTest(pixels, tolerance);
  const isRow = (y: number) => everyPixel(width, (x) => isBorder(x, y));
  const top = await firstWithout(height, width, isRow);
  if (top === height) return { left: 0, top: 0, width, height };
  const bottom = height - (await firstWithout(height, width, (y) => isRow(height - 1 - y)));
  const isColumn = (x: number) => everyPixel(bottom - top, (y) => isBorder(x, top + y));
  const left = await firstWithout(width, bottom - top, isColumn);
  const right = width - (await firstWithout(width, bottom - top, (x) => isColumn(width - 1 - x)));
  return { left, top, width: right - left, height: bottom - top };
}

function borderTest({ data, width, channels }: Pixels, tolerance: number): (x: number, y: number) => boolean {
  const border = data.slice(0, channels);
  const isClear = channels === 4 && (border[3] ?? 0) <= tolerance;
  return (x, y) => {
    const at = (y * width + x) * channels;
    // What is not to be seen has no colour.
    if (isClear) return (data[at + 3] ?? 0) <= tolerance;
    return border.every((value, channel) => Math.abs((data[at + channel] ?? 0) - value) <= tolerance);
  };
}

function everyPixel(count: number, test: (at: number) => boolean): boolean {
  for (let at = 0; at < count; at += 1) if (!test(at)) return false;
  return true;
}

/** How many lines of so many pixels there are of a kind from the start. */
async function firstWithout(count: number, pixels: number, test: (at: number) => boolean): Promise<number> {
  let found = count;
  await inTurns(count, rowsPerTurn(pixels), (from, end) => {
    for (let at = from; at < end && at < found; at += 1) if (!test(at)) found = at;
  });
  return found;
}
