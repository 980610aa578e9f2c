/** Inverse transforms of 1, 2 × 2 and 4 × 4 points: what a block looks like at an eighth, a quarter, half of its size. */

/**
 * The mean of a block, from its first coefficient times its step (T.81 A.3.3, with all others left out), not clamped.
 */
export function meanOfBlock(dc: number): number {
  return ((dc + 4) >> 3) + 128;
}

/**
 * Four samples of a block: its inverse transform of 2 × 2 points, from the coefficients at zigzag 0, 1, 2 and 4 (the
 * mean, one wave across, one down, one both ways).
 */
export function putFour(
  plane: Uint8ClampedArray,
  at: number,
  stride: number,
  mean: number,
  across: number,
  down: number,
  both: number,
): void {
  const left = mean + across;
  const right = mean - across;
  const leftDown = down + both;
  const rightDown = down - both;
  plane[at] = meanOfBlock(left + leftDown);
  plane[at + 1] = meanOfBlock(right + rightDown);
  plane[at + stride] = meanOfBlock(left - leftDown);
  plane[at + stride + 1] = meanOfBlock(right - rightDown);
}

/** The last of the coefficients that four samples need, and that sixteen need, in zigzag order. */
export const lastOfFour = 4;
export const lastOfSixteen = 24;

/** Zigzag places of the lowest 2 × 2 and 4 × 4 waves, row by row. */
export const lowestFour = [0, 1, 2, 4] as const;
export const lowestSixteen = [0, 1, 5, 6, 2, 4, 7, 13, 3, 8, 12, 17, 9, 11, 18, 24] as const;
/** Those before the last that are not among them. */
export const unusedWaves: readonly number[] = [10, 14, 15, 16, 19, 20, 21, 22, 23];
/** √2 · cos π/8 and √2 · cos 3π/8. */
const long = Math.SQRT2 * Math.cos(Math.PI / 8);
const short = Math.SQRT2 * Math.cos((3 * Math.PI) / 8);
const between = new Float64Array(16);

/**
 * By zigzag place, what a wave keeps of its height where a sample is the mean of two pixels across and down, cos kπ/16 each
 * way (T.81 A.3.3 summed in pairs): else edges are sharper than those of the whole picture. Of the others nothing is made.
 */
const softnessOfSixteen = new Float64Array(64).fill(1);
for (const [at, wave] of lowestSixteen.entries()) {
  softnessOfSixteen[wave] = Math.cos(((at & 3) * Math.PI) / 16) * Math.cos(((at >> 2) * Math.PI) / 16);
}

/** A component's steps as `putSixteen` wants the waves. */
export function softStepsOf(steps: Uint8Array): Float64Array {
  return softnessOfSixteen.map((softness, wave) => softness * (steps[wave] ?? 0));
}

/**
 * Sixteen samples of a block: its inverse transform of 4 × 4 points, from its mean and the coefficients by zigzag with their
 * soft steps. Most blocks have few: what is nothing is not worked with.
 */
export function putSixteen(
  plane: Uint8ClampedArray,
  at: number,
  stride: number,
  mean: number,
  waves: Int32Array,
  steps: Float64Array,
): void {
  const height = (wave: number) => (waves[wave] ?? 0) * (steps[wave] ?? 0);
  putColumn(0, mean, height(2), height(3), height(9));
  putColumn(1, height(1), height(4), height(8), height(11));
  putColumn(2, height(5), height(7), height(12), height(18));
  putColumn(3, height(6), height(13), height(17), height(24));
  for (let row = 0, to = at; row < 16; row += 4, to += stride) {
    const w0 = between[row] ?? 0;
    const w1 = between[row + 1] ?? 0;
    const w2 = between[row + 2] ?? 0;
    const w3 = between[row + 3] ?? 0;
    const outer = long * w1 + short * w3;
    const inner = short * w1 - long * w3;
    plane[to] = 128 + (w0 + w2 + outer) * 0.125;
    plane[to + 1] = 128 + (w0 - w2 + inner) * 0.125;
    plane[to + 2] = 128 + (w0 - w2 - inner) * 0.125;
    plane[to + 3] = 128 + (w0 + w2 - outer) * 0.125;
  }
}

function putColumn(column: number, w0: number, w1: number, w2: number, w3: number): void {
  if (w1 === 0 && w2 === 0 && w3 === 0) {
    between[column] = w0;
    between[column + 4] = w0;
    between[column + 8] = w0;
    between[column + 12] = w0;
    return;
  }
  const outer = long * w1 + short * w3;
  const inner = short * w1 - long * w3;
  between[column] = w0 + w2 + outer;
  between[column + 4] = w0 - w2 + inner;
  between[column + 8] = w0 - w2 - inner;
  between[column + 12] = w0 + w2 - outer;
}
