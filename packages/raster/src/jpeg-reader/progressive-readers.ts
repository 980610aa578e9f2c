/** What becomes of a block of a progressive file: its mean and its lowest waves, which come in scans of their own. */

import type { EntropyReader } from './entropy-reader.ts';
import type { FileTable, HuffmanTable } from './huffman.ts';
import type { ComponentPlane } from './planes.ts';
import { meanOfBlock, putFour } from './reduced-transform.ts';
import type { BlockReader } from './scan.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/**
 * What the scans say of a plane's blocks. Means come in several scans, most significant bits first (T.81 G.1.2.1); of
 * the three waves that four samples need the first scan alone is read: the bits that follow say half a step more.
 */
export class ProgressiveBlocks {
  readonly plane: ComponentPlane;
  /** In rows of `blocksAcross`. */
  readonly means: Int32Array;
  readonly blocksAcross: number;
  /** Three of each block, in halves of a step; null where the mean is all that is wanted. */
  readonly waves: Int32Array | null;

  constructor(plane: ComponentPlane) {
    if (plane.blockSide === 4) throw new UnsupportedJpeg('more of a progressive file than its lowest waves');
    const { blockSide, data, stride } = plane;
    const blocks = data.length / (blockSide * blockSide);
    this.plane = plane;
    this.blocksAcross = stride / blockSide;
    this.means = new Int32Array(blocks);
    this.waves = blockSide === 2 ? new Int32Array(blocks * lowestWaves.length) : null;
  }

  /** Whether a scan of these coefficients, the first of them, has anything that is wanted. */
  wants(first: number, last: number): boolean {
    return this.waves !== null && lowestWaves.some((wave) => wave >= first && wave <= last);
  }

  /** Fills the plane. */
  finish(): void {
    if (this.waves) this.#putFours(this.waves);
    else this.#putMeans();
  }

  #putMeans(): void {
    const { data, component } = this.plane;
    const step = component.quantisation[0] ?? 0;
    for (let at = 0; at < data.length; at += 1) data[at] = meanOfBlock((this.means[at] ?? 0) * step);
  }

  #putFours(waves: Int32Array): void {
    const { data, stride, component } = this.plane;
    const [step = 0, acrossStep = 0, downStep = 0, , bothStep = 0] = component.quantisation;
    for (let block = 0; block < this.means.length; block += 1) {
      const row = Math.floor(block / this.blocksAcross);
      const at = 2 * (row * stride + (block - row * this.blocksAcross));
      const mean = (this.means[block] ?? 0) * step;
      const across = ((waves[3 * block] ?? 0) * acrossStep) >> 1;
      const down = ((waves[3 * block + 1] ?? 0) * downStep) >> 1;
      const both = ((waves[3 * block + 2] ?? 0) * bothStep) >> 1;
      putFour(data, at, stride, mean, across, down, both);
    }
  }
}

/** Those that four samples are made of, in zigzag order: one across, one down, one both ways. */
const lowestWaves = [1, 2, 4] as const;
/** By zigzag place: where a wave stands among the three of its block. */
const wavePlaces = Int8Array.from([-1, 0, 1, -1, 2]);

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

const zeroRun = 15;

/** The first scan of some waves (T.81 G.1.2.2), without the bits of them that later scans bring. */
export class FirstWavesReader implements BlockReader {
  readonly #waves: Int32Array;
  readonly #blocksAcross: number;
  readonly #ac: HuffmanTable;
  readonly #first: number;
  readonly #last: number;
  readonly #missingBits: number;
  /** Blocks that end before they begin. */
  #endedBlocks = 0;

  constructor(
    { waves, blocksAcross }: ProgressiveBlocks,
    ac: FileTable | undefined,
    [first, last]: readonly [number, number],
    missingBits: number,
  ) {
    if (!ac || !waves) throw new UnsupportedJpeg('a scan without its table');
    this.#waves = waves;
    this.#blocksAcross = blocksAcross;
    this.#ac = ac.build();
    this.#first = first;
    this.#last = last;
    this.#missingBits = missingBits;
  }

  read(reader: EntropyReader, column: number, row: number): void {
    if (this.#endedBlocks > 0) {
      this.#endedBlocks -= 1;
      return;
    }
    for (let wave = this.#first; wave <= this.#last; ) {
      const symbol = reader.symbol(this.#ac);
      const run = symbol >> 4;
      const valueBits = symbol & 15;
      if (valueBits === 0 && run !== zeroRun) {
        this.#endedBlocks = (1 << run) - 1 + reader.unsigned(run);
        return;
      }
      wave += run;
      if (wave > this.#last) throw new UnsupportedJpeg('more coefficients than a scan has');
      if (valueBits > 0) this.#keep(row * this.#blocksAcross + column, wave, reader.value(valueBits));
      wave += 1;
    }
  }

  /** In the middle of what the bits that follow could make of it. */
  #keep(block: number, wave: number, value: number): void {
    const place = wavePlaces[wave] ?? -1;
    if (place < 0) return;
    const missing = (1 << this.#missingBits) - 1;
    this.#waves[3 * block + place] = (value << (this.#missingBits + 1)) + (value < 0 ? -missing : missing);
  }

  restart(): void {
    this.#endedBlocks = 0;
  }
}
