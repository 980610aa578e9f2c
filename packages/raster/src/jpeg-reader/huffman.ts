/** Huffman tables (ITU T.81 annex C), and tables that step over several coefficients in one look. */
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/** Bits of the first look at a code. Longer codes are rare and found one length after the other. */
export const lookBits = 10;
/** Bits of the look that steps over coefficients: with 12, two to three of them in a picture of the web. */
const skipBits = { small: 10, large: 12 };
/** From this size of the file on, the larger table is worth its building. */
const largeBytes = 131_072;

const longestCode = 16;
const maxTables = 4;
/** Largest symbol of a difference between pixels of 8 bits. */
const maxDifferenceBits = 11;
const zeroRun = 0xf0;

export type HuffmanTable = {
  /** By the next `lookBits` bits: symbol × 32 + length of its code; 0 when the code is longer. */
  look: Uint16Array;
  /** By length: the largest code of that length, -1 when there is none. */
  maxCode: Int32Array;
  /** By length: what to add to a code of that length to find its symbol. */
  symbolOffset: Int32Array;
  symbols: Uint8Array;
};

/** In entries of a skip table: added to the coefficients when the block ends there. */
export const blockEnds = 128;
/**
 * In entries of a skip table: nothing could be stepped over. Like coefficients beyond the block, so that one test finds
 * both.
 */
const nothingSkipped = 64;

/**
 * A table as it stands in the file: how many codes there are of each length, and the symbols in the order of their
 * codes.
 */
function createHuffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const look = new Uint16Array(1 << lookBits);
  const maxCode = new Int32Array(longestCode + 1).fill(-1);
  const symbolOffset = new Int32Array(longestCode + 1);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= longestCode; length += 1) {
    const count = counts[length - 1] ?? 0;
    symbolOffset[length] = index - code;
    if (length <= lookBits) {
      const span = 1 << (lookBits - length);
      for (let i = 0; i < count; i += 1) {
        look.fill(((symbols[index + i] ?? 0) << 5) | length, (code + i) * span, (code + i + 1) * span);
      }
    }
    code += count;
    index += count;
    if (code > 1 << length) throw new UnsupportedJpeg('more codes than there can be');
    if (count > 0) maxCode[length] = code - 1;
    code <<= 1;
  }
  return { look, maxCode, symbolOffset, symbols };
}

export type SkipTable = {
  /**
   * By the next `bits` bits: bits + 32 × coefficients that can be stepped over at once, values included, plus
   * 32 × `blockEnds` when the last of them is the end of the block.
   */
  entries: Uint16Array;
  bits: number;
};

/** For a file of so many bytes. */
export function createSkipTable({ look }: HuffmanTable, fileBytes: number): SkipTable {
  const bits = fileBytes < largeBytes ? skipBits.small : skipBits.large;
  const entries = new Uint16Array(1 << bits);
  for (let window = 0; window < entries.length; window += 1) entries[window] = skipEntry(look, window, bits);
  return { entries, bits };
}

function skipEntry(look: Uint16Array, window: number, bits: number): number {
  let used = 0;
  let coefficients = 0;
  while (used < bits) {
    const next = ((window << used) & ((1 << bits) - 1)) >> (bits - lookBits);
    const entry = look[next] ?? 0;
    const length = entry & 31;
    const symbol = entry >> 5;
    const valueBits = symbol & 15;
    if (length === 0 || used + length > bits || symbol === zeroRun) break;
    if (valueBits === 0) return (used + length) | ((coefficients + blockEnds) << 5);
    const isLast = used + length + valueBits >= bits;
    // A value need not be seen to be stepped over, but nothing can be seen behind it.
    if (isLast && used > 0 && used + length + valueBits > bits) break;
    if (coefficients + (symbol >> 4) + 1 > 63) break;
    used += length + valueBits;
    coefficients += (symbol >> 4) + 1;
    if (isLast) break;
  }
  return used === 0 ? nothingSkipped << 5 : used | (coefficients << 5);
}

/** A table as it stands in the file, which is built when a scan names it: a file may have thousands that none does. */
export class FileTable {
  readonly #counts: Uint8Array;
  readonly #symbols: Uint8Array;
  #built: HuffmanTable | null = null;

  constructor(counts: Uint8Array, symbols: Uint8Array) {
    this.#counts = counts;
    this.#symbols = symbols;
  }

  build(): HuffmanTable {
    this.#built ??= createHuffmanTable(this.#counts, this.#symbols);
    return this.#built;
  }

  /** The table of differences. Throws `UnsupportedJpeg` where they are larger than pixels of 8 bits have. */
  buildDifferences(): HuffmanTable {
    if (this.#symbols.some((symbol) => symbol > maxDifferenceBits))
      throw new UnsupportedJpeg('differences of more than 8-bit pixels');
    return this.build();
  }
}

/** The tables of a file by their number, as far as they have been defined. */
export type FileTables = { dc: (FileTable | undefined)[]; ac: (FileTable | undefined)[] };

/** Adds the tables of one segment, of which there may be several (T.81 B.2.4.2). */
export function readHuffmanTables(body: Uint8Array, into: FileTables): void {
  for (let at = 0; at < body.length; ) {
    const kind = body[at] ?? 0;
    const counts = body.subarray(at + 1, at + 17);
    let length = 0;
    for (const count of counts) length += count;
    const symbols = body.subarray(at + 17, at + 17 + length);
    if (counts.length !== 16 || symbols.length !== length || length > 256)
      throw new UnsupportedJpeg('a table cut short');
    if (kind >> 4 > 1 || (kind & 15) >= maxTables) throw new UnsupportedJpeg('a table that nothing could name');
    (kind >> 4 === 0 ? into.dc : into.ac)[kind & 15] = new FileTable(counts, symbols);
    at += 17 + length;
  }
}
