/** How many prefix codes a lossless WebP brings (RFC 9649, section 3), found without decoding its pixels. */
import type { Size } from '@tintype/raster';

/** Of the walk through what stands before the pixels: one for each pixel of the small images in there, some 0.1 µs. */
export type StepsLeft = { left: number };

/** The file is shorter than it says, wrong, or needs more steps than there are. */
class NotRead extends Error {
  override readonly name = 'NotRead';
}

const literals = 256;
const [lengthCodes, distanceCodes] = [24, 40];
const maxCacheBits = 11;
/** Section 3.7.2.1.2: in this order the lengths of the codes for lengths are written. */
const lengthOrder = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const [predictor, colour, indexing] = [0, 1, 3];

/**
 * Groups of five codes, of which a picture may bring one for each 16 pixels. `data` begins behind the signature and the
 * size. Infinity where it cannot be told within the steps; 0 of what is damaged, which the decoder says.
 */
export function prefixCodeGroups(data: Uint8Array, { width, height }: Size, steps: StepsLeft): number {
  try {
    return new PrefixReader(data, steps).groups(width, height);
  } catch (err) {
    if (!(err instanceof NotRead)) throw err;
    return steps.left < 0 ? Number.POSITIVE_INFINITY : 0;
  }
}

/** By its next bits: the symbol, and how many bits it takes. */
type PrefixCode = { bits: number; table: Uint16Array; lengths: Uint8Array };

class PrefixReader {
  readonly #data: Uint8Array;
  readonly #steps: StepsLeft;
  #at = 0; // in bits

  constructor(data: Uint8Array, steps: StepsLeft) {
    this.#data = data;
    this.#steps = steps;
  }

  groups(width: number, height: number): number {
    const across = this.#passTransforms(width, height);
    this.#cacheBits();
    return this.#next(1) === 0 ? 1 : 1 + this.#smallImage(this.#tiles(across, height));
  }

  /** Section 3.5. The width that is left: indexed colours are packed. No transform comes twice. */
  #passTransforms(width: number, height: number): number {
    let across = width;
    for (const passed = new Set<number>(); this.#next(1) === 1; ) {
      const type = this.#next(2);
      if (passed.has(type)) throw new NotRead();
      passed.add(type);
      if (type === predictor || type === colour) this.#smallImage(this.#tiles(across, height));
      if (type !== indexing) continue;
      const colours = this.#next(8) + 1;
      this.#smallImage(colours);
      const packed = colours <= 2 ? 8 : colours <= 4 ? 4 : colours <= 16 ? 2 : 1;
      across = Math.ceil(across / packed);
    }
    return across;
  }

  #tiles(width: number, height: number): number {
    const side = 2 ** (this.#next(3) + 2);
    return Math.ceil(width / side) * Math.ceil(height / side);
  }

  #cacheBits(): number {
    const bits = this.#next(1) === 1 ? this.#next(4) : 0;
    if (bits > maxCacheBits) throw new NotRead();
    return bits;
  }

  /** The largest number that red and green of one of its pixels say: what is copied was there before. */
  #smallImage(pixels: number): number {
    const cacheBits = this.#cacheBits();
    const cached = cacheBits > 0 ? 2 ** cacheBits : 0;
    const green = this.#prefixCode(literals + lengthCodes + cached);
    const [red, blue, alpha] = [this.#prefixCode(literals), this.#prefixCode(literals), this.#prefixCode(literals)];
    const distance = this.#prefixCode(distanceCodes);
    let most = 0;
    for (let at = 0; at < pixels; ) {
      this.#steps.left -= 1;
      if (this.#steps.left < 0) throw new NotRead();
      const symbol = this.#symbol(green);
      if (symbol < literals) {
        most = Math.max(most, this.#symbol(red) * 256 + symbol);
        this.#symbol(blue);
        this.#symbol(alpha);
        at += 1;
      } else if (symbol < literals + lengthCodes) {
        at += this.#distance(symbol - literals);
        this.#distance(this.#symbol(distance));
      } else {
        at += 1;
      }
    }
    return most;
  }

  /** Section 3.6.2.2: lengths and distances alike. */
  #distance(code: number): number {
    if (code < 4) return code + 1;
    const extra = (code - 2) >> 1;
    return 2 ** extra * (2 + (code & 1)) + this.#next(extra) + 1;
  }

  /** Section 3.7.2.1. */
  #prefixCode(symbols: number): PrefixCode {
    const lengths = new Uint8Array(symbols);
    if (this.#next(1) === 1) this.#simpleLengths(lengths);
    else this.#codedLengths(lengths);
    return codeOf(lengths);
  }

  #simpleLengths(lengths: Uint8Array): void {
    const isPair = this.#next(1) === 1;
    const first = this.#next(this.#next(1) === 1 ? 8 : 1);
    const second = isPair ? this.#next(8) : first;
    lengths[first] = 1;
    lengths[second] = 1;
  }

  #codedLengths(lengths: Uint8Array): void {
    const ofLengths = new Uint8Array(lengthOrder.length);
    const count = this.#next(4) + 4;
    for (const symbol of lengthOrder.slice(0, count)) ofLengths[symbol] = this.#next(3);
    const code = codeOf(ofLengths);
    let left = this.#next(1) === 1 ? this.#next(2 * this.#next(3) + 2) + 2 : lengths.length;
    for (let at = 0, before = 8; at < lengths.length && left > 0; left -= 1) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths[at] = symbol;
        at += 1;
        if (symbol > 0) before = symbol;
        continue;
      }
      const times = symbol === 16 ? this.#next(2) + 3 : symbol === 17 ? this.#next(3) + 3 : this.#next(7) + 11;
      if (symbol === 16) lengths.fill(before, at, at + times);
      at += times;
    }
  }

  #symbol({ bits, table, lengths }: PrefixCode): number {
    if (bits === 0) return table[0] ?? 0;
    const symbol = table[this.#peek(bits)] ?? 0;
    this.#at += lengths[symbol] ?? 0;
    return symbol;
  }

  /** The lowest first. */
  #next(bits: number): number {
    const low = Math.min(bits, 16);
    const value = this.#peek(low);
    this.#at += low;
    return bits > low ? value + this.#next(bits - low) * 2 ** low : value;
  }

  /** 16 at the most. */
  #peek(bits: number): number {
    const byte = this.#at >> 3;
    if (byte >= this.#data.length) throw new NotRead();
    const [first = 0, second = 0, third = 0] = [this.#data[byte], this.#data[byte + 1], this.#data[byte + 2]];
    return ((first | (second << 8) | (third << 16)) >> (this.#at & 7)) & (2 ** bits - 1);
  }
}

/** Canonical codes (RFC 1951, 3.2.2), read from the lowest bit on; one symbol alone takes none. */
function codeOf(lengths: Uint8Array): PrefixCode {
  const used = [...lengths.keys()].filter((symbol) => lengths[symbol] !== 0);
  const [only = 0] = used;
  if (used.length <= 1) return { bits: 0, table: Uint16Array.of(only), lengths };
  const bits = used.reduce((most, symbol) => Math.max(most, lengths[symbol] ?? 0), 0);
  const table = new Uint16Array(2 ** bits);
  let code = 0;
  for (let length = 1; length <= bits; length += 1) {
    for (const symbol of used) {
      if (lengths[symbol] !== length) continue;
      for (let at = reversed(code, length); at < table.length; at += 2 ** length) table[at] = symbol;
      code += 1;
    }
    code *= 2;
  }
  return { bits, table, lengths };
}

function reversed(code: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit += 1) if ((code >> bit) & 1) result |= 1 << (bits - 1 - bit);
  return result;
}
