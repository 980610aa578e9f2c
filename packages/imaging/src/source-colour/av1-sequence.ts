/** What AV1 says of its colours itself: the sequence header (AV1 Bitstream & Decoding Process Specification, 5.5). */
import { av1UnitsOf } from '../isobmff/av1-units.ts';

export type Av1Colour = {
  /** Samples of narrow range: 16 is black and 235 is white, of 255. */
  isNarrow: boolean;
  /** By the code points of H.273; 2 is unspecified. */
  codes: { primaries: number; transfer: number };
};

const sequenceHeader = 1;
/** A header is some dozen bytes long, and stands first. */
const maxUnits = 16;

/** Of the first sequence header in these units; null where there is none, or not all of it. */
export function av1ColourOf(units: Buffer): Av1Colour | null {
  let count = 0;
  for (const { type, inside } of av1UnitsOf(units)) {
    if (type === sequenceHeader) return colourOf(new BitReader(inside));
    count += 1;
    if (count === maxUnits) return null;
  }
  return null;
}

/** Behind the end all bits are 0, and `isOver` says so. */
class BitReader {
  isOver = false;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(bits: number): number {
    let value = 0;
    for (let left = bits; left > 0; left -= 1, this.#at += 1) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) this.isOver = true;
      value = value * 2 + (((byte ?? 0) >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  flag(): boolean {
    return this.next(1) === 1;
  }

  /** `uvlc()`, 4.10.3. */
  skipVariable(): void {
    let zeros = 0;
    while (!this.flag() && !this.isOver && zeros < 32) zeros += 1;
    this.next(zeros);
  }
}

/** `sequence_header_obu()`, 5.5.1. */
function colourOf(bits: BitReader): Av1Colour | null {
  const profile = bits.next(3);
  bits.next(1);
  const isReduced = bits.flag();
  if (isReduced) bits.next(5);
  else skipOperatingPoints(bits);
  const [widthBits, heightBits] = [bits.next(4) + 1, bits.next(4) + 1];
  bits.next(widthBits);
  bits.next(heightBits);
  if (!isReduced && bits.flag()) bits.next(7);
  bits.next(3);
  if (!isReduced) skipTools(bits);
  bits.next(3);
  const colour = colourConfig(bits, profile);
  return bits.isOver ? null : colour;
}

function skipOperatingPoints(bits: BitReader): void {
  const hasTiming = bits.flag();
  if (hasTiming) {
    bits.next(64);
    if (bits.flag()) bits.skipVariable();
  }
  const hasModel = hasTiming && bits.flag();
  const delayBits = hasModel ? bits.next(5) + 1 : 0;
  if (hasModel) bits.next(42);
  const hasDelay = bits.flag();
  for (let left = bits.next(5) + 1; left > 0; left -= 1) {
    bits.next(12);
    if (bits.next(5) > 7) bits.next(1);
    if (hasModel && bits.flag()) bits.next(2 * delayBits + 1);
    if (hasDelay && bits.flag()) bits.next(4);
  }
}

/** Of those that only films use. */
function skipTools(bits: BitReader): void {
  bits.next(4);
  const hasOrder = bits.flag();
  if (hasOrder) bits.next(2);
  const isForced = !bits.flag();
  const mayForceMotion = isForced ? bits.flag() : true;
  if (mayForceMotion && !bits.flag()) bits.next(1);
  if (hasOrder) bits.next(3);
}

/** `color_config()`, 5.5.2. */
function colourConfig(bits: BitReader, profile: number): Av1Colour {
  const isDeep = bits.flag();
  if (profile === 2 && isDeep) bits.next(1);
  const isGrey = profile !== 1 && bits.flag();
  const [primaries, transfer, matrix] = bits.flag() ? [bits.next(8), bits.next(8), bits.next(8)] : [2, 2, 2];
  const isSrgbItself = !isGrey && primaries === 1 && transfer === 13 && matrix === 0;
  return { isNarrow: !isSrgbItself && !bits.flag(), codes: { primaries, transfer } };
}
