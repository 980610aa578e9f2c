/** What becomes of a block of a sequential file: one sample, four, nine or sixteen. */

import type { DetailGrid } from './detail-grid.ts';
import type { EntropyReader } from './entropy-reader.ts';
import { createSkipTable, type HuffmanTable, type SkipTable } from './huffman.ts';
import { type BlockTransform, meanOfBlock, putFlat, transforms } from './reduced-transform.ts';
import type { BlockReader } from './scan.ts';
import type { ScanComponent } from './scan-header.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/** The reader that makes of a block what its plane holds of one. */
export function createBlockReader(component: ScanComponent, fileBytes: number): BlockReader {
  const { blockSide } = component.plane;
  return blockSide === 1
    ? new MeanReader(component, fileBytes)
    : new WavesReader(component, transforms[blockSide], fileBytes);
}

/** The mean of each block; everything else is stepped over. */
class MeanReader implements BlockReader {
  readonly #plane: Uint8ClampedArray;
  readonly #stride: number;
  readonly #step: number;
  readonly #steps: Uint8Array;
  readonly #detail: DetailGrid | null;
  readonly #dc: HuffmanTable;
  readonly #ac: HuffmanTable;
  readonly #skips: SkipTable;
  #mean = 0;

  constructor({ plane, dc, ac }: ScanComponent, fileBytes: number) {
    if (!dc || !ac) throw new UnsupportedJpeg('a scan without its tables');
    this.#plane = plane.data;
    this.#stride = plane.stride;
    this.#step = plane.component.quantisation[0] ?? 0;
    this.#steps = plane.component.quantisation;
    this.#detail = plane.detail;
    this.#dc = dc.buildDifferences();
    this.#ac = ac.build();
    this.#skips = createSkipTable(this.#ac, fileBytes);
  }

  read(reader: EntropyReader, column: number, row: number): void {
    this.#mean += reader.difference(this.#dc);
    if (this.#detail?.wants(column, row)) this.#detail.put(column, row, reader.energyOfRest(this.#ac, this.#steps, 1));
    else reader.skipBlock(this.#ac, this.#skips, 1);
    this.#plane[row * this.#stride + column] = meanOfBlock(this.#mean * this.#step);
  }

  restart(): void {
    this.#mean = 0;
  }
}

/** Several samples of each block, of its lowest waves. */
class WavesReader implements BlockReader {
  readonly #plane: Uint8ClampedArray;
  readonly #stride: number;
  readonly #transform: BlockTransform;
  readonly #steps: Uint8Array;
  readonly #waveSteps: Int32Array;
  readonly #detail: DetailGrid | null;
  readonly #dc: HuffmanTable;
  readonly #ac: HuffmanTable;
  readonly #skips: SkipTable;
  readonly #found: Int32Array;
  #mean = 0;

  constructor({ plane, dc, ac }: ScanComponent, transform: BlockTransform, fileBytes: number) {
    if (!dc || !ac) throw new UnsupportedJpeg('a scan without its tables');
    this.#plane = plane.data;
    this.#stride = plane.stride;
    this.#transform = transform;
    this.#steps = plane.component.quantisation;
    this.#waveSteps = transform.stepsOf(this.#steps);
    this.#found = new Int32Array(transform.lastWave + 1);
    this.#detail = plane.detail;
    this.#dc = dc.buildDifferences();
    this.#ac = ac.build();
    this.#skips = createSkipTable(this.#ac, fileBytes);
  }

  read(reader: EntropyReader, column: number, row: number): void {
    this.#mean += reader.difference(this.#dc);
    const found = this.#found;
    const { side, lastWave } = this.#transform;
    const next = reader.coefficients(this.#ac, found, lastWave);
    const { lastFound } = reader;
    if (this.#detail?.wants(column, row)) {
      const rest = reader.energyOfRest(this.#ac, this.#steps, next);
      this.#detail.put(column, row, rest + this.#unusedEnergy());
    } else reader.skipBlock(this.#ac, this.#skips, next);
    const at = side * (row * this.#stride + column);
    const mean = this.#mean * (this.#steps[0] ?? 0);
    if (lastFound === 0) {
      putFlat(this.#plane, at, this.#stride, side, mean);
      return;
    }
    this.#transform.put(this.#plane, at, this.#stride, mean, found, this.#waveSteps);
    for (let wave = 1; wave <= lastFound; wave += 1) found[wave] = 0;
  }

  /** Squares of the coefficients among the first that no sample is made of, times their steps. */
  #unusedEnergy(): number {
    let energy = 0;
    for (const wave of this.#transform.unused) energy += ((this.#found[wave] ?? 0) * (this.#steps[wave] ?? 0)) ** 2;
    return energy;
  }

  restart(): void {
    this.#mean = 0;
  }
}
