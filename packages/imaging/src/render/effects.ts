/** What is done to the picture once it has its size: `blur`, `sharpen`, `grayscale`; what is around it stays as it was asked for. */
import type { Rendition } from '@tintype/contracts';
import type { Pixels } from '@tintype/raster';
import { inTurns, pixelsPerTurn, rowsPerTurn } from '../in-turns.ts';
import { openPipeline } from '../libvips.ts';
import { rawOf, resizePixels } from '../resize-pixels.ts';

/** Red, green, blue and opacity, 0 to 255. */
export type Fill = readonly [number, number, number, number];

type Effect = {
  isWanted: (options: Rendition) => boolean;
  apply: (pixels: Pixels, options: Rendition) => Pixels | Promise<Pixels>;
};

/** In the order in which they are done. */
export const effects: readonly Effect[] = [
  { isWanted: ({ blur }) => blur !== undefined, apply: (pixels, { blur = 0 }) => blurred(pixels, blur) },
  { isWanted: ({ sharpen }) => sharpen !== undefined, apply: (pixels, { sharpen = 1 }) => sharpened(pixels, sharpen) },
  { isWanted: ({ grayscale }) => grayscale === true, apply: (pixels) => inGrey(pixels) },
];

/** How many of them a thumbnail wants, padding and watermark among them: each costs about the same. */
export function countEffects(options: Rendition): number {
  const { padding, watermark } = options;
  const added = [padding !== undefined, Boolean(watermark)].filter(Boolean).length;
  return effects.filter(({ isWanted }) => isWanted(options)).length + added;
}

/** Beyond this deviation a smaller copy is blurred, which shows the same and costs a part. */
const mostDeviation = 12;

async function blurred(pixels: Pixels, deviation: number): Promise<Pixels> {
  const shrink = Math.max(1, deviation / mostDeviation);
  const side = (length: number) => Math.max(1, Math.round(length / shrink));
  const small =
    shrink === 1 ? pixels : await resizePixels(pixels, { width: side(pixels.width), height: side(pixels.height) });
  const soft = await rawOf(openPipeline(small.data, { raw: small }).blur(deviation / shrink));
  // Between pixels that hardly differ a straight line shows what a curve does, at a third of the cost.
  return shrink === 1 ? soft : resizePixels(soft, pixels, 'linear');
}

/**
 * How much brighter a pixel gets for being brighter than what is around it, in parts of 100, by libvips' rule: what differs
 * little is amplified once, what differs more twice, within limits that keep edges from getting seams.
 */
const sharpening = { flat: 2, flatGain: 1, edgeGain: 2, mostBrighter: 10, mostDarker: 20 } as const;

/** For each difference of luma from -255 to 255, what is added to red, green and blue. */
const sharpeningTable = Int16Array.from({ length: 511 }, (_, at) => {
  const { flat, flatGain, edgeGain, mostBrighter, mostDarker } = sharpening;
  const difference = (at - 255) / 2.55;
  const size = Math.abs(difference);
  const gain = Math.min(size, flat) * flatGain + Math.max(0, size - flat) * edgeGain;
  return Math.round(2.55 * (difference < 0 ? -Math.min(mostDarker, gain) : Math.min(mostBrighter, gain)));
});

/** What libvips' own does in Lab, which takes five times as long: the colours stay, the light differs more. */
async function sharpened(pixels: Pixels, deviation: number): Promise<Pixels> {
  const { data: soft } = await blurred(pixels, deviation);
  const { data, channels } = pixels;
  const sharp = new Uint8ClampedArray(data);
  await inTurns(data.length / channels, pixelsPerTurn, (from, end) => {
    for (let at = from * channels; at < end * channels; at += channels) {
      const [red, green, blue] = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
      const difference = lumaOf(red - (soft[at] ?? 0), green - (soft[at + 1] ?? 0), blue - (soft[at + 2] ?? 0));
      const more = sharpeningTable[difference + 255] ?? 0;
      sharp[at] = red + more;
      sharp[at + 1] = green + more;
      sharp[at + 2] = blue + more;
    }
  });
  return { ...pixels, data: new Uint8Array(sharp.buffer) };
}

async function inGrey(pixels: Pixels): Promise<Pixels> {
  const { data, channels } = pixels;
  const grey = new Uint8Array(data);
  await inTurns(grey.length / channels, pixelsPerTurn, (from, end) => {
    for (let at = from * channels; at < end * channels; at += channels) {
      const luma = lumaOf(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
      grey[at] = luma;
      grey[at + 1] = luma;
      grey[at + 2] = luma;
    }
  });
  return { ...pixels, data: grey };
}

/** Luma of BT.709, of the values as they are shown, in 255ths: weights are parts of 65536, which make white white. */
function lumaOf(red: number, green: number, blue: number): number {
  return (13_933 * red + 46_871 * green + 4732 * blue + 32_768) >> 16;
}

/** The picture on a larger one of one colour. */
export async function onFill(
  pixels: Pixels,
  { width, height }: { width: number; height: number },
  { left, top }: { left: number; top: number },
  behind: Fill,
): Promise<Pixels> {
  const channels = pixels.channels === 4 || behind[3] < 255 ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  const row = new Uint8Array(width * channels).map((_, at) => behind[at % channels] ?? 0);
  await inTurns(height, rowsPerTurn(width), (from, end) => {
    for (let y = from; y < end; y += 1) data.set(row, y * row.length);
  });
  const rowBytes = pixels.width * pixels.channels;
  await inTurns(pixels.height, rowsPerTurn(pixels.width), (from, end) => {
    for (let y = from; y < end; y += 1) {
      const upper = pixels.data.subarray(y * rowBytes, (y + 1) * rowBytes);
      const to = ((top + y) * width + left) * channels;
      if (pixels.channels === channels) data.set(upper, to);
      else copyOpaque(upper, data, to);
    }
  });
  return { data, width, height, channels };
}

/** Three channels into four. */
function copyOpaque(upper: Uint8Array, data: Uint8Array, to: number): void {
  for (let from = 0, at = to; from < upper.length; from += 3, at += 4) {
    data[at] = upper[from] ?? 0;
    data[at + 1] = upper[from + 1] ?? 0;
    data[at + 2] = upper[from + 2] ?? 0;
    data[at + 3] = 255;
  }
}
