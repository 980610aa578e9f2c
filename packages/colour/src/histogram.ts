/** Counts pixels into bins of 5 bits per channel with exact sums: what follows costs by the bin, not by the pixel. */
import { linearFromChannel } from './convert.ts';
import { fullAlpha, type Pixels } from './pixels.ts';

/** A bin that holds this share of the counted pixels is full: it has a flat colour, or part of an even surface. */
const fullShare = 0.01;

/** How many bins there can be; their keys are 0 … `maxBins` − 1. */
export const maxBins = 1 << 15;

/** The clustering space is OKLab with a and b × 1.5: shade splits a surface less, hue more. */
export const chromaWeight = 1.5;

/**
 * The filled bins of one picture, ordered by key, so that the order of its pixels cannot matter. All arrays but `binOf`
 * are indexed by bin, 0 … `size` − 1; what lies beyond is left from an earlier picture.
 */
export type Bins = {
  size: number;
  /** How much was counted, in pixels, each by its alpha; and how much of the picture is seen through. */
  opaque: number;
  transparent: number;
  /** Share of the counted pixels in bins of ≥ 1 %: near 1 in flat art, near 0 in a photograph. */
  peakShare: number;
  /** Pixels in the bin, each by its alpha, and the sums of their channels. */
  weight: Float64Array;
  red: Float64Array;
  green: Float64Array;
  blue: Float64Array;
  /** Mean of the bin in the clustering space. */
  lightness: Float64Array;
  a: Float64Array;
  b: Float64Array;
  /** How far its pixels lie from their mean: standard deviation of one channel, in steps of sRGB, 0 … 4. */
  scatter: Float64Array;
  /** Bin of a key (see `binKey`). */
  binOf: Uint16Array;
  /** Mean of all counted pixels in linear light, 0 … 1. */
  meanLight: { red: number; green: number; blue: number };
};

/**
 * By key: alpha of the pixels, and times that the sums of red, green and blue, and of the squares of the low three bits:
 * whole numbers, so that the order of the pixels cannot matter. Empty between two pictures.
 */
const stride = 5;
const sums = new Float64Array(maxBins * stride);

/** Linear light by eighths of a step of sRGB: a power for each channel of each bin would cost more than the rest. */
const linearSteps = 8;
const linear = Float64Array.from({ length: 255 * linearSteps + 1 }, (_, step) => linearFromChannel(step / linearSteps));

/** Reused by every call, which is safe as the whole extraction is synchronous: no garbage, however many pictures. */
const bins: Bins = {
  size: 0,
  opaque: 0,
  transparent: 0,
  peakShare: 0,
  weight: new Float64Array(maxBins),
  red: new Float64Array(maxBins),
  green: new Float64Array(maxBins),
  blue: new Float64Array(maxBins),
  lightness: new Float64Array(maxBins),
  a: new Float64Array(maxBins),
  b: new Float64Array(maxBins),
  scatter: new Float64Array(maxBins),
  binOf: new Uint16Array(maxBins),
  meanLight: { red: 0, green: 0, blue: 0 },
};

/** Key of the bin of a colour: the upper five bits of each channel. */
export function binKey(red: number, green: number, blue: number): number {
  return ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
}

/** The histogram of a picture. Valid until the next call. */
export function histogramOf({ data, width, height, channels, light }: Pixels): Bins {
  bins.opaque = channels === 4 ? countByAlpha(data) : countAll(data);
  bins.transparent = width * height - bins.opaque;
  bins.size = 0;
  bins.peakShare = 0;
  bins.meanLight = { red: 0, green: 0, blue: 0 };
  for (let key = 0; key < maxBins; key++) {
    if (sums[key * stride] !== 0) takeBin(key, bins.size++);
  }
  if (light) bins.meanLight = meanOf(light) ?? bins.meanLight;
  return bins;
}

/** Counts all pixels of three channels; returns how much that is. */
function countAll(data: Uint8Array): number {
  for (let at = 0; at < data.length; at += 3) count(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, fullAlpha);
  return data.length / 3;
}

/** Counts the pixels of four channels by their alpha; returns how much that is. */
function countByAlpha(data: Uint8Array): number {
  let counted = 0;
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] ?? 0;
    counted += alpha;
    if (alpha > 0) count(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, alpha);
  }
  return counted / fullAlpha;
}

function count(red: number, green: number, blue: number, weight: number): void {
  const at = binKey(red, green, blue) * stride;
  const low = (red & 7) * (red & 7) + (green & 7) * (green & 7) + (blue & 7) * (blue & 7);
  sums[at] = (sums[at] ?? 0) + weight;
  sums[at + 1] = (sums[at + 1] ?? 0) + red * weight;
  sums[at + 2] = (sums[at + 2] ?? 0) + green * weight;
  sums[at + 3] = (sums[at + 3] ?? 0) + blue * weight;
  sums[at + 4] = (sums[at + 4] ?? 0) + low * weight;
}

/** Of red, green and blue times cover, and the cover, by turns; null where nothing is covered. */
function meanOf(light: Float32Array): Bins['meanLight'] | null {
  const mean = { red: 0, green: 0, blue: 0 };
  let cover = 0;
  for (let at = 0; at < light.length; at += 4) {
    mean.red += light[at] ?? 0;
    mean.green += light[at + 1] ?? 0;
    mean.blue += light[at + 2] ?? 0;
    cover += light[at + 3] ?? 0;
  }
  if (cover === 0) return null;
  return { red: mean.red / cover, green: mean.green / cover, blue: mean.blue / cover };
}

/** Moves a filled bin out of `sums`, which it leaves empty. */
function takeBin(key: number, bin: number): void {
  const at = key * stride;
  const weight = (sums[at] ?? 0) / fullAlpha;
  const red = (sums[at + 1] ?? 0) / fullAlpha;
  const green = (sums[at + 2] ?? 0) / fullAlpha;
  const blue = (sums[at + 3] ?? 0) / fullAlpha;
  const low = (sums[at + 4] ?? 0) / fullAlpha;
  sums[at] = 0;
  sums[at + 1] = 0;
  sums[at + 2] = 0;
  sums[at + 3] = 0;
  sums[at + 4] = 0;
  bins.binOf[key] = bin;
  bins.weight[bin] = weight;
  bins.red[bin] = red;
  bins.green[bin] = green;
  bins.blue[bin] = blue;
  placeBin(bin, weight, red / weight, green / weight, blue / weight);
  // Variance is the mean of the squares less the square of the mean; the high bits are the same for all pixels of a
  // bin.
  const lowRed = red / weight - ((key >> 10) << 3);
  const lowGreen = green / weight - (((key >> 5) & 31) << 3);
  const lowBlue = blue / weight - ((key & 31) << 3);
  const variance = low / weight - lowRed * lowRed - lowGreen * lowGreen - lowBlue * lowBlue;
  bins.scatter[bin] = Math.sqrt(Math.max(0, variance) / 3);
}

/** Mean sRGB to the clustering space: `oklabFromRgb` without its array and its powers, tested against it. */
function placeBin(bin: number, weight: number, meanRed: number, meanGreen: number, meanBlue: number): void {
  const red = linear[Math.round(meanRed * linearSteps)] ?? 0;
  const green = linear[Math.round(meanGreen * linearSteps)] ?? 0;
  const blue = linear[Math.round(meanBlue * linearSteps)] ?? 0;
  const share = weight / bins.opaque;
  if (share >= fullShare) bins.peakShare += share;
  bins.meanLight.red += red * share;
  bins.meanLight.green += green * share;
  bins.meanLight.blue += blue * share;
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  bins.lightness[bin] = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
  bins.a[bin] = (1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s) * chromaWeight;
  bins.b[bin] = (0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s) * chromaWeight;
}
