/** From pixels to quantised coefficients: colour conversion, 4:2:0, the transform, rounding. */
import type { Pixels } from '../pixels.ts';
import type { QuantisedPlane } from './encode.ts';
import { zigzag } from './tables.ts';

/** Samples of a component, less 128, in whole MCUs. */
type Plane = { samples: Float32Array; width: number; height: number };

/** Brightness, blue and red difference. */
export function quantisedPlanes(
  pixels: Pixels,
  luminanceSteps: Uint8Array,
  chromaSteps: Uint8Array,
): [QuantisedPlane, QuantisedPlane, QuantisedPlane] {
  const { y, cb, cr } = toYcbcr(pixels);
  return [
    quantised(y, luminanceSteps, 2),
    quantised(halved(cb), chromaSteps, 1),
    quantised(halved(cr), chromaSteps, 1),
  ];
}

/** JFIF (ITU T.871 §7). What is missing of the last MCUs repeats the picture's edge. */
function toYcbcr({ data, width, height, channels }: Pixels): { y: Plane; cb: Plane; cr: Plane } {
  const wide = 16 * Math.ceil(width / 16);
  const high = 16 * Math.ceil(height / 16);
  const y = new Float32Array(wide * high);
  const cb = new Float32Array(wide * high);
  const cr = new Float32Array(wide * high);
  for (let row = 0; row < height; row += 1) {
    let at = row * width * channels;
    const from = row * wide;
    for (let to = from; to < from + width; to += 1) {
      const red = data[at] ?? 0;
      const green = data[at + 1] ?? 0;
      const blue = data[at + 2] ?? 0;
      y[to] = 0.299 * red + 0.587 * green + 0.114 * blue - 128;
      cb[to] = -0.168736 * red - 0.331264 * green + 0.5 * blue;
      cr[to] = 0.5 * red - 0.418688 * green - 0.081312 * blue;
      at += channels;
    }
  }
  const planes = [y, cb, cr].map((samples): Plane => ({ samples, width: wide, height: high }));
  for (const plane of planes) repeatEdges(plane, width, height);
  const [first, second, third] = planes;
  if (!first || !second || !third) throw new Error('three planes');
  return { y: first, cb: second, cr: third };
}

function repeatEdges({ samples, width, height }: Plane, usedWidth: number, usedHeight: number): void {
  for (let row = 0; row < usedHeight; row += 1) {
    const edge = row * width + usedWidth;
    samples.fill(samples[edge - 1] ?? 0, edge, (row + 1) * width);
  }
  const last = (usedHeight - 1) * width;
  for (let row = usedHeight; row < height; row += 1) samples.copyWithin(row * width, last, last + width);
}

/** Means of four. */
function halved({ samples, width, height }: Plane): Plane {
  const wide = width / 2;
  const high = height / 2;
  const half = new Float32Array(wide * high);
  for (let row = 0; row < high; row += 1) {
    for (let column = 0; column < wide; column += 1) {
      const at = 2 * (row * width + column);
      const above = (samples[at] ?? 0) + (samples[at + 1] ?? 0);
      const below = (samples[at + width] ?? 0) + (samples[at + width + 1] ?? 0);
      half[row * wide + column] = (above + below) / 4;
    }
  }
  return { samples: half, width: wide, height: high };
}

function quantised({ samples, width, height }: Plane, steps: Uint8Array, perMcu: 1 | 2): QuantisedPlane {
  const blocksWide = width / 8;
  const coefficients = new Int16Array(width * height);
  const factors = Float64Array.from(zigzag, (place) => scales(place) / (8 * (steps[place] ?? 1)));
  const places = Uint8Array.from(zigzag);
  const block = new Float64Array(64);
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      for (let row = 0; row < 8; row += 1) transformLine(samples, (top + row) * width + left, 1, block, row * 8);
      for (let column = 0; column < 8; column += 1) transformLine(block, column, 8, block, column);
      const to = (top * blocksWide + left) * 8;
      for (let index = 0; index < 64; index += 1) {
        const value = (block[places[index] ?? 0] ?? 0) * (factors[index] ?? 0);
        coefficients[to + index] = ((value + roundingOffset + 0.5) | 0) - roundingOffset;
      }
    }
  }
  return { coefficients, blocksWide, perMcu };
}

/** More than any coefficient: what is cut off towards zero is then cut off downwards. */
const roundingOffset = 32_768;

/**
 * What the transform below leaves out, so that it needs only five multiplications: 1/√8 of each side times cosines
 * (Arai, Agui and Nakajima 1988). With the 8 of the caller, both sides together.
 */
function scales(place: number): number {
  return scaleOf(place >> 3) * scaleOf(place & 7);
}

function scaleOf(wave: number): number {
  return wave === 0 ? 1 : 1 / (Math.SQRT2 * Math.cos((wave * Math.PI) / 16));
}

const cos6 = Math.cos((6 * Math.PI) / 16);
const cos4 = Math.SQRT1_2;
const cos2MinusCos6 = Math.cos((2 * Math.PI) / 16) - cos6;
const cos2PlusCos6 = Math.cos((2 * Math.PI) / 16) + cos6;

/**
 * Eight samples from `at` on, so far apart, become eight waves from `to` on, as far apart (figure 4-8 of Pennebaker and
 * Mitchell 1993).
 */
function transformLine(
  from: Float32Array | Float64Array,
  at: number,
  apart: number,
  into: Float64Array,
  to: number,
): void {
  const s0 = from[at] ?? 0;
  const s1 = from[at + apart] ?? 0;
  const s2 = from[at + 2 * apart] ?? 0;
  const s3 = from[at + 3 * apart] ?? 0;
  const s4 = from[at + 4 * apart] ?? 0;
  const s5 = from[at + 5 * apart] ?? 0;
  const s6 = from[at + 6 * apart] ?? 0;
  const s7 = from[at + 7 * apart] ?? 0;

  const even0 = s0 + s7 + s3 + s4;
  const even1 = s1 + s6 + s2 + s5;
  const even2 = s1 + s6 - (s2 + s5);
  const even3 = s0 + s7 - (s3 + s4);
  const turned = (even2 + even3) * cos4;
  into[to] = even0 + even1;
  into[to + 4 * apart] = even0 - even1;
  into[to + 2 * apart] = even3 + turned;
  into[to + 6 * apart] = even3 - turned;

  const odd0 = s3 - s4 + (s2 - s5);
  const odd1 = s2 - s5 + (s1 - s6);
  const odd2 = s1 - s6 + (s0 - s7);
  const rotated = (odd0 - odd2) * cos6;
  const low = cos2MinusCos6 * odd0 + rotated;
  const high = cos2PlusCos6 * odd2 + rotated;
  const middle = odd1 * cos4;
  const plus = s0 - s7 + middle;
  const minus = s0 - s7 - middle;
  into[to + 5 * apart] = minus + low;
  into[to + 3 * apart] = minus - low;
  into[to + apart] = plus + high;
  into[to + 7 * apart] = plus - high;
}
