/** Pictures made in code from a seed: flat art, noise, alpha, and what JPEG does to them. */
import type { Pixels, Rgb } from '../src/index.ts';

/** Numbers 0 … 1 that are the same on every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomColour(random: () => number): Rgb {
  return [Math.floor(random() * 256), Math.floor(random() * 256), Math.floor(random() * 256)];
}

/** A picture whose pixels say themselves what they are: three numbers for all of them, or four. */
export function picture(width: number, height: number, paint: (x: number, y: number) => readonly number[]): Pixels {
  const channels = paint(0, 0).length === 4 ? 4 : 3;
  const data = new Uint8ClampedArray(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(paint(x, y), (y * width + x) * channels);
  }
  return { data: new Uint8Array(data.buffer), width, height, channels };
}

/** Vertical stripes, each as wide as its share. */
export function stripes(colours: readonly { rgb: Rgb; share: number }[], width = 100, height = 60): Pixels {
  return picture(width, height, (x) => {
    let left = 0;
    for (const { rgb, share } of colours) {
      left += share * width;
      if (x + 0.5 < left) return rgb;
    }
    return colours.at(-1)?.rgb ?? [0, 0, 0];
  });
}

/** A square in the middle of a background; `side` is its part of the picture's side. */
export function square(colour: Rgb, background: Rgb, side: number, size = 100): Pixels {
  const isInside = (at: number) => Math.abs(at + 0.5 - size / 2) < (side * size) / 2;
  return picture(size, size, (x, y) => (isInside(x) && isInside(y) ? colour : background));
}

/** Adds normally distributed noise to each channel. */
export function withNoise(pixels: Pixels, deviation: number, random: () => number): Pixels {
  const noise = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) * deviation;
  const data = Uint8ClampedArray.from(pixels.data, (value) => value + noise());
  return { ...pixels, data: new Uint8Array(data.buffer) };
}

/** The pixels in another order: of the whole picture, or of what lies `margin` pixels or more inside. */
export function shuffled(pixels: Pixels, random: () => number, margin = 0): Pixels {
  const { width, height, channels } = pixels;
  const data = pixels.data.slice();
  const places: number[] = [];
  for (let y = margin; y < height - margin; y++)
    for (let x = margin; x < width - margin; x++) places.push(y * width + x);
  places.forEach((place, index) => {
    const other = places[index + Math.floor(random() * (places.length - index))] ?? place;
    const kept = data.slice(place * channels, (place + 1) * channels);
    data.copyWithin(place * channels, other * channels, (other + 1) * channels);
    data.set(kept, other * channels);
  });
  return { ...pixels, data };
}

/** The luminance table of ITU-T T.81, Annex K.1, which stands for both luminance and chroma here. */
const quantisation = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];

/** Row k of the orthonormal 8-point DCT-II. */
const dct = Array.from({ length: 8 }, (_, k) =>
  Array.from({ length: 8 }, (_, n) => Math.sqrt(k === 0 ? 1 / 8 : 1 / 4) * Math.cos(((2 * n + 1) * k * Math.PI) / 16)),
);
const inverseDct = dct.map((row, k) => row.map((_, n) => dct[n]?.[k] ?? 0));

/**
 * What baseline JPEG makes of a picture whose sides are multiples of 8: the coarser, the stronger (1 is quality 50).
 */
export function jpegLike(pixels: Pixels, coarseness: number): Pixels {
  const { width, height, channels, data } = pixels;
  const planes = [0, 1, 2].map(() => new Float64Array(width * height));
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [red = 0, green = 0, blue = 0] = data.subarray(pixel * channels, pixel * channels + 3);
    const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    const values = [luma, (blue - luma) / 1.772, (red - luma) / 1.402];
    for (const [index, plane] of planes.entries()) plane[pixel] = values[index] ?? 0;
  }
  for (const plane of planes) quantiseBlocks(plane, width, height, coarseness);
  return picture(width, height, (x, y) => {
    const [luma = 0, blueness = 0, redness = 0] = planes.map((plane) => plane[y * width + x] ?? 0);
    const red = luma + 1.402 * redness;
    const blue = luma + 1.772 * blueness;
    return [red, (luma - 0.299 * red - 0.114 * blue) / 0.587, blue];
  });
}

function quantiseBlocks(plane: Float64Array, width: number, height: number, coarseness: number): void {
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      const block = Array.from({ length: 64 }, (_, at) => plane[(top + (at >> 3)) * width + left + (at & 7)] ?? 0);
      const coarse = transformed(block, dct).map((value, at) => {
        const step = (quantisation[at] ?? 1) * coarseness;
        return Math.round(value / step) * step;
      });
      transformed(coarse, inverseDct).forEach((value, at) => {
        plane[(top + (at >> 3)) * width + left + (at & 7)] = value;
      });
    }
  }
}

/** A block of 8×8 between rows and columns of a matrix: M · block · Mᵀ. */
function transformed(block: readonly number[], matrix: readonly (readonly number[])[]): number[] {
  const rows = product(matrix, (k, n) => block[k * 8 + n] ?? 0);
  return product(matrix, (k, n) => rows[n * 8 + k] ?? 0).map((_, at, turned) => turned[(at & 7) * 8 + (at >> 3)] ?? 0);
}

function product(matrix: readonly (readonly number[])[], valueAt: (row: number, column: number) => number): number[] {
  return Array.from({ length: 64 }, (_, at) =>
    (matrix[at >> 3] ?? []).reduce((sum, factor, k) => sum + factor * valueAt(k, at & 7), 0),
  );
}
