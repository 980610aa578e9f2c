/** The one decode of a picture, and smaller copies of what came of it. */
import { type ReadOptions, sniffFormat } from '@tintype/contracts';
import type { Pixels, Size } from '@tintype/raster';
import { acceptsDamage, decodeProblem } from './decode-problem.ts';
import { withoutExtraBands } from './extra-bands.ts';
import { HoldsLoop } from './holds-loop.ts';
import { openPipeline } from './libvips.ts';
import { isOfOneColour } from './one-colour.ts';
import { type SoundFile, soundFileOf } from './sound-file.ts';
import { withGreyProfile } from './source-colour/grey-profile.ts';
import { type SourceColour, sourceColourOf } from './source-colour/source-colour.ts';
import { toSrgb } from './source-colour/to-srgb.ts';
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
  const colour = sourceColourOf(given);
  const decodeFile = (file: SoundFile, failOn: FailOn) => {
    const source = { file, size, timeoutMs, failOn };
    if (colour) return decodeOtherColour(source, colour);
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

/** A copy of exactly this size. */
export async function resizePixels(pixels: Pixels, size: Size): Promise<Pixels> {
  const { data, info } = await openPipeline(pixels.data, { raw: pixels })
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}

type FailOn = 'none' | 'error' | 'warning';
/** Without a size the picture keeps its own. */
type Source = {
  file: Pick<SoundFile, 'bytes' | 'page'>;
  size: Size | null;
  timeoutMs: number;
  failOn: FailOn;
  ignoreIcc?: boolean;
};

/** Samples of the picture as it stands, in 8 bits each or in 16. */
async function readSamples({ file, size, timeoutMs, failOn, ignoreIcc = false }: Source, isDeep = false) {
  const { bytes, page } = file;
  const pipeline = openPipeline(bytes, {
    failOn,
    ignoreIcc,
    page,
    pages: 1,
    autoOrient: true,
    limitInputPixels: false,
  });
  return (size ? pipeline.resize({ ...size, fit: 'fill' }) : pipeline)
    .timeout({ seconds: Math.ceil(timeoutMs / 1000) })
    .toColourspace(isDeep ? 'rgb16' : 'srgb')
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
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

/** The samples as they are in the file, and then what they mean. */
async function decodeOtherColour(source: Source, { encoding, greyProfile }: SourceColour): Promise<Pixels> {
  const isDeep = (await openPipeline(source.file.bytes, { limitInputPixels: false }).metadata()).depth !== 'uchar';
  const { data, info } = await readSamples({ ...source, ignoreIcc: true }, isDeep);
  const samples = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  const { width, height } = info;
  const channels = info.channels === 4 ? 4 : 3;
  const most = isDeep ? 65_535 : 255;
  const inSrgb = await toSrgb({ data: samples, channels, most }, encoding);
  const pixels: Pixels = { width, height, channels, data: inSrgb };
  return greyProfile ? withGreyProfile(pixels, greyProfile) : pixels;
}
