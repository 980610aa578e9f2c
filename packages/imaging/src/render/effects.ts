/** What is done to the picture once it has its size: `blur`, `sharpen`, `grayscale`; what is around it stays as it was asked for. */
import type { Rendition } from '@tintype/contracts';
import type { Pixels } from '@tintype/raster';
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
  for (let at = 0; at < data.length; at += channels) {
    const [red, green, blue] = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
    const difference = lumaOf(red - (soft[at] ?? 0), green - (soft[at + 1] ?? 0), blue - (soft[at + 2] ?? 0));
    const more = sharpeningTable[difference + 255] ?? 0;
    sharp[at] = red + more;
    sharp[at + 1] = green + more;
    sharp[at + 2] = blue + more;
  }
  return { ...pixels, data: new Uint8Array(sharp.buffer) };
}

function inGrey(pixels: Pixels): Pixels {
  const { data, channels } = pixels;
  const grey = new Uint8Array(data);
  for (let at = 0; at < grey.length; at += channels) {
    const luma = lumaOf(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
    grey[at] = luma;
    grey[at + 1] = luma;
    grey[at + 2] = luma;
  }
  return { ...pixels, data: grey };
}

/** Luma of BT.709, of the values as they are shown, in 255ths: weights are parts of 65536, which make white white. */
function lumaOf(red: number, green: number, blue: number): number {
  return (13_933 * red + 46_871 * green + 4732 * blue + 32_768) >> 16;
}

/** The picture on a larger one of one colour. */
export function onFill(
  pixels: Pixels,
  { width, height }: { width: number; height: number },
  { left, top }: { left: number; top: number },
  behind: Fill,
): Pixels {
  const channels = pixels.channels === 4 || behind[3] < 255 ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  const row = new Uint8Array(width * channels).map((_, at) => behind[at % channels] ?? 0);
  for (let y = 0; y < height; y += 1) data.set(row, y * row.length);
  for (let y = 0; y < pixels.height; y += 1) {
    const to = ((top + y) * width + left) * channels;
    if (pixels.channels === channels) {
      const rowBytes = pixels.width * channels;
      data.set(pixels.data.subarray(y * rowBytes, (y + 1) * rowBytes), to);
      continue;
    }
    for (let x = 0; x < pixels.width; x += 1) {
      const from = (y * pixels.width + x) * 3;
      data.set(pixels.data.subarray(from, from + 3), to + x * 4);
      data[to + x * 4 + 3] = 255;
    }
  }
  return { data, width, height, channels };
}
