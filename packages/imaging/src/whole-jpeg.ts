/** JPEGs by libvips, of which every pixel was read. */
import { hasAllBlocks, readJpegHeader } from '@tintype/raster';
import { damaged } from './decode-problem.ts';
import { HoldsLoop } from './holds-loop.ts';
import { withWarnings } from './libvips.ts';

/** Said first of a picture of whose decode libjpeg has warned. Its words follow, unless those of another came between. */
const saysThatItWarned = /^read gave/;
/** What libjpeg warns of where no pixel is missing; any other warning may be about some. */
const harmless = /extraneous bytes before marker|Unknown Adobe color transform|unknown JFIF revision|bad ICC marker/;

/** Blocks of so many are counted in some milliseconds. */
const maxPixelsOnLoop = 250_000;

/**
 * libjpeg only warns of pixels that are missing, and shows grey; libvips tells it when all is over. What may be missing is
 * looked for block by block, which takes seconds where the picture is large. A file without its end marker is given one.
 * Throws `corrupt_image`; where others wait for this loop, `HoldsLoop` of what is not quickly known to be whole.
 */
export async function decodeWholeJpeg<Decoded>(
  bytes: Buffer,
  decode: (bytes: Buffer) => Promise<Decoded>,
  mustNotHoldLoop: boolean,
): Promise<Decoded> {
  return decodeWhole(bytes, decode, mustNotHoldLoop).catch((err) => {
    if (!saysEndIsMissing(err)) throw err;
    if (mustNotHoldLoop) throw new HoldsLoop();
    return decodeWhole(withEnd(bytes), decode, false);
  });
}

async function decodeWhole<Decoded>(
  bytes: Buffer,
  decode: (bytes: Buffer) => Promise<Decoded>,
  mustNotHoldLoop: boolean,
): Promise<Decoded> {
  const { result, warnings } = await withWarnings(() => decode(bytes));
  if (!warnings.some((warning) => saysThatItWarned.test(warning))) return result;
  const header = readJpegHeader(bytes);
  const mayBeRead = header !== null && (!mustNotHoldLoop || header.width * header.height <= maxPixelsOnLoop);
  if (mayBeRead && hasAllBlocks(bytes, header)) return result;
  // Here others may have been warned of; in a process of its own it was this picture.
  if (mustNotHoldLoop) throw new HoldsLoop();
  if (areHarmless(warnings)) return result;
  throw damaged(new Error(warnings.join('; ')));
}

/** The file is opened several times, and what is said of its header each time; of pixels besides that would be another one. */
function areHarmless(warnings: readonly string[]): boolean {
  const counts = warnings.filter((warning) => saysThatItWarned.test(warning));
  const words = warnings
    .filter((warning) => !saysThatItWarned.test(warning))
    .flatMap((text) => text.trim().split('\n'));
  return counts.every((count) => count === 'read gave 1 warnings') && words.every((word) => harmless.test(word));
}

/** ITU T.81, marker EOI: half of it may be there. */
function withEnd(bytes: Buffer): Buffer {
  const isHalf = bytes.at(-1) === 0xff;
  return Buffer.concat([bytes, Buffer.from(isHalf ? [0xd9] : [0xff, 0xd9])]);
}

function saysEndIsMissing(err: unknown): boolean {
  return err instanceof Error && err.message.includes('premature end of JPEG image');
}
