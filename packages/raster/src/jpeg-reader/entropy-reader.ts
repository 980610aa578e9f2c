/** Reads Huffman-coded data bit by bit (ITU T.81 annex F.2.2): symbols, values, and past what nobody needs. */

import { blockEnds, type HuffmanTable, lookBits, type SkipTable } from './huffman.ts';
import { BadJpegData } from './unsupported-jpeg.ts';

/** Bits that one look at four bytes surely shows, wherever it begins. */
const visibleBits = 25;
const longestCode = 16;
const zeroRun = 0xf0;
const blockCoefficients = 64;

/** Spare bytes that the data needs behind its end: more than any MCU can take. */
export const spareBytes = 4096;

export class EntropyReader {
  readonly #view: DataView;
  /** In bits from the start of the data. */
  position = 0;
  /** By `coefficients`: the zigzag place of the last one that was not 0, 0 for none. */
  lastFound = 0;

  /** `data` has no stuffed bytes, and `spareBytes` behind its end. */
  constructor(data: Uint8Array) {
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  /** A difference (T.81 F.2.2.1): a symbol that tells the bits of a value, and the value. */
  difference(table: HuffmanTable): number {
    const { position } = this;
    const bits = this.#view.getInt32(position >>> 3) << (position & 7);
    const entry = table.look[bits >>> (32 - lookBits)] ?? 0;
    const length = entry & 31;
    const valueBits = entry >> 5;
    if (length === 0 || length + valueBits > visibleBits) return this.value(this.symbol(table));
    this.position = position + length + valueBits;
    return valueBits === 0 ? 0 : extend((bits << length) >>> (32 - valueBits), valueBits);
  }

  symbol(table: HuffmanTable): number {
    const { position } = this;
    const bits = this.#view.getInt32(position >>> 3) << (position & 7);
    const entry = table.look[bits >>> (32 - lookBits)] ?? 0;
    const length = entry & 31;
    if (length === 0) return this.#longSymbol(table, bits);
    this.position = position + length;
    return entry >> 5;
  }

  #longSymbol({ maxCode, symbolOffset, symbols }: HuffmanTable, bits: number): number {
    for (let length = lookBits + 1; length <= longestCode; length += 1) {
      const code = bits >>> (32 - length);
      if (code > (maxCode[length] ?? -1)) continue;
      this.position += length;
      return symbols[code + (symbolOffset[length] ?? 0)] ?? 0;
    }
    throw new BadJpegData('a code that no table has');
  }

  /** A value of so many bits, 16 at most, with the sign that it stands for. */
  value(count: number): number {
    if (count === 0) return 0;
    const { position } = this;
    this.position = position + count;
    return extend((this.#view.getInt32(position >>> 3) << (position & 7)) >>> (32 - count), count);
  }

  /** So many bits, 16 at most, as they stand. */
  unsigned(count: number): number {
    if (count === 0) return 0;
    const { position } = this;
    this.position = position + count;
    return (this.#view.getInt32(position >>> 3) << (position & 7)) >>> (32 - count);
  }

  bit(): number {
    const { position } = this;
    this.position = position + 1;
    return (this.#view.getUint8(position >>> 3) >> (7 - (position & 7))) & 1;
  }

  /**
   * The block's first coefficients in zigzag order from 1 to `last` into `into`, where those that are not in the file
   * stay as they are, and the place of the last one that is in `lastFound`; returns the index of the next coefficient, 64
   * when the block has ended.
   */
  coefficients(table: HuffmanTable, into: Int32Array, last: number): number {
    const view = this.#view;
    const { look } = table;
    let { position } = this;
    let index = 1;
    this.lastFound = 0;
    while (index <= last) {
      const bits = view.getInt32(position >>> 3) << (position & 7);
      const entry = look[bits >>> (32 - lookBits)] ?? 0;
      const length = entry & 31;
      const valueBits = (entry >> 5) & 15;
      if (length === 0 || length + valueBits > visibleBits) {
        this.position = position;
        index = this.#longCoefficient(table, into, last, index);
        position = this.position;
        continue;
      }
      position += length + valueBits;
      if (valueBits === 0) {
        if (entry >> 5 === zeroRun) index += 16;
        else index = blockCoefficients;
        continue;
      }
      index += entry >> 9;
      if (index <= last) {
        into[index] = extend((bits << length) >>> (32 - valueBits), valueBits);
        this.lastFound = index;
      }
      index += 1;
    }
    this.position = position;
    if (index > blockCoefficients) throw new BadJpegData('more coefficients than a block has');
    return index;
  }

  /** One that a single look does not show. */
  #longCoefficient(table: HuffmanTable, into: Int32Array, last: number, from: number): number {
    const symbol = this.symbol(table);
    const valueBits = symbol & 15;
    if (valueBits === 0) return symbol === zeroRun ? from + 16 : blockCoefficients;
    const index = from + (symbol >> 4);
    const value = this.value(valueBits);
    if (index <= last) {
      into[index] = value;
      this.lastFound = index;
    }
    return index + 1;
  }

  /** Steps over the rest of the block. This is where most of a large picture's time goes. */
  skipBlock(table: HuffmanTable, { entries, bits: lookedAt }: SkipTable, from: number): void {
    const view = this.#view;
    const shift = 32 - lookedAt;
    let { position } = this;
    let index = from;
    while (index < blockCoefficients) {
      let entry = 0;
      do {
        const bits = view.getInt32(position >>> 3) << (position & 7);
        entry = entries[bits >>> shift] ?? 0;
        const used = entry & 31;
        position += used;
        index += entry >>> 5;
        if (index < blockCoefficients && used <= visibleBits - lookedAt) {
          entry = entries[(bits << used) >>> shift] ?? 0;
          position += entry & 31;
          index += entry >>> 5;
        }
      } while (index < blockCoefficients);
      if (index === blockCoefficients || (index >= blockEnds && index < blockEnds + blockCoefficients)) break;
      // The last look went past the end of the block, or saw nothing that it could step over: again, one by one.
      this.position = position - (entry & 31);
      index = this.#skipOne(table, index - (entry >>> 5));
      position = this.position;
    }
    this.position = position;
  }

  /** Reads the rest of the block: the sum of the squares of its coefficients times their steps. */
  energyOfRest(table: HuffmanTable, steps: Uint8Array, from: number): number {
    let energy = 0;
    let index = from;
    while (index < blockCoefficients) {
      const { position } = this;
      const bits = this.#view.getInt32(position >>> 3) << (position & 7);
      const entry = table.look[bits >>> (32 - lookBits)] ?? 0;
      const length = entry & 31;
      const symbol = length === 0 ? this.#longSymbol(table, bits) : entry >> 5;
      const valueBits = symbol & 15;
      if (length > 0) this.position = position + length;
      if (valueBits === 0 && symbol !== zeroRun) return energy;
      index += symbol >> 4;
      if (index >= blockCoefficients) throw new BadJpegData('more coefficients than a block has');
      let value = 0;
      if (length === 0 || length + valueBits > visibleBits) value = this.value(valueBits);
      else if (valueBits > 0) {
        this.position = position + length + valueBits;
        value = extend((bits << length) >>> (32 - valueBits), valueBits);
      }
      const height = value * (steps[index] ?? 0);
      energy += height * height;
      index += 1;
    }
    return energy;
  }

  #skipOne(table: HuffmanTable, index: number): number {
    const symbol = this.symbol(table);
    const valueBits = symbol & 15;
    if (valueBits === 0 && symbol !== zeroRun) return blockCoefficients;
    this.position += valueBits;
    const next = index + (symbol >> 4) + 1;
    if (next > blockCoefficients) throw new BadJpegData('more coefficients than a block has');
    return next;
  }
}

/** T.81 figure F.12: values begin with 0 when they are negative. */
function extend(value: number, bits: number): number {
  return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
}
