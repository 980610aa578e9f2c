/** Whether all of a JPEG was there when libvips decoded it: libjpeg shows grey where it is not, and only warns of it. */
import { hasAllBlocks, type JpegHeader, type Pixels, readAnyJpegHeader } from '@tintype/raster';
import { damaged } from '../decode-problem.ts';
import { HoldsLoop } from './holds-loop.ts';

/** With warnings as errors, or without. */
export type DecodeJpeg = (bytes: Buffer, failOn: 'error' | 'warning') => Promise<Pixels>;

export type WholeOptions = {
  /** Others wait for this loop: what would hold it for long throws `HoldsLoop` instead. */
  mustNotHoldLoop: boolean;
};

/** Of larger files, counting the blocks takes more than some five milliseconds. */
const maxCountedBytes = 256 * 1024;

/**
 * The decoded picture, when every block of it was in the file. What follows behind, a missing end marker and other
 * oddities that cost no pixel do not matter. Throws what `decode` does, and `corrupt_image`.
 *
 * A decoder that reads several scans has read all before the first row comes out, and libvips hears of its warnings. Of a
 * single scan libvips does not hear what happens in the last rows: where the picture ends in grey, as it does then, its
 * blocks are counted here.
 */
export async function decodeWholeJpeg(bytes: Buffer, decode: DecodeJpeg, options: WholeOptions): Promise<Pixels> {
  try {
    const pixels = await decode(bytes, 'warning');
    const header = readAnyJpegHeader(bytes);
    if (header && !header.hasSeveralScans && mayEndInGrey(pixels, header)) refuseMissingBlocks(bytes, header, options);
    return pixels;
  } catch (err) {
    if (says(err, endIsMissing)) return decodeEnded(withEnd(bytes), decode, options);
    if (!says(err, /^VipsJpeg: /) || says(err, pixelsAreMissing)) throw err;
    // Another warning, or an error: then it comes again.
    return decodeWithWarnings(bytes, decode, options);
  }
}

const endIsMissing = /premature end of JPEG image/;
/** Of libjpeg: less data than blocks, data that is none, and another marker where one of a restart belongs. */
const pixelsAreMissing = /premature end of data segment|bad Huffman code|found marker 0x(?!d[0-7] )\w+ instead of RST/;

function says(err: unknown, what: RegExp): boolean {
  return err instanceof Error && what.test(err.message);
}

/** ITU T.81, marker EOI: half of it may be there. */
function withEnd(bytes: Buffer): Buffer {
  const isHalf = bytes.at(-1) === 0xff;
  return Buffer.concat([bytes, Buffer.from(isHalf ? [0xd9] : [0xff, 0xd9])]);
}

async function decodeEnded(bytes: Buffer, decode: DecodeJpeg, options: WholeOptions): Promise<Pixels> {
  const header = readAnyJpegHeader(bytes);
  if (!header?.hasSeveralScans && !(header && isWhole(bytes, header, options))) throw damaged();
  return decode(bytes, 'warning');
}

/** Of several warnings libjpeg tells the first alone. */
async function decodeWithWarnings(bytes: Buffer, decode: DecodeJpeg, options: WholeOptions): Promise<Pixels> {
  const header = readAnyJpegHeader(bytes);
  if (header && !header.isProgressive) refuseMissingBlocks(bytes, header, options);
  return decode(bytes, 'error');
}

function refuseMissingBlocks(bytes: Buffer, header: JpegHeader, options: WholeOptions): void {
  if (isWhole(bytes, header, options) === false) throw damaged();
}

/** Null where that cannot be told. */
function isWhole(bytes: Buffer, header: JpegHeader, { mustNotHoldLoop }: WholeOptions): boolean | null {
  if (mustNotHoldLoop && bytes.length > maxCountedBytes) throw new HoldsLoop();
  return hasAllBlocks(bytes, header);
}

/** What libjpeg makes of no data is 128 in every component; a profile may make other grey of that. */
const grey = { least: 96, most: 200, spread: 16 };

/** Whether the last block that the file holds is grey. What that is of other components than three, only their decoder knows. */
function mayEndInGrey(pixels: Pixels, { orientation, components }: JpegHeader): boolean {
  if (components.length > 3) return true;
  const { data, width, height, channels } = pixels;
  const [x, y] = [endsLeft.includes(orientation) ? 0 : width - 1, endsAbove.includes(orientation) ? 0 : height - 1];
  const at = (y * width + x) * channels;
  const colour = [...data.subarray(at, at + 3)];
  const [least, most] = [Math.min(...colour), Math.max(...colour)];
  return least >= grey.least && most <= grey.most && most - least <= grey.spread;
}

/** By EXIF's orientation: where the last block is when the picture stands upright, if not at the right and below. */
const endsLeft: readonly number[] = [2, 3, 6, 7];
const endsAbove: readonly number[] = [3, 4, 7, 8];
