/** Counts pixels into bins of 5 bits per channel with exact sums: what follows costs by the bin, not by the pixel. */
import { countPixels, emptyKeys, forEachKey, maxBins, takeSum } from './bin-sums.ts';
import { linearFromChannel } from './convert.ts';
import type { Pixels } from './pixels.ts';

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
  /** How far its pixels lie from their mean: standard deviation of one channel, in steps of sRGB, 0 … 8. */
  scatter: Float64Array;
  /** Bin of a key (see `binKey`) under `keyMask`. */
  binOf: Uint16Array;
  keyMask: number;
  /** Mean of all counted pixels in linear light, 0 … 1. */
  meanLight: { red: number; green: number; blue: number };
};

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
  keyMask: 0,
  meanLight: { red: 0, green: 0, blue: 0 },
};

/** The histogram of a picture of up to 8 million pixels (the sums have 32 bits). Valid until the next call. */
export function histogramOf({ data, width, height, channels, light }: Pixels): Bins {
  const { pixels, peakShare, keyMask } = countPixels(data, channels);
  bins.opaque = pixels;
  bins.peakShare = peakShare;
  bins.keyMask = keyMask;
  bins.transparent = width * height - bins.opaque;
  bins.size = 0;
  bins.meanLight = { red: 0, green: 0, blue: 0 };
  forEachKey((key) => takeBin(key, bins.size++));
  emptyKeys();
  if (light) bins.meanLight = meanOf(light) ?? bins.meanLight;
  return bins;
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

/** Moves a filled bin out. */
function takeBin(key: number, bin: number): void {
  const weight = takeSum(key, 0);
  const red = takeSum(key, 1);
  const green = takeSum(key, 2);
  const blue = takeSum(key, 3);
  const low = takeSum(key, 4);
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
