/** Takes strong noise away before colours are counted: a noisy surface is one colour, and not its reddest and bluest pixels. */
import { fullAlpha, type Pixels } from './pixels.ts';

/**
 * Standard deviation of one channel, in steps of sRGB. Weaker noise stays, the ramps of a palette hold it together; what is
 * stronger is a pattern of different colours, whose mean would be none of them.
 */
const leastNoise = 8;
const mostNoise = 30;
/** A pixel's neighbours that are nearer than so many deviations in each channel are the same colour, with other noise. */
const sameColour = 2.7;
/** So many blocks of four pixels, about, are looked at, and at least so many must be there to say anything. */
const usualBlocks = 300;
const leastBlocks = 64;
/**
 * Upper by lower quartile of what is left of a block. Noise that is alike everywhere has 1.8 (independent channels) to
 * 3.6 (all as one); a pattern of single pixels has 1, and what is smooth in one place and rough in another has more.
 */
const leastSpread = 1.4;
const mostSpread = 5;
/** The median of the sum of three squared normal deviates, each of which has four pixels' variance here. */
const medianSquares = 4 * 2.366;
/** What is left of a block under the least noise, by the median. */
const leastSquares = medianSquares * leastNoise * leastNoise;

/**
 * The picture itself, or where it is noisy all over one of half the width and height: every other pixel as the mean of
 * itself and its neighbours of that colour.
 */
export function withoutNoise(pixels: Pixels): Pixels {
  const noise = noiseOf(pixels);
  return noise < leastNoise || noise > mostNoise ? pixels : smoothed(pixels, 3 * (sameColour * noise) ** 2);
}

/**
 * Standard deviation of the noise in one channel; 0 where there is none that is alike everywhere. By what is left of
 * blocks of 2×2 pixels when a plane is taken away, which is nothing of surfaces and of shade (Immerkær, "Fast noise
 * variance estimation", CVIU 64, 1996, with a smaller mask), and by quartiles, which edges do not move.
 */
function noiseOf({ data, width, height, channels }: Pixels): number {
  const step = Math.max(2, Math.round(Math.sqrt((width * height) / usualBlocks)));
  const squares = new Float64Array(Math.ceil(width / step) * Math.ceil(height / step));
  let blocks = 0;
  let quiet = 0;
  for (let y = 0; y + 1 < height; y += step) {
    for (let x = 0; x + 1 < width; x += step) {
      const upper = (y * width + x) * channels;
      const lower = upper + width * channels;
      if (channels === 4 && !isWhole(data, upper, lower)) continue;
      for (let channel = 0; channel < 3; channel++) {
        const left = (data[upper + channel] ?? 0) - (data[lower + channel] ?? 0);
        const right = (data[upper + channels + channel] ?? 0) - (data[lower + channels + channel] ?? 0);
        const rest = left - right;
        squares[blocks] = (squares[blocks] ?? 0) + rest * rest;
      }
      if ((squares[blocks] ?? 0) < leastSquares) quiet++;
      blocks++;
    }
  }
  // With the median it is known to be quiet, as nearly every picture is: to sort would cost more than all else here.
  if (blocks < leastBlocks || quiet > blocks / 2) return 0;
  const sorted = squares.subarray(0, blocks).sort();
  const quantile = (part: number) => Math.sqrt(sorted[Math.floor(blocks * part)] ?? 0);
  const spread = quantile(0.75) / quantile(0.25);
  const isEven = spread >= leastSpread && spread <= mostSpread;
  return isEven ? quantile(0.5) / Math.sqrt(medianSquares) : 0;
}

/** Whether the four pixels of a block are opaque. */
function isWhole(data: Uint8Array, upper: number, lower: number): boolean {
  const isUpperWhole = data[upper + 3] === fullAlpha && data[upper + 7] === fullAlpha;
  return isUpperWhole && data[lower + 3] === fullAlpha && data[lower + 7] === fullAlpha;
}

/** Source: the sigma filter (Lee, "Digital image smoothing and the sigma filter", CVGIP 24, 1983), of 3×3 pixels. */
function smoothed(pixels: Pixels, squaredReach: number): Pixels {
  const { channels } = pixels;
  const width = Math.floor(pixels.width / 2);
  const height = Math.floor(pixels.height / 2);
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      writeMean(pixels, 2 * x + (y & 1), 2 * y + (x & 1), squaredReach, data, to);
    }
  }
  return { data, width, height, channels };
}

/** Writes the mean of a pixel and those of its neighbours that are like it; what alpha 0 hides is no neighbour. */
function writeMean(pixels: Pixels, x: number, y: number, squaredReach: number, into: Uint8Array, to: number) {
  const { data, width, height, channels } = pixels;
  const own = (y * width + x) * channels;
  const red = data[own] ?? 0;
  const green = data[own + 1] ?? 0;
  const blue = data[own + 2] ?? 0;
  let alike = 0;
  let reds = 0;
  let greens = 0;
  let blues = 0;
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
    const end = (row * width + Math.min(width - 1, x + 1)) * channels;
    for (let at = (row * width + Math.max(0, x - 1)) * channels; at <= end; at += channels) {
      if (channels === 4 && data[at + 3] === 0) continue;
      const r = data[at] ?? 0;
      const g = data[at + 1] ?? 0;
      const b = data[at + 2] ?? 0;
      if ((r - red) * (r - red) + (g - green) * (g - green) + (b - blue) * (b - blue) > squaredReach) continue;
      alike++;
      reds += r;
      greens += g;
      blues += b;
    }
  }
  if (channels === 4) into[to + 3] = data[own + 3] ?? 0;
  // What is hidden has no neighbours, nor is it one.
  if (alike === 0) return;
  into[to] = Math.round(reds / alike);
  into[to + 1] = Math.round(greens / alike);
  into[to + 2] = Math.round(blues / alike);
}
