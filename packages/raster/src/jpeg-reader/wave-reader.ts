/** Reads the scans of waves of a progressive file (ITU T.81 G.1.2.2 and G.1.2.3), every bit of them. */
import { type BlockWaves, wordBits } from './block-waves.ts';
import { type HuffmanTable, lookBits } from './huffman.ts';
import type { ScanHeader } from './scan-header.ts';
import { BadJpegData, UnsupportedJpeg } from './unsupported-jpeg.ts';

const zeroRun = 15;
/** In `HuffmanTable.look`: the symbol is one of a wave that was 0 before (T.81 G.1.2.3 knows no others). */
const newBit = 15 << 5;
const longestCode = 16;

/**
 * Goes through the data of one scan, block by block. What a large progressive file costs is spent here: the words of
 * `BlockWaves.known` are looked at as a whole, and nothing is called for a wave that nothing is made of.
 */
export class WaveReader {
  readonly #view: DataView;
  readonly #waves: BlockWaves;
  readonly #table: HuffmanTable;
  readonly #first: number;
  readonly #last: number;
  /** Bits that later scans bring. */
  readonly #missingBits: number;

  /** `data` has no stuffed bytes, and `spareBytes` behind its end. */
  constructor(data: Uint8Array, scan: ScanHeader, waves: BlockWaves) {
    const [component] = scan.components;
    if (!component?.ac || scan.components.length > 1) throw new UnsupportedJpeg('a scan without its table');
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.#waves = waves;
    this.#table = component.ac.build();
    this.#first = scan.firstCoefficient;
    this.#last = scan.lastCoefficient;
    this.#missingBits = scan.approximationLow;
  }

  /**
   * Blocks `from` to before `to` of the first scan of some waves, which stand between two bits of the data; returns where
   * they end. Throws `BadJpegData` when that is behind `end`.
   */
  readFirst(from: number, to: number, start: number, end: number): number {
    const view = this.#view;
    const waves = this.#waves;
    const table = this.#table;
    const { look } = table;
    const first = this.#first;
    const last = this.#last;
    const { lastKept } = waves;
    let position = start;
    let wave = first;
    for (let block = from; block < to; ) {
      if (position > end) throw new BadJpegData('cut short');
      const bits = view.getInt32(position >>> 3) << (position & 7);
      const code = look[bits >>> (wordBits - lookBits)] || longCode(table, bits);
      const valueBits = (code >> 5) & 15;
      const run = code >> 9;
      position += code & 31;
      if (valueBits === 0 && run !== zeroRun) {
        block += blocksOfRun(view, position, run);
        position += run;
        wave = first;
        continue;
      }
      wave += run;
      if (wave > last) throw new BadJpegData('more coefficients than a scan has');
      if (valueBits > 0) {
        if (wave <= lastKept) waves.keep(block, wave, valueAt(view, position, valueBits) << this.#missingBits);
        position += valueBits;
        waves.know(block, wave);
      }
      wave += 1;
      if (wave > last) {
        wave = first;
        block += 1;
      }
    }
    return position;
  }

  /** The same for one more bit of each wave that is not 0, and the waves that this bit makes something else than 0. */
  readNext(from: number, to: number, start: number, end: number): number {
    const view = this.#view;
    const waves = this.#waves;
    const table = this.#table;
    const { look } = table;
    const { known, lastKept } = waves;
    const first = this.#first;
    const last = this.#last;
    const lowMask = wordMask(first, last);
    const highMask = wordMask(first - wordBits, last - wordBits);
    let endedBlocks = 0;
    let position = start;
    for (let block = from; block < to; block += 1) {
      if (position > end) throw new BadJpegData('cut short');
      const low = (known[2 * block] ?? 0) & lowMask;
      const high = (known[2 * block + 1] ?? 0) & highMask;
      let wave = first;
      while (endedBlocks === 0 && wave <= last) {
        const bits = view.getInt32(position >>> 3) << (position & 7);
        const code = look[bits >>> (wordBits - lookBits)] || longCode(table, bits);
        const isNew = (code & newBit) !== 0;
        position += code & 31;
        if (!isNew && code < zeroRun << 9) {
          endedBlocks = blocksOfRun(view, position, code >> 9);
          position += code >> 9;
          break;
        }
        const signAt = position;
        if (isNew) position += 1;
        // Over so many waves that stay 0, and the bits of those between them that do not, to the next that is 0.
        for (let zeros = code >> 9; wave <= last; ) {
          const room = wordBits - (wave & 31);
          const gap = Math.min(room, Math.clz32((wave < wordBits ? low : high) << (wave & 31)));
          wave += Math.min(gap, zeros);
          if (zeros < gap) break;
          zeros -= gap;
          if (gap === room) continue;
          if (wave <= lastKept) this.#enlarge(block, wave, position);
          position += 1;
          wave += 1;
        }
        if (isNew) this.#putNew(block, wave, signAt);
        wave += 1;
      }
      if (endedBlocks === 0) continue;
      endedBlocks -= 1;
      if ((low | high) !== 0) position = this.#passRest(block, wave, low, high, position);
    }
    return position;
  }

  /** A wave that was 0 before. */
  #putNew(block: number, wave: number, signAt: number): void {
    if (wave > this.#last) throw new BadJpegData('more coefficients than a scan has');
    this.#waves.know(block, wave);
    if (wave > this.#waves.lastKept) return;
    const value = 1 << this.#missingBits;
    this.#waves.keep(block, wave, bitAt(this.#view, signAt) === 1 ? value : -value);
  }

  /** Over the bits of what is not 0 from a wave on; returns where they end. */
  #passRest(block: number, from: number, low: number, high: number, start: number): number {
    let position = start;
    let wave = from;
    for (; wave <= this.#waves.lastKept && wave <= this.#last; wave += 1) {
      if (((low << wave) & (1 << (wordBits - 1))) === 0) continue;
      this.#enlarge(block, wave, position);
      position += 1;
    }
    const rest = -1 >>> (wave & 31);
    return position + (wave < wordBits ? onesOf(low & rest) + onesOf(high) : onesOf(high & rest));
  }

  #enlarge(block: number, wave: number, bitIsAt: number): void {
    if (bitAt(this.#view, bitIsAt) === 1) this.#waves.enlarge(block, wave, 1 << this.#missingBits);
  }
}

/** As `HuffmanTable.look` has it: symbol × 32 + length of its code, for the codes that are too long for that. */
function longCode({ maxCode, symbolOffset, symbols }: HuffmanTable, bits: number): number {
  for (let length = lookBits + 1; length <= longestCode; length += 1) {
    const code = bits >>> (wordBits - length);
    if (code > (maxCode[length] ?? -1)) continue;
    return ((symbols[code + (symbolOffset[length] ?? 0)] ?? 0) << 5) | length;
  }
  throw new BadJpegData('a code that no table has');
}

/** So many blocks, this one counted, end here: as the symbol says, and the bits behind it. */
function blocksOfRun(view: DataView, position: number, run: number): number {
  return run === 0 ? 1 : (1 << run) + bitsAt(view, position, run);
}

/** So many bits, 1 to 16. */
function bitsAt(view: DataView, position: number, count: number): number {
  return (view.getInt32(position >>> 3) << (position & 7)) >>> (wordBits - count);
}

function bitAt(view: DataView, position: number): number {
  return (view.getUint8(position >>> 3) >> (7 - (position & 7))) & 1;
}

/** T.81 figure F.12: values begin with 0 when they are negative. */
function valueAt(view: DataView, position: number, count: number): number {
  const value = bitsAt(view, position, count);
  return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
}

/** The bits of the waves from `first` to `last` in a word of 32; places outside of it count for nothing. */
function wordMask(first: number, last: number): number {
  if (last < 0 || first >= wordBits) return 0;
  return (-1 >>> Math.max(0, first)) & (-1 << (wordBits - 1 - Math.min(wordBits - 1, last)));
}

function onesOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
