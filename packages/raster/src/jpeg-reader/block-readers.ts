/** What becomes of a block of a sequential file: one sample, four or sixteen. */

import type { EntropyReader } from './entropy-reader.ts';
import { createSkipTable, type HuffmanTable, type SkipTable } from './huffman.ts';
import { lastOfFour, lastOfSixteen, meanOfBlock, putFour, putSixteen } from './reduced-transform.ts';
import type { BlockReader, ScanComponent } from './scan.ts';
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
  readonly #dc: HuffmanTable;
  readonly #ac: HuffmanTable;
  readonly #skips: SkipTable;
  #mean = 0;

  constructor({ plane, dc, ac }: ScanComponent, fileBytes: number) {
    if (!dc || !ac) throw new UnsupportedJpeg('a scan without its tables');
    this.#plane = plane.data;
    this.#stride = plane.stride;
    this.#step = plane.component.quantisation[0] ?? 0;
    this.#dc = dc.buildDifferences();
    this.#ac = ac.build();
    this.#skips = createSkipTable(this.#ac, fileBytes);
  }

  read(reader: EntropyReader, column: number, row: number): void {
    this.#mean += reader.difference(this.#dc);
    reader.skipBlock(this.#ac, this.#skips, 1);
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
    this.#dc = dc.buildDifferences();
    this.#ac = ac.build();
    this.#skips = createSkipTable(this.#ac, fileBytes);
  }

  read(reader: EntropyReader, column: number, row: number): void {
    this.#mean += reader.difference(this.#dc);
    const found = this.#coefficients;
    found[1] = 0;
    found[2] = 0;
    found[4] = 0;
    const next = reader.coefficients(this.#ac, found, lastOfFour);
    reader.skipBlock(this.#ac, this.#skips, next);
    const steps = this.#steps;
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

/** Sixteen samples of each block. */
class SixteenReader implements BlockReader {
  readonly #plane: Uint8ClampedArray;
  readonly #stride: number;
  readonly #steps: Uint8Array;
  readonly #dc: HuffmanTable;
  readonly #ac: HuffmanTable;
  readonly #skips: SkipTable;
  readonly #values = new Int32Array(lastOfSixteen + 1);
  #mean = 0;

  constructor({ plane, dc, ac }: ScanComponent, fileBytes: number) {
    if (!dc || !ac) throw new UnsupportedJpeg('a scan without its tables');
    this.#plane = plane.data;
    this.#stride = plane.stride;
    this.#steps = plane.component.quantisation;
    this.#dc = dc.buildDifferences();
    this.#ac = ac.build();
    this.#skips = createSkipTable(this.#ac, fileBytes);
  }

  read(reader: EntropyReader, column: number, row: number): void {
    this.#mean += reader.difference(this.#dc);
    const values = this.#values;
    const steps = this.#steps;
    values.fill(0);
    const next = reader.coefficients(this.#ac, values, lastOfSixteen);
    reader.skipBlock(this.#ac, this.#skips, next);
    for (let wave = 1; wave <= lastOfSixteen; wave += 1) values[wave] = (values[wave] ?? 0) * (steps[wave] ?? 0);
    values[0] = this.#mean * (steps[0] ?? 0);
    putSixteen(this.#plane, 4 * (row * this.#stride + column), this.#stride, values);
  }

  restart(): void {
    this.#mean = 0;
  }
}
