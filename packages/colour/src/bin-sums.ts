/** Adds up pixels by the upper five bits of each channel, or of many-coloured pictures by four. */
import { fullAlpha } from './pixels.ts';

/** How many bins there can be; their keys are 0 … `maxBins` − 1. */
export const maxBins = 1 << 15;

/** A bin that holds this share of the pixels is full: it has a flat colour, or part of an even surface. */
const fullShare = 0.01;
/**
 * With more bins than these a picture is noise rather than colours, and eight of them become one: what follows costs by
 * the bin.
 */
const mostFineBins = 800;
const allKeys = maxBins - 1;
/** Without the lowest bit of each channel. */
const coarseKeys = allKeys & ~0b00001_00001_00001;

/** By key: pixels, sums of red, green and blue, sum of squares of the low three bits. Empty between two pictures. */
const stride = 5;
const sums = new Int32Array(maxBins * stride);
/** The same of pixels that are seen in part, times their alpha: whole numbers, so that no order of pixels matters. */
const parts = new Float64Array(maxBins * stride);
/** A bit for each key that has pixels. */
const filled = new Int32Array(maxBins / 32);
/** Of a channel, its low three bits squared. */
const squareOfLow = Uint8Array.from({ length: 256 }, (_, channel) => (channel & 7) ** 2);

/** Key of the bin of a colour: the upper five bits of each channel. */
export function binKey(red: number, green: number, blue: number): number {
  return ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
}

/** How many pixels there are, each by its alpha; the share of them in full bins; which bits of a key tell its bin. */
export type Counted = { pixels: number; peakShare: number; keyMask: number };

/** Adds up all pixels by their keys. */
export function countPixels(data: Uint8Array, channels: number): Counted {
  const pixels = addPixels(data, channels);
  let keys = 0;
  let peakShare = 0;
  forEachKey((key) => {
    const share = ((sums[key * stride] ?? 0) + (parts[key * stride] ?? 0) / fullAlpha) / pixels;
    keys += 1;
    if (share >= fullShare) peakShare += share;
  });
  if (keys <= mostFineBins) return { pixels, peakShare, keyMask: allKeys };
  forEachKey(fold);
  return { pixels, peakShare, keyMask: coarseKeys };
}

function addPixels(data: Uint8Array, channels: number): number {
  let whole = 0;
  let alphas = 0;
  for (let from = 0; from < data.length; from += channels) {
    const alpha = channels === 4 ? (data[from + 3] ?? 0) : fullAlpha;
    if (alpha === 0) continue;
    const red = data[from] ?? 0;
    const green = data[from + 1] ?? 0;
    const blue = data[from + 2] ?? 0;
    const key = binKey(red, green, blue);
    const at = key * stride;
    const low = (squareOfLow[red] ?? 0) + (squareOfLow[green] ?? 0) + (squareOfLow[blue] ?? 0);
    if (alpha < fullAlpha) {
      alphas += alpha;
      addPart(key, red, green, blue, low, alpha);
      continue;
    }
    whole += 1;
    const before = sums[at] ?? 0;
    if (before === 0) markFilled(key);
    sums[at] = before + 1;
    sums[at + 1] = (sums[at + 1] ?? 0) + red;
    sums[at + 2] = (sums[at + 2] ?? 0) + green;
    sums[at + 3] = (sums[at + 3] ?? 0) + blue;
    sums[at + 4] = (sums[at + 4] ?? 0) + low;
  }
  return whole + alphas / fullAlpha;
}

function addPart(key: number, red: number, green: number, blue: number, low: number, alpha: number): void {
  const at = key * stride;
  markFilled(key);
  parts[at] = (parts[at] ?? 0) + alpha;
  parts[at + 1] = (parts[at + 1] ?? 0) + red * alpha;
  parts[at + 2] = (parts[at + 2] ?? 0) + green * alpha;
  parts[at + 3] = (parts[at + 3] ?? 0) + blue * alpha;
  parts[at + 4] = (parts[at + 4] ?? 0) + low * alpha;
}

function markFilled(key: number): void {
  filled[key >> 5] = (filled[key >> 5] ?? 0) | (1 << (key & 31));
}

/** Lowest bit first: keys in their order, and only those that are there. Keys may be emptied meanwhile. */
export function forEachKey(take: (key: number) => void): void {
  for (let word = 0; word < filled.length; word++) {
    for (let bits = filled[word] ?? 0; bits !== 0; bits &= bits - 1) take(word * 32 + 31 - Math.clz32(bits & -bits));
  }
}

/** Moves what a key has to the one that stands for it and its seven neighbours. */
function fold(key: number): void {
  const to = key & coarseKeys;
  if (to === key) return;
  foldSums(sums, key, to);
  foldSums(parts, key, to);
  filled[key >> 5] = (filled[key >> 5] ?? 0) & ~(1 << (key & 31));
  markFilled(to);
}

function foldSums(from: Int32Array | Float64Array, key: number, toKey: number): void {
  const at = key * stride;
  const to = toKey * stride;
  const weight = from[at] ?? 0;
  // Seen from the other key, a channel with an odd one is 8 further: (l + 8)² is l² + 16 l + 64.
  let low = from[at + 4] ?? 0;
  for (let channel = 0; channel < 3; channel++) {
    const step = (key >> (10 - 5 * channel)) & 31;
    if (step & 1) low += 16 * ((from[at + 1 + channel] ?? 0) - weight * (step << 3)) + 64 * weight;
  }
  from[at + 4] = 0;
  from[to + 4] = (from[to + 4] ?? 0) + low;
  for (let sum = 0; sum < 4; sum++) {
    from[to + sum] = (from[to + sum] ?? 0) + (from[at + sum] ?? 0);
    from[at + sum] = 0;
  }
}

/** Moves one of the sums of a key out, and leaves it empty: pixels, red, green, blue, squares of the low bits. */
export function takeSum(key: number, which: number): number {
  const at = key * stride + which;
  const sum = (sums[at] ?? 0) + (parts[at] ?? 0) / fullAlpha;
  sums[at] = 0;
  parts[at] = 0;
  return sum;
}

/** Once all sums are taken. */
export function emptyKeys(): void {
  filled.fill(0);
}
