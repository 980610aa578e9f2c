/** Reads the waves of progressive scans only to see that they are there (ITU T.81 G.1.2.2 and G.1.2.3). */
import type { EntropyReader } from './entropy-reader.ts';
import type { HuffmanTable } from './huffman.ts';
import type { BlockReader } from './scan.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

type Band = readonly [first: number, last: number];

const zeroRun = 15;
const wordBits = 32;

/** Which waves of each block are not 0 so far: later scans bring a bit for each of those. */
export class WaveHistory {
  readonly blocksAcross: number;
  readonly #words: Int32Array;

  constructor(blocks: number, blocksAcross: number) {
    this.blocksAcross = blocksAcross;
    this.#words = new Int32Array(2 * blocks);
  }

  has(block: number, wave: number): boolean {
    return ((this.#words[2 * block + (wave >> 5)] ?? 0) & (1 << (wave & 31))) !== 0;
  }

  add(block: number, wave: number): void {
    const at = 2 * block + (wave >> 5);
    this.#words[at] = (this.#words[at] ?? 0) | (1 << (wave & 31));
  }

  /** Of the waves from `first` to `last`. */
  count(block: number, first: number, last: number): number {
    const low = (this.#words[2 * block] ?? 0) & bitsBetween(first, last);
    const high = (this.#words[2 * block + 1] ?? 0) & bitsBetween(first - wordBits, last - wordBits);
    return onesOf(low) + onesOf(high);
  }
}

/** Those of a word; places outside of it count for nothing. */
function bitsBetween(first: number, last: number): number {
  if (last < 0 || first >= wordBits || first > last) return 0;
  return (-1 << Math.max(0, first)) & (-1 >>> (wordBits - 1 - Math.min(wordBits - 1, last)));
}

function onesOf(word: number): number {
  if (word === 0) return 0;
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The first scan of some waves. */
export class FirstWavesCheck implements BlockReader {
  readonly #history: WaveHistory;
  readonly #table: HuffmanTable;
  readonly #band: Band;
  /** Blocks that end before they begin. */
  #endedBlocks = 0;

  constructor(history: WaveHistory, table: HuffmanTable, band: Band) {
    this.#history = history;
    this.#table = table;
    this.#band = band;
  }

  read(reader: EntropyReader, column: number, row: number): void {
    if (this.#endedBlocks > 0) {
      this.#endedBlocks -= 1;
      return;
    }
    const block = row * this.#history.blocksAcross + column;
    const [first, last] = this.#band;
    for (let wave = first; wave <= last; wave += 1) {
      const symbol = reader.symbol(this.#table);
      const run = symbol >> 4;
      const valueBits = symbol & 15;
      if (valueBits === 0 && run !== zeroRun) {
        this.#endedBlocks = (1 << run) - 1 + reader.unsigned(run);
        return;
      }
      wave += run;
      if (wave > last) throw new UnsupportedJpeg('more coefficients than a scan has');
      if (valueBits === 0) continue;
      reader.position += valueBits;
      this.#history.add(block, wave);
    }
  }

  restart(): void {
    this.#endedBlocks = 0;
  }
}

/** One more bit of each wave that is not 0, and the waves that this bit makes something else than 0. */
export class NextWavesCheck implements BlockReader {
  readonly #history: WaveHistory;
  readonly #table: HuffmanTable;
  readonly #band: Band;
  /** Blocks without new waves. */
  #endedBlocks = 0;

  constructor(history: WaveHistory, table: HuffmanTable, band: Band) {
    this.#history = history;
    this.#table = table;
    this.#band = band;
  }

  read(reader: EntropyReader, column: number, row: number): void {
    const block = row * this.#history.blocksAcross + column;
    const [first, last] = this.#band;
    let wave: number = first;
    while (this.#endedBlocks === 0 && wave <= last) {
      const symbol = reader.symbol(this.#table);
      const run = symbol >> 4;
      const isNew = (symbol & 15) !== 0;
      if (!isNew && run !== zeroRun) {
        this.#endedBlocks = (1 << run) + reader.unsigned(run);
        break;
      }
      if (isNew) reader.position += 1;
      wave = this.#passZeros(reader, block, wave, run);
      if (isNew && wave > last) throw new UnsupportedJpeg('more coefficients than a scan has');
      if (isNew) this.#history.add(block, wave);
      wave += 1;
    }
    if (this.#endedBlocks === 0) return;
    reader.position += this.#history.count(block, wave, last);
    this.#endedBlocks -= 1;
  }

  /** Over so many waves that stay 0, and the bits of those between them that are not; returns the next one that is 0. */
  #passZeros(reader: EntropyReader, block: number, from: number, zeros: number): number {
    const [, last] = this.#band;
    let left = zeros;
    for (let wave = from; wave <= last; wave += 1) {
      if (this.#history.has(block, wave)) reader.position += 1;
      else if (left === 0) return wave;
      else left -= 1;
    }
    return last + 1;
  }

  restart(): void {
    this.#endedBlocks = 0;
  }
}
