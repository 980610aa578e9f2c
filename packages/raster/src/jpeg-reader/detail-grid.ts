/** What a reduced picture leaves out of brightness, as variance. Every sixteenth block is read whole for it. */

/** Blocks across and down of which one is read. */
const cellBlocks = 4;
const unknown = -1;
/** Coefficients are scaled so that their squares sum to those of the 64 samples (T.81 A.3.3; Parseval). */
const blockSamples = 64;

/** A pattern of black and white pixels is as light as its light is, and not as the mean of its samples. */
export class DetailGrid {
  readonly #columns: number;
  readonly #rows: number;
  /** By cell: the mean square of what is left out of its block, in steps of a sample. */
  readonly #variances: Float32Array;

  /** `blocksWide` × `blocksHigh` is the picture in blocks. */
  constructor(blocksWide: number, blocksHigh: number) {
    this.#columns = Math.ceil(blocksWide / cellBlocks);
    this.#rows = Math.ceil(blocksHigh / cellBlocks);
    this.#variances = new Float32Array(this.#columns * this.#rows).fill(unknown);
  }

  /** Another one in each cell, so that nothing that repeats is always or never seen. */
  wants(column: number, row: number): boolean {
    const chosen = (7 * (column >> 2) + 11 * (row >> 2)) & 15;
    return (column & 3) === (chosen & 3) && (row & 3) === chosen >> 2;
  }

  /** `energy` is the sum of the squares of the block's coefficients that nothing else is made of. */
  put(column: number, row: number, energy: number): void {
    const [x, y] = [column >> 2, row >> 2];
    if (x < this.#columns && y < this.#rows) this.#variances[y * this.#columns + x] = energy / blockSamples;
  }

  /** Around a place of the picture, from 0 to 1 across and down. Cells at the edge without a block are like others. */
  varianceAt(across: number, down: number): number {
    const y = Math.min(this.#rows - 1, Math.floor(down * this.#rows));
    const x = Math.min(this.#columns - 1, Math.floor(across * this.#columns));
    const here = this.#variances[y * this.#columns + x] ?? 0;
    if (here !== unknown) return here;
    const beside = this.#variances[y * this.#columns + Math.max(0, x - 1)] ?? 0;
    const above = this.#variances[Math.max(0, y - 1) * this.#columns + x] ?? 0;
    return Math.max(0, beside, above);
  }
}
