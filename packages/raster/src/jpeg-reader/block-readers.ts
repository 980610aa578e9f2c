/** What becomes of a block: one sample, four, or a mean that a later scan makes precise. */

import type { EntropyReader } from './entropy-reader.ts';
import { createSkipTable, type HuffmanTable, type SkipTable } from './huffman.ts';
import { type ComponentPlane, meanOfBlock, putFour } from './planes.ts';
import type { BlockReader, ScanComponent } from './scan.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/** Of a sequential file: the mean of each block; everything else is stepped over. */
export class MeanReader implements BlockReader {
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
    this.#dc = dc;
    this.#ac = ac;
    this.#skips = createSkipTable(ac, fileBytes);
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

/** The last of the three coefficients beside the mean that four samples need, in zigzag order. */
const lastOfFour = 4;

/** Of a sequential file: four samples of each block. */
export class FourReader implements BlockReader {
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
    this.#dc = dc;
    this.#ac = ac;
    this.#skips = createSkipTable(ac, fileBytes);
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

/** Means that come in several scans, most significant bits first (T.81 G.1.2.1). */
export class ProgressiveMeans {
  readonly plane: ComponentPlane;
  readonly means: Int32Array;
  /** Bits that are still to come; null before the first scan. */
  missingBits: number | null = null;

  constructor(plane: ComponentPlane) {
    this.plane = plane;
    this.means = new Int32Array(plane.data.length);
  }

  /** Throws `UnsupportedJpeg` when a scan is missing. */
  finish(): void {
    if (this.missingBits !== 0) throw new UnsupportedJpeg('means without all their bits');
    const { data, component } = this.plane;
    const step = component.quantisation[0] ?? 0;
    for (let at = 0; at < data.length; at += 1) data[at] = meanOfBlock((this.means[at] ?? 0) * step);
  }
}

export class FirstMeanReader implements BlockReader {
  readonly #means: Int32Array;
  readonly #stride: number;
  readonly #dc: HuffmanTable;
  readonly #missingBits: number;
  #mean = 0;

  constructor({ means, plane }: ProgressiveMeans, dc: HuffmanTable | undefined, missingBits: number) {
    if (!dc) throw new UnsupportedJpeg('a scan without its table');
    this.#means = means;
    this.#stride = plane.stride;
    this.#dc = dc;
    this.#missingBits = missingBits;
  }

  read(reader: EntropyReader, column: number, row: number): void {
    this.#mean += reader.difference(this.#dc);
    this.#means[row * this.#stride + column] = this.#mean << this.#missingBits;
  }

  restart(): void {
    this.#mean = 0;
  }
}

/** One more bit of each mean. */
export class NextBitReader implements BlockReader {
  readonly #means: Int32Array;
  readonly #stride: number;
  readonly #missingBits: number;

  constructor({ means, plane }: ProgressiveMeans, missingBits: number) {
    this.#means = means;
    this.#stride = plane.stride;
    this.#missingBits = missingBits;
  }

  read(reader: EntropyReader, column: number, row: number): void {
    const at = row * this.#stride + column;
    this.#means[at] = (this.#means[at] ?? 0) | (reader.bit() << this.#missingBits);
  }

  restart(): void {}
}
