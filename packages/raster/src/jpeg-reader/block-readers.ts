/** What becomes of a block of a sequential file: one sample, four or sixteen. */

import type { DetailGrid } from './detail-grid.ts';
import type { EntropyReader } from './entropy-reader.ts';
import { createSkipTable, type HuffmanTable, type SkipTable } from './huffman.ts';
import {
  lastOfFour,
  lastOfSixteen,
  meanOfBlock,
  putFour,
  putSixteen,
  softStepsOf,
  unusedWaves,
} from './reduced-transform.ts';
import type { BlockReader } from './scan.ts';
import type { ScanComponent } from './scan-header.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/** The reader that makes of a block what its plane holds of one. */
export function createBlockReader(component: ScanComponent, fileBytes: number): BlockReader {
  switch (component.plane.blockSide) {
    case 1:
      return new MeanReader(component, fileBytes);
    case 2:
      return new FourReader(component, fileBytes);
    case 4:
      return new SixteenReader(component, fileBytes);
  }
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

/** Four samples of each block. */
class FourReader implements BlockReader {
  readonly #plane: Uint8ClampedArray;
  readonly #stride: number;
  readonly #steps: Uint8Array;
  readonly #detail: DetailGrid | null;
  readonly #dc: HuffmanTable;
  readonly #ac: HuffmanTable;
  readonly #skips: SkipTable;
  readonly #coefficients = new Int32Array(lastOfFour + 1);
  #mean = 0;

  constructor({ plane, dc, ac }: ScanComponent, fileBytes: number) {
    if (!dc || !ac) throw new UnsupportedJpeg('a scan without its tables');
    this.#plane = plane.data;
    this.#stride = plane.stride;
    this.#steps = plane.component.quantisation;
    this.#detail = plane.detail;
    this.#dc = dc.buildDifferences();
    this.#ac = ac.build();
    this.#skips = createSkipTable(this.#ac, fileBytes);
  }

  read(reader: EntropyReader, column: number, row: number): void {
    this.#mean += reader.difference(this.#dc);
    const found = this.#coefficients;
    found[1] = 0;
    found[2] = 0;
    found[3] = 0;
    found[4] = 0;
    const steps = this.#steps;
    const next = reader.coefficients(this.#ac, found, lastOfFour);
    if (this.#detail?.wants(column, row)) {
      const unused = ((found[3] ?? 0) * (steps[3] ?? 0)) ** 2;
      this.#detail.put(column, row, unused + reader.energyOfRest(this.#ac, steps, next));
    } else reader.skipBlock(this.#ac, this.#skips, next);
    const at = 2 * (row * this.#stride + column);
    const mean = this.#mean * (steps[0] ?? 0);
    const across = (found[1] ?? 0) * (steps[1] ?? 0);
    const down = (found[2] ?? 0) * (steps[2] ?? 0);
    const both = (found[4] ?? 0) * (steps[4] ?? 0);
    putFour(this.#plane, at, this.#stride, mean, across, down, both);
  }

  restart(): void {
    this.#mean = 0;
  }
}

/** Squares of the coefficients among the first that sixteen samples are not made of, times their steps. */
function unusedOfSixteen(waves: Int32Array, steps: Uint8Array): number {
  return unusedWaves.reduce((sum, wave) => sum + ((waves[wave] ?? 0) * (steps[wave] ?? 0)) ** 2, 0);
}

/** Sixteen samples of each block. */
class SixteenReader implements BlockReader {
  readonly #plane: Uint8ClampedArray;
  readonly #stride: number;
  readonly #steps: Uint8Array;
  readonly #softSteps: Float64Array;
  readonly #detail: DetailGrid | null;
  readonly #dc: HuffmanTable;
  readonly #ac: HuffmanTable;
  readonly #skips: SkipTable;
  readonly #found = new Int32Array(lastOfSixteen + 1);
  #mean = 0;

  constructor({ plane, dc, ac }: ScanComponent, fileBytes: number) {
    if (!dc || !ac) throw new UnsupportedJpeg('a scan without its tables');
    this.#plane = plane.data;
    this.#stride = plane.stride;
    this.#steps = plane.component.quantisation;
    this.#softSteps = softStepsOf(this.#steps);
    this.#detail = plane.detail;
    this.#dc = dc.buildDifferences();
    this.#ac = ac.build();
    this.#skips = createSkipTable(this.#ac, fileBytes);
  }

  read(reader: EntropyReader, column: number, row: number): void {
    this.#mean += reader.difference(this.#dc);
    const found = this.#found;
    const steps = this.#steps;
    found.fill(0);
    const next = reader.coefficients(this.#ac, found, lastOfSixteen);
    if (this.#detail?.wants(column, row)) {
      const rest = reader.energyOfRest(this.#ac, steps, next);
      this.#detail.put(column, row, rest + unusedOfSixteen(found, steps));
    } else reader.skipBlock(this.#ac, this.#skips, next);
    const at = 4 * (row * this.#stride + column);
    putSixteen(this.#plane, at, this.#stride, this.#mean * (steps[0] ?? 0), found, this.#softSteps);
  }

  restart(): void {
    this.#mean = 0;
  }
}
