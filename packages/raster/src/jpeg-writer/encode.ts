/** Encodes a picture as a baseline JPEG (ITU T.81) with 4:2:0 colour and Huffman tables made for it. */
import type { Pixels } from '../pixels.ts';
import { BitWriter } from './bit-writer.ts';
import { quantisedPlanes } from './blocks.ts';
import { type Code, codeFor, type SymbolCounts } from './optimal-code.ts';
import { chromaSteps, luminanceSteps, quantisationSteps, zigzag } from './tables.ts';

/** The coefficients of one component's blocks, quantised, in zigzag order, and the block's place in its MCU. */
export type QuantisedPlane = {
  coefficients: Int16Array;
  blocksWide: number;
  /** Blocks of an MCU across and down. */
  perMcu: 1 | 2;
};

const blockCoefficients = 64;
const endOfBlock = 0;
const zeroRun = 0xf0;

/** `quality` from 1 to 100, as libjpeg counts it. Alpha is left out: the picture should be opaque. */
export function encodeJpeg(pixels: Pixels, quality: number): Buffer {
  const luminance: Table = { steps: quantisationSteps(luminanceSteps, quality), dc: noCounts(), ac: noCounts() };
  const chroma: Table = { steps: quantisationSteps(chromaSteps, quality), dc: noCounts(), ac: noCounts() };
  const [y, cb, cr] = quantisedPlanes(pixels, luminance.steps, chroma.steps);
  const countY = new Counter(luminance);
  const countChroma = new Counter(chroma);
  forEachBlock(pixels, [
    { plane: y, sink: countY },
    { plane: cb, sink: countChroma },
    { plane: cr, sink: countChroma },
  ]);

  const out = new BitWriter();
  const coderY = new Coder(out, luminance);
  const coderChroma = new Coder(out, chroma);
  writeHeader(out, pixels, [luminance, chroma], [coderY, coderChroma]);
  forEachBlock(pixels, [
    { plane: y, sink: coderY },
    { plane: cb, sink: coderChroma },
    { plane: cr, sink: coderChroma },
  ]);
  out.finishBits();
  out.bytes(0xff, 0xd9);
  return out.toBuffer();
}

/** What the components of brightness, or of colour, have in common. */
type Table = { steps: Uint8Array; dc: SymbolCounts; ac: SymbolCounts };

const noCounts = (): SymbolCounts => new Uint32Array(256);

/** Takes the symbols of blocks: counts them, or writes them. */
interface SymbolSink {
  dc(bits: number, value: number): void;
  ac(run: number, bits: number, value: number): void;
}

class Counter implements SymbolSink {
  readonly #dc: SymbolCounts;
  readonly #ac: SymbolCounts;

  constructor({ dc, ac }: Table) {
    this.#dc = dc;
    this.#ac = ac;
  }

  dc(bits: number): void {
    this.#dc[bits] = (this.#dc[bits] ?? 0) + 1;
  }

  ac(run: number, bits: number): void {
    const symbol = (run << 4) | bits;
    this.#ac[symbol] = (this.#ac[symbol] ?? 0) + 1;
  }
}

class Coder implements SymbolSink {
  readonly dcCode: Code;
  readonly acCode: Code;
  readonly #out: BitWriter;

  /** Makes its codes from the counts. */
  constructor(out: BitWriter, { dc, ac }: Table) {
    this.#out = out;
    this.dcCode = codeFor(dc);
    this.acCode = codeFor(ac);
  }

  dc(bits: number, value: number): void {
    this.#write(this.dcCode, bits, bits, value);
  }

  ac(run: number, bits: number, value: number): void {
    this.#write(this.acCode, (run << 4) | bits, bits, value);
  }

  /** A symbol, and the bits of the value behind it: negative ones are written less one (T.81 F.1.2.1). */
  #write({ codes, lengths }: Code, symbol: number, bits: number, value: number): void {
    this.#out.bits(codes[symbol] ?? 0, lengths[symbol] ?? 0);
    if (bits > 0) this.#out.bits((value < 0 ? value - 1 : value) & ((1 << bits) - 1), bits);
  }
}

type SentPlane = { plane: QuantisedPlane; sink: SymbolSink };

/**
 * T.81 A.2.3: MCU by MCU, four blocks of brightness and one of each colour. Of those that lie outside of the picture
 * nothing is seen: they are as the block before them.
 */
function forEachBlock({ width, height }: Pixels, planes: readonly SentPlane[]): void {
  const before = planes.map(() => 0);
  const blocksSeen = (side: number, perMcu: number) => Math.ceil((side * perMcu) / 16);
  for (let row = 0; row < Math.ceil(height / 16); row += 1) {
    for (let column = 0; column < Math.ceil(width / 16); column += 1) {
      planes.forEach(({ plane, sink }, index) => {
        const { coefficients, blocksWide, perMcu } = plane;
        for (let block = 0; block < perMcu * perMcu; block += 1) {
          const x = column * perMcu + (block % perMcu);
          const y = row * perMcu + Math.floor(block / perMcu);
          if (x >= blocksSeen(width, perMcu) || y >= blocksSeen(height, perMcu)) {
            codeSameBlock(sink);
            continue;
          }
          const at = (y * blocksWide + x) * blockCoefficients;
          codeBlock(coefficients, at, before[index] ?? 0, sink);
          before[index] = coefficients[at] ?? 0;
        }
      });
    }
  }
}

function codeSameBlock(sink: SymbolSink): void {
  sink.dc(0, 0);
  sink.ac(endOfBlock, 0, 0);
}

/** T.81 F.1.2: the difference of the means, then each value with the zeros before it. */
function codeBlock(coefficients: Int16Array, at: number, meanBefore: number, sink: SymbolSink): void {
  const difference = (coefficients[at] ?? 0) - meanBefore;
  sink.dc(bitsOf(difference), difference);
  let zeros = 0;
  for (let index = 1; index < blockCoefficients; index += 1) {
    const value = coefficients[at + index] ?? 0;
    if (value === 0) {
      zeros += 1;
      continue;
    }
    for (; zeros > 15; zeros -= 16) sink.ac(zeroRun >> 4, 0, 0);
    sink.ac(zeros, bitsOf(value), value);
    zeros = 0;
  }
  if (zeros > 0) sink.ac(endOfBlock, 0, 0);
}

function bitsOf(value: number): number {
  return 32 - Math.clz32(Math.abs(value));
}

function writeHeader(
  out: BitWriter,
  { width, height }: Pixels,
  tables: readonly Table[],
  coders: readonly Coder[],
): void {
  out.bytes(0xff, 0xd8);
  out.segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]);
  tables.forEach(({ steps }, index) => {
    out.segment(0xdb, [index, ...zigzag.map((place) => steps[place] ?? 1)]);
  });
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  out.segment(0xc0, [8, ...size, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
  coders.forEach(({ dcCode, acCode }, index) => {
    out.segment(0xc4, [index, ...dcCode.counts, ...dcCode.symbols]);
    out.segment(0xc4, [0x10 | index, ...acCode.counts, ...acCode.symbols]);
  });
  out.segment(0xda, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
}
