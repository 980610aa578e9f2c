/** What a reduced picture leaves out of brightness, as variance. One block of sixteen or of 64 is read whole for it. */

import type { Size } from '../pixels.ts';

/** Of 2^shift blocks across and down one is read: of four, and of eight where there are so many that it is no guess. */
const cellShift = { few: 2, many: 3 };
const manyBlocks = 16_384;
const unknown = -1;
/** Coefficients are scaled so that their squares sum to those of the 64 samples (T.81 A.3.3; Parseval). */
const blockSamples = 64;

/** A pattern of black and white pixels is as light as its light is, and not as the mean of its samples. */
export class DetailGrid {
  readonly #shift: number;
  readonly #columns: number;
  readonly #rows: number;
  /** By cell: the mean square of what is left out of its block, in steps of a sample. */
  readonly #variances: Float32Array;

  /** `blocksWide` × `blocksHigh` is the picture in blocks. */
  constructor(blocksWide: number, blocksHigh: number) {
    this.#shift = blocksWide * blocksHigh < manyBlocks ? cellShift.few : cellShift.many;
    this.#columns = Math.ceil(blocksWide / (1 << this.#shift));
    this.#rows = Math.ceil(blocksHigh / (1 << this.#shift));
    this.#variances = new Float32Array(this.#columns * this.#rows).fill(unknown);
  }

  /** Another one in each cell, so that nothing that repeats is always or never seen. */
  wants(column: number, row: number): boolean {
    const shift = this.#shift;
    const inCell = (1 << shift) - 1;
    const chosen = 7 * (column >> shift) + 11 * (row >> shift);
    return (column & inCell) === (chosen & inCell) && (row & inCell) === ((chosen >> shift) & inCell);
  }

  /** `energy` is the sum of the squares of the block's coefficients that nothing else is made of. */
  put(column: number, row: number, energy: number): void {
    const x = column >> this.#shift;
    const y = row >> this.#shift;
    if (x < this.#columns && y < this.#rows) this.#variances[y * this.#columns + x] = energy / blockSamples;
  }

  /** For a picture of so many pixels: what is left out around each, row by row. */
  variancesOf({ width, height }: Size): PixelVariances {
    this.#fillUnknown();
    const columns = cellsOf(width, this.#columns);
    const rowStarts = cellsOf(height, this.#rows).map((row) => row * this.#columns);
    return { variances: this.#variances, columns, rowStarts };
  }

  /** Cells at the edge without a block are like others. */
  #fillUnknown(): void {
    for (let cell = 0; cell < this.#variances.length; cell += 1) {
      if (this.#variances[cell] !== unknown) continue;
      const beside = cell % this.#columns > 0 ? (this.#variances[cell - 1] ?? 0) : 0;
      const above = cell >= this.#columns ? (this.#variances[cell - this.#columns] ?? 0) : 0;
      this.#variances[cell] = Math.max(0, beside, above);
    }
  }
}

/** The variance of a pixel stands at the start of its row plus its column. */
export type PixelVariances = { variances: Float32Array; columns: Int32Array; rowStarts: Int32Array };

/** The cell that each of so many pixels along a side lies in. */
function cellsOf(pixels: number, cells: number): Int32Array {
  return Int32Array.from({ length: pixels }, (_, pixel) => Math.floor(((pixel + 0.5) / pixels) * cells));
}
