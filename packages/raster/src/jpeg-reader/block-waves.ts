/** What the scans of a progressive file have said so far of the waves of a component's blocks. */
import type { ComponentPlane } from './planes.ts';
import type { ScanHeader } from './scan-header.ts';

const blockCoefficients = 64;
export const wordBits = 32;
const notKept = -1;

/** Blocks stand row by row as the picture has them, without those that only fill up MCUs. */
export class BlockWaves {
  readonly blocks: number;
  /** Two words a block, a bit for each wave that is not 0, the lowest first: later scans bring a bit for each of those. */
  readonly known: Int32Array;
  /** The waves that something is made of, in steps: `keptCount` of each block. */
  readonly kept: Int16Array;
  readonly keptCount: number;
  /** Zigzag place of the last of them, 0 for none. */
  readonly lastKept: number;
  /** By place: how many bits of its values have not been read. */
  readonly #unread: Uint8Array;
  /** By zigzag place: where a wave stands among the kept ones of its block. */
  readonly #places: Int8Array;

  /** `keptWaves` are zigzag places in ascending order. */
  constructor({ blocksWide, blocksHigh }: ComponentPlane, keptWaves: readonly number[]) {
    this.blocks = blocksWide * blocksHigh;
    this.known = new Int32Array(2 * this.blocks);
    this.keptCount = keptWaves.length;
    this.kept = new Int16Array(this.keptCount * this.blocks);
    this.lastKept = keptWaves.at(-1) ?? 0;
    this.#unread = new Uint8Array(this.keptCount);
    this.#places = new Int8Array(blockCoefficients).fill(notKept);
    for (const [place, wave] of keptWaves.entries()) this.#places[wave] = place;
  }

  /** A scan is about to be read. */
  noteRead({ firstCoefficient, lastCoefficient, approximationLow }: ScanHeader): void {
    for (let wave = firstCoefficient; wave <= Math.min(lastCoefficient, this.lastKept); wave += 1) {
      const place = this.#places[wave] ?? notKept;
      if (place !== notKept) this.#unread[place] = approximationLow;
    }
  }

  /** In steps: in the middle of what the bits could make of it that were not read. */
  valueOf(block: number, place: number): number {
    const value = this.kept[this.keptCount * block + place] ?? 0;
    const half = ((1 << (this.#unread[place] ?? 0)) - 1) / 2;
    return value === 0 ? 0 : value < 0 ? value - half : value + half;
  }

  /** The wave is not 0 from now on. */
  know(block: number, wave: number): void {
    const at = 2 * block + (wave >> 5);
    this.known[at] = (this.known[at] ?? 0) | (1 << (wordBits - 1 - (wave & 31)));
  }

  /** Whether the wave, one of the first word, is not 0. */
  isKnown(block: number, wave: number): boolean {
    return (this.known[2 * block] ?? 0) << wave < 0;
  }

  /** Of a wave up to `lastKept`. */
  keep(block: number, wave: number, value: number): void {
    const place = this.#places[wave] ?? notKept;
    if (place !== notKept) this.kept[this.keptCount * block + place] = value;
  }

  /** Takes a wave up to `lastKept`, which is not 0, by so much further away from 0. */
  enlarge(block: number, wave: number, by: number): void {
    const place = this.#places[wave] ?? notKept;
    if (place === notKept) return;
    const at = this.keptCount * block + place;
    const value = this.kept[at] ?? 0;
    this.kept[at] = value < 0 ? value - by : value + by;
  }
}
