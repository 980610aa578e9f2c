/** The one decode of a picture, and smaller copies of what came of it. */
import { type ReadOptions, sniffFormat } from '@tintype/contracts';
import type { Pixels, Size } from '@tintype/raster';
import { acceptsDamage, decodeProblem } from './decode-problem.ts';
import { withoutExtraBands } from './extra-bands.ts';
import { HoldsLoop } from './holds-loop.ts';
import { isOfOneColour } from './one-colour.ts';
import { resizePixels } from './resize-pixels.ts';
import { type FailOn, readSamples, type Source } from './samples.ts';
import { type SoundFile, soundFileOf } from './sound-file.ts';
import { decodeOtherColour } from './source-colour/other-colour.ts';
import { decodeWholeJpeg } from './whole-jpeg.ts';

export type DecodeOptions = ReadOptions & {
  /** Others wait for this loop: what would hold it for long throws `HoldsLoop` instead. */
  mustNotHoldLoop?: boolean;
};

/** `isDamaged`: not all of it could be read, and `on_damage` was to accept that. */
export type DecodedPixels = Pixels & { isDamaged?: true };

/**
 * Decodes to 8-bit sRGB of exactly this size, upright, alpha kept, without metadata; of several frames the one that is
 * asked for. JPEG and WebP are shrunk while they are loaded. HEIC blocks the process: it is for a child. `timeoutMs` is
 * soft: libvips looks at it between regions, in whole seconds. Throws `corrupt_image`, `decode_timeout`, or
 * `too_many_pixels` when there is no memory for it.
 */
export async function decodePicture(
  given: Buffer,
  size: Size,
  timeoutMs: number,
  { mustNotHoldLoop = false, ...reading }: DecodeOptions = {},
): Promise<DecodedPixels> {
  const format = sniffFormat(given);
  if (format === 'heic') return decodeHeicAlone(given, size);
  const decodeFile = (file: SoundFile, failOn: FailOn) => {
    const source = { file, size, timeoutMs, failOn };
    if (file.colour) return decodeOtherColour(source, file.colour);
    return file.hasUnknownChannels ? decodeWithoutExtra(source) : decodeSrgb(source);
  };
  try {
    const file = soundFileOf(given, reading);
    if (format !== 'jpeg') return await decodeFile(file, file.isTiled ? 'warning' : 'error');
    return await decodeWholeJpeg(given, (bytes) => decodeFile({ ...file, bytes }, 'error'), mustNotHoldLoop);
  } catch (err) {
    if (err instanceof HoldsLoop) throw err;
    if (!acceptsDamage(err, reading)) throw decodeProblem(err);
    return showDamaged(() => decodeFile(soundFileOf(given, reading, true), 'none'), err);
  }
}

/** What decoders leave where they have read nothing. Throws `corrupt_image` when that is all. */
async function showDamaged(decode: () => Promise<Pixels>, damage: unknown): Promise<DecodedPixels> {
  const pixels = await decode().catch((err) => {
    throw decodeProblem(err);
  });
  if (await isOfOneColour(pixels)) throw decodeProblem(damage);
  return { ...pixels, isDamaged: true };
}

/** Loaded when it is needed: nobody else pays for a decoder of two megabytes. */
async function decodeHeicAlone(bytes: Buffer, size: Size): Promise<Pixels> {
  try {
    const { decodeHeic } = await import('./heic/decode-heic.ts');
    return await decodeHeic(bytes, size);
  } catch (err) {
    throw decodeProblem(err);
  }
}

async function decodeSrgb(source: Source): Promise<Pixels> {
  const { data, info } = await readSamples(source);
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}

/** libvips takes the last channel for alpha whatever it is: it must be gone before anything is made smaller. */
async function decodeWithoutExtra({ size, ...source }: Source & { size: Size }): Promise<Pixels> {
  const { data, info } = await readSamples({ ...source, size: null });
  return resizePixels(await withoutExtraBands(data, info), size);
}
