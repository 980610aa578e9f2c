/** What becomes of a block of a progressive file: its mean and its waves, which come in scans of their own. */

import { BlockWaves } from './block-waves.ts';
import type { EntropyReader } from './entropy-reader.ts';
import type { FileTable, HuffmanTable } from './huffman.ts';
import type { ComponentPlane } from './planes.ts';
import { type BlockTransform, meanOfBlock, transforms } from './reduced-transform.ts';
import type { BlockReader } from './scan.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/** What the scans say of a plane's blocks, most significant bits first (T.81 G.1.2). */
export class ProgressiveBlocks {
  readonly plane: ComponentPlane;
  /** In rows of `blocksAcross`, which may reach beyond the picture. */
  readonly means: Int32Array;
  readonly blocksAcross: number;
  readonly waves: BlockWaves;
  readonly #transform: BlockTransform | null;
  /** In zigzag order. */
  readonly #keptWaves: number[];

  constructor(plane: ComponentPlane) {
    const { blockSide, data, stride } = plane;
    this.plane = plane;
    this.blocksAcross = stride / blockSide;
    this.means = new Int32Array(data.length / (blockSide * blockSide));
    this.#transform = blockSide === 1 ? null : transforms[blockSide];
    // The mean has scans of its own.
    this.#keptWaves = (this.#transform?.waves ?? []).filter((wave) => wave > 0).sort((one, other) => one - other);
    this.waves = new BlockWaves(plane, this.#keptWaves);
  }

  /** Fills the plane. */
  finish(): void {
    if (this.#transform) this.#putSamples(this.#transform);
    else this.#putMeans();
  }

  #putMeans(): void {
    const { data, component } = this.plane;
    const step = component.quantisation[0] ?? 0;
    for (let at = 0; at < data.length; at += 1) data[at] = meanOfBlock((this.means[at] ?? 0) * step);
  }

  #putSamples({ side, stepsOf, put, lastWave }: BlockTransform): void {
    const { data, stride, component, blocksWide, blocksHigh } = this.plane;
    // Values may stand in the middle between two steps.
    const steps = stepsOf(component.quantisation, 1);
    const [meanStep = 0] = component.quantisation;
    const found = new Int32Array(lastWave + 1);
    for (let row = 0, block = 0; row < blocksHigh; row += 1) {
      for (let column = 0; column < blocksWide; column += 1, block += 1) {
        for (let place = 0; place < this.#keptWaves.length; place += 1) {
          const wave = this.#keptWaves[place] ?? 0;
          found[wave] = this.waves.isKnown(block, wave) ? 2 * this.waves.valueOf(block, place) : 0;
        }
        const mean = (this.means[row * this.blocksAcross + column] ?? 0) * meanStep;
        put(data, side * (row * stride + column), stride, mean, found, steps);
      }
    }
  }
}

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
