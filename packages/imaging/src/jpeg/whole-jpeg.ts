/** Whether all of a JPEG was there when libvips decoded it: libjpeg shows grey where it is not, and only warns of it. */
import { hasAllBlocks, type JpegHeader, type Pixels, readAnyJpegHeader, withEndMarker } from '@tintype/raster';
import { damaged } from '../decode-problem.ts';
import { hearingWarnings } from '../libvips.ts';
import { HoldsLoop } from './holds-loop.ts';

/** With warnings as errors, or without. */
export type DecodeJpeg = (bytes: Buffer, failOn: 'error' | 'warning') => Promise<Pixels>;

export type WholeOptions = {
  /** Others wait for this loop: what would hold it for long throws `HoldsLoop` instead. */
  mustNotHoldLoop: boolean;
};

/** Of larger files, counting the blocks takes more than some five to ten milliseconds. */
const maxCountedBytes = 256 * 1024;
/** A scan of a progressive file may say nothing of all blocks in a few bytes. */
const maxCountedPixels = 1_000_000;

/**
 * The decoded picture, when every block of every scan of it was in the file. What follows behind, a missing end marker and
 * other oddities that cost no pixel do not matter. Throws what `decode` does, and `corrupt_image`.
 *
 * A JPEG that libjpeg has not warned of is whole. Of several warnings it tells the first alone, and its words may come
 * mixed with those about other pictures: so whatever it has said, the blocks are counted here.
 */
export async function decodeWholeJpeg(bytes: Buffer, decode: DecodeJpeg, options: WholeOptions): Promise<Pixels> {
  let given: Pixels | null = null;
  let refusal: unknown = null;
  try {
    const { result, isWarned } = await hearingWarnings(() => decode(bytes, 'warning'));
    if (!isWarned) return result;
    given = result;
  } catch (err) {
    if (!(err instanceof Error) || !isAboutFile(err)) throw err;
    refusal = err;
  }
  const isWhole = countBlocks(bytes, options);
  if (isWhole === false) throw damaged(refusal);
  if (isWhole === true) return given ?? decode(withEndMarker(bytes), 'error');
  return given ? trusted(given, options) : decodeUncounted(bytes, refusal, decode);
}

/** What sharp says where another picture's end has wiped out libvips' own words. */
const wordless = 'Warning treated as error';

function isAboutFile({ message }: Error): boolean {
  return /^(VipsJpeg: |vipsjpeg: )/.test(message) || message.includes(wordless);
}

const pixelsOf = ({ width, height }: JpegHeader) => width * height;

/** Null where that cannot be told. */
function countBlocks(bytes: Buffer, { mustNotHoldLoop }: WholeOptions): boolean | null {
  const header = readAnyJpegHeader(bytes);
  const isLarge = bytes.length > maxCountedBytes || (header?.isProgressive && pixelsOf(header) > maxCountedPixels);
  if (mustNotHoldLoop && isLarge) throw new HoldsLoop();
  return header && hasAllBlocks(bytes, header);
}

/** Warned of in its last rows, unless that was about another picture, as it may be where several share a process. */
function trusted(pixels: Pixels, { mustNotHoldLoop }: WholeOptions): Pixels {
  if (mustNotHoldLoop) throw new HoldsLoop();
  return pixels;
}

const endIsMissing = /premature end of JPEG image/;
/** Of libjpeg: less data than blocks, data that is none, and another marker where one of a restart belongs. */
const pixelsAreMissing = /premature end of data segment|bad Huffman code|found marker 0x\w+ instead of RST/;

/** Kinds that are not read here, arithmetic coding above all: libjpeg's first words are all that is known. */
async function decodeUncounted(bytes: Buffer, refusal: unknown, decode: DecodeJpeg): Promise<Pixels> {
  const message = refusal instanceof Error ? refusal.message : '';
  if (endIsMissing.test(message)) return decode(withEndMarker(bytes), 'warning');
  if (pixelsAreMissing.test(message)) throw refusal;
  return decode(bytes, 'error');
}
