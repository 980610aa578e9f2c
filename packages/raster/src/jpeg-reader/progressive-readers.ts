/** What becomes of a block of a progressive file: its mean and its waves, which come in scans of their own. */

import { BlockWaves } from './block-waves.ts';
import type { EntropyReader } from './entropy-reader.ts';
import type { FileTable, HuffmanTable } from './huffman.ts';
import type { ComponentPlane } from './planes.ts';
import {
  lastOfSixteen,
  lowestFour,
  lowestSixteen,
  meanOfBlock,
  putFour,
  putSixteen,
  softStepsOf,
} from './reduced-transform.ts';
import type { BlockReader } from './scan.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/** What the scans say of a plane's blocks, most significant bits first (T.81 G.1.2). */
export class ProgressiveBlocks {
  readonly plane: ComponentPlane;
  /** In rows of `blocksAcross`, which may reach beyond the picture. */
  readonly means: Int32Array;
  readonly blocksAcross: number;
  readonly waves: BlockWaves;

  constructor(plane: ComponentPlane) {
    const { blockSide, data, stride } = plane;
    this.plane = plane;
    this.blocksAcross = stride / blockSide;
    this.means = new Int32Array(data.length / (blockSide * blockSide));
    this.waves = new BlockWaves(plane, wavesOf[blockSide]);
  }

  /** Fills the plane. */
  finish(): void {
    if (this.plane.blockSide === 1) this.#putMeans();
    else if (this.plane.blockSide === 2) this.#putFours();
    else this.#putSixteens();
  }

  #putMeans(): void {
    const { data, component } = this.plane;
    const step = component.quantisation[0] ?? 0;
    for (let at = 0; at < data.length; at += 1) data[at] = meanOfBlock((this.means[at] ?? 0) * step);
  }

  #putFours(): void {
    const { data, stride, component, blocksWide, blocksHigh } = this.plane;
    const [step = 0, acrossStep = 0, downStep = 0, , bothStep = 0] = component.quantisation;
    for (let row = 0, block = 0; row < blocksHigh; row += 1) {
      for (let column = 0; column < blocksWide; column += 1, block += 1) {
        const mean = (this.means[row * this.blocksAcross + column] ?? 0) * step;
        const across = this.waves.valueOf(block, 0) * acrossStep;
        const down = this.waves.valueOf(block, 1) * downStep;
        const both = this.waves.valueOf(block, 2) * bothStep;
        putFour(data, 2 * (row * stride + column), stride, mean, across, down, both);
      }
    }
  }

  #putSixteens(): void {
    const { data, stride, component, blocksWide, blocksHigh } = this.plane;
    const steps = softStepsOf(component.quantisation);
    const found = new Int32Array(lastOfSixteen + 1);
    const waves = wavesOf[4];
    for (let row = 0, block = 0; row < blocksHigh; row += 1) {
      for (let column = 0; column < blocksWide; column += 1, block += 1) {
        const mean = (this.means[row * this.blocksAcross + column] ?? 0) * (steps[0] ?? 0);
        for (let place = 0; place < waves.length; place += 1) {
          const wave = waves[place] ?? 0;
          found[wave] = this.waves.isKnown(block, wave) ? this.waves.valueOf(block, place) : 0;
        }
        putSixteen(data, 4 * (row * stride + column), stride, mean, found, steps);
      }
    }
  }
}

/** By the samples that a block becomes: the waves that these are made of, in zigzag order. */
const wavesOf = {
  1: [],
  2: lowestFour.filter((wave) => wave > 0),
  4: lowestSixteen.filter((wave) => wave > 0).sort((one, other) => one - other),
} as const;

export class FirstMeanReader implements BlockReader {
  readonly #means: Int32Array;
  readonly #blocksAcross: number;
  readonly #dc: HuffmanTable;
  readonly #missingBits: number;
  #mean = 0;

  constructor({ means, blocksAcross }: ProgressiveBlocks, dc: FileTable | undefined, missingBits: number) {
    if (!dc) throw new UnsupportedJpeg('a scan without its table');
    this.#means = means;
    this.#blocksAcross = blocksAcross;
    this.#dc = dc.buildDifferences();
    this.#missingBits = missingBits;
  }

  read(reader: EntropyReader, column: number, row: number): void {
    this.#mean += reader.difference(this.#dc);
    this.#means[row * this.#blocksAcross + column] = this.#mean << this.#missingBits;
  }

  restart(): void {
    this.#mean = 0;
  }
}

/** One more bit of each mean. */
export class NextBitReader implements BlockReader {
  readonly #means: Int32Array;
  readonly #blocksAcross: number;
  readonly #missingBits: number;

  constructor({ means, blocksAcross }: ProgressiveBlocks, missingBits: number) {
    this.#means = means;
    this.#blocksAcross = blocksAcross;
    this.#missingBits = missingBits;
  }

  read(reader: EntropyReader, column: number, row: number): void {
    const at = row * this.#blocksAcross + column;
    this.#means[at] = (this.#means[at] ?? 0) | (reader.bit() << this.#missingBits);
  }

  restart(): void {}
}
