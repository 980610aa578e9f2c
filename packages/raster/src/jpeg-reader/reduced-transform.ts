/** Inverse transforms of 1 to 4 points each way: what a block looks like at an eighth of its size, two, three, four of them. */

import type { BlockSide } from './planes.ts';

/**
 * The mean of a block, from its first coefficient times its step (T.81 A.3.3, with all others left out), not clamped.
 */
export function meanOfBlock(dc: number): number {
  return ((dc + 4) >> 3) + 128;
}

/** Makes several samples of a block out of its lowest waves. */
export type BlockTransform = {
  /** Samples across and down. */
  side: BlockSide;
  /** Zigzag places of the waves that samples are made of, row by row. */
  waves: readonly number[];
  /** The last of these in zigzag order, and those before it that nothing is made of. */
  lastWave: number;
  unused: readonly number[];
  /** By zigzag place: a component's steps as `put` wants them, of waves that are counted in so many halves of one. */
  stepsOf: (steps: Uint8Array, halves?: 1 | 2) => Int32Array;
  put: PutSamples;
};

/**
 * Puts a block's samples at `at` of a plane: of its mean, its first coefficient times its step, and of the others, by
 * zigzag place and with their steps. What a hostile file makes of numbers that are too large is wrong, and nothing else.
 */
type PutSamples = (
  plane: Uint8ClampedArray,
  at: number,
  stride: number,
  mean: number,
  waves: Int32Array,
  steps: Int32Array,
) => void;

/** All samples of a block without waves. */
export function putFlat(plane: Uint8ClampedArray, at: number, stride: number, side: BlockSide, mean: number): void {
  const sample = meanOfBlock(mean);
  for (let row = 0, from = at; row < side; row += 1, from += stride) {
    for (let to = from; to < from + side; to += 1) plane[to] = sample;
  }
}

/** Heights of waves have so many bits behind the point, and the factors that they are multiplied with. */
const heightBits = 6;
const factorBits = 11;
/** A sample is an eighth of what the transforms add up (T.81 A.3.3). */
const sampleShift = heightBits + 3;
/** Rounds, and moves samples from around 0 to around 128. */
const sampleBase = (128 << sampleShift) + (1 << (sampleShift - 1));

const factor = (value: number) => Math.round(value * (1 << factorBits));
/** Of three points: √2 · cos kπ/6. */
const three = { long: factor(Math.sqrt(1.5)), short: factor(Math.SQRT1_2), middle: factor(Math.SQRT2) };
/** Of four points: √2 · cos π/8 and √2 · cos 3π/8. */
const four = {
  long: factor(Math.SQRT2 * Math.cos(Math.PI / 8)),
  short: factor(Math.SQRT2 * Math.cos(0.375 * Math.PI)),
};

const fourSamples = transformOf({
  side: 2,
  waves: [0, 1, 2, 4],
  put(plane, at, stride, mean, waves, steps) {
    const base = (mean << heightBits) + sampleBase;
    const across = heightOf(waves, steps, 1);
    const down = heightOf(waves, steps, 2);
    const both = heightOf(waves, steps, 4);
    plane[at] = (base + across + down + both) >> sampleShift;
    plane[at + 1] = (base - across + down - both) >> sampleShift;
    plane[at + stride] = (base + across - down - both) >> sampleShift;
    plane[at + stride + 1] = (base - across - down + both) >> sampleShift;
  },
});

const nineSamples = transformOf({
  side: 3,
  waves: [0, 1, 5, 2, 4, 7, 3, 8, 12],
  put(plane, at, stride, mean, waves, steps) {
    putColumnOfThree(0, mean << heightBits, heightOf(waves, steps, 2), heightOf(waves, steps, 3));
    putColumnOfThree(1, heightOf(waves, steps, 1), heightOf(waves, steps, 4), heightOf(waves, steps, 8));
    putColumnOfThree(2, heightOf(waves, steps, 5), heightOf(waves, steps, 7), heightOf(waves, steps, 12));
    for (let row = 0, to = at; row < 12; row += 4, to += stride) {
      const w0 = (between[row] ?? 0) + sampleBase;
      const w1 = between[row + 1] ?? 0;
      const w2 = between[row + 2] ?? 0;
      const side = w0 + (Math.imul(three.short, w2) >> factorBits);
      const slope = Math.imul(three.long, w1) >> factorBits;
      plane[to] = (side + slope) >> sampleShift;
      plane[to + 1] = (w0 - (Math.imul(three.middle, w2) >> factorBits)) >> sampleShift;
      plane[to + 2] = (side - slope) >> sampleShift;
    }
  },
});

const sixteenSamples = transformOf({
  side: 4,
  waves: [0, 1, 5, 6, 2, 4, 7, 13, 3, 8, 12, 17, 9, 11, 18, 24],
  // A sample is the mean of two pixels across and down, cos kπ/16 each way (T.81 A.3.3 summed in pairs): else edges are
  // sharper than those of the whole picture.
  softness: (across, down) => Math.cos((across * Math.PI) / 16) * Math.cos((down * Math.PI) / 16),
  put(plane, at, stride, mean, waves, steps) {
    putColumnOfFour(
      0,
      mean << heightBits,
      heightOf(waves, steps, 2),
      heightOf(waves, steps, 3),
      heightOf(waves, steps, 9),
    );
    putColumnOfFour(
      1,
      heightOf(waves, steps, 1),
      heightOf(waves, steps, 4),
      heightOf(waves, steps, 8),
      heightOf(waves, steps, 11),
    );
    putColumnOfFour(
      2,
      heightOf(waves, steps, 5),
      heightOf(waves, steps, 7),
      heightOf(waves, steps, 12),
      heightOf(waves, steps, 18),
    );
    putColumnOfFour(
      3,
      heightOf(waves, steps, 6),
      heightOf(waves, steps, 13),
      heightOf(waves, steps, 17),
      heightOf(waves, steps, 24),
    );
    for (let row = 0, to = at; row < 16; row += 4, to += stride) {
      const w0 = (between[row] ?? 0) + sampleBase;
      const w1 = between[row + 1] ?? 0;
      const w2 = between[row + 2] ?? 0;
      const w3 = between[row + 3] ?? 0;
      const outer = (Math.imul(four.long, w1) + Math.imul(four.short, w3)) >> factorBits;
      const inner = (Math.imul(four.short, w1) - Math.imul(four.long, w3)) >> factorBits;
      plane[to] = (w0 + w2 + outer) >> sampleShift;
      plane[to + 1] = (w0 - w2 + inner) >> sampleShift;
      plane[to + 2] = (w0 - w2 - inner) >> sampleShift;
      plane[to + 3] = (w0 + w2 - outer) >> sampleShift;
    }
  },
});

/** By the samples across and down that a block becomes. */
export const transforms = { 2: fourSamples, 3: nineSamples, 4: sixteenSamples } as const;

/** Transformed down the columns: up to four rows of four. */
const between = new Int32Array(16);

function heightOf(waves: Int32Array, steps: Int32Array, wave: number): number {
  return Math.imul(waves[wave] ?? 0, steps[wave] ?? 0);
}

function putColumnOfThree(column: number, w0: number, w1: number, w2: number): void {
  const side = w0 + (Math.imul(three.short, w2) >> factorBits);
  const slope = Math.imul(three.long, w1) >> factorBits;
  between[column] = side + slope;
  between[column + 4] = w0 - (Math.imul(three.middle, w2) >> factorBits);
  between[column + 8] = side - slope;
}

/** Most columns have few waves: what is nothing is not worked with. */
function putColumnOfFour(column: number, w0: number, w1: number, w2: number, w3: number): void {
  if ((w1 | w2 | w3) === 0) {
    between[column] = w0;
    between[column + 4] = w0;
    between[column + 8] = w0;
    between[column + 12] = w0;
    return;
  }
  const outer = (Math.imul(four.long, w1) + Math.imul(four.short, w3)) >> factorBits;
  const inner = (Math.imul(four.short, w1) - Math.imul(four.long, w3)) >> factorBits;
  between[column] = w0 + w2 + outer;
  between[column + 4] = w0 - w2 + inner;
  between[column + 8] = w0 - w2 - inner;
  between[column + 12] = w0 + w2 - outer;
}

type TransformOptions = Pick<BlockTransform, 'side' | 'waves' | 'put'> & {
  /** What a wave of so many half turns across and down keeps of its height: all of it, if nothing is said. */
  softness?: (across: number, down: number) => number;
};

function transformOf({ side, waves, put, softness = () => 1 }: TransformOptions): BlockTransform {
  const lastWave = Math.max(...waves);
  const heights = new Float64Array(lastWave + 1);
  for (const [at, wave] of waves.entries()) heights[wave] = softness(at % side, Math.floor(at / side));
  const unused = Array.from(heights.keys()).filter((wave) => heights[wave] === 0);
  // Rounded by half steps: what scans bring bit by bit is the same to the last digit.
  const halfStep = 1 << (heightBits - 1);
  const stepsOf: BlockTransform['stepsOf'] = (steps, halves = 2) =>
    Int32Array.from(heights, (height, wave) => Math.round(height * (steps[wave] ?? 0) * halfStep) * halves);
  return { side, waves, lastWave, unused, stepsOf, put };
}
