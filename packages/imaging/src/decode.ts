/** The one decode of a picture, and smaller copies of what came of it. */
import { hasAllBlocks, type Pixels, readJpegHeader, type Size } from '@tintype/raster';
import { decodeProblem } from './decode-problem.ts';
import { withoutExtraBands } from './extra-bands.ts';
import { type Frame, transparentAround } from './gif-frame.ts';
import { sharp } from './libvips.ts';
import { soundFileOf } from './sound-file.ts';
import { withGreyProfile } from './source-colour/grey-profile.ts';
import { type SourceColour, sourceColourOf } from './source-colour/source-colour.ts';
import { toSrgb } from './source-colour/to-srgb.ts';

export type DecodeOptions = {
  /** Others wait for this loop: what would hold it for long throws `HoldsLoop` instead. */
  mustNotHoldLoop?: boolean;
};

/** The picture is for a process of its own, although its header does not say so. */
export class HoldsLoop extends Error {
  override readonly name = 'HoldsLoop';
}

/**
 * Decodes to 8-bit sRGB of exactly this size, upright, first frame, alpha kept, without metadata. JPEG and WebP are
 * shrunk while they are loaded. `timeoutMs` is soft: libvips looks at it between regions, in whole seconds. Throws
 * `corrupt_image`, `decode_timeout`, or `too_many_pixels` when there is no memory for it.
 */
export async function decodePicture(
  given: Buffer,
  size: Size,
  timeoutMs: number,
  { mustNotHoldLoop = false }: DecodeOptions = {},
): Promise<Pixels> {
  const colour = sourceColourOf(given);
  const { bytes, hasUnknownChannels, smallFrame } = soundFileOf(given);
  try {
    if (colour) return await decodeOtherColour(bytes, size, timeoutMs, colour);
    if (hasUnknownChannels) return await decodeWithoutExtra(bytes, size, timeoutMs);
    if (smallFrame) return await decodeOnCanvas(bytes, size, timeoutMs, smallFrame);
    return await decodeSrgb(bytes, size, timeoutMs).catch((err) => {
      if (!saysEndIsMissing(err)) throw err;
      if (mustNotHoldLoop) throw new HoldsLoop();
      return decodeEnded(withEnd(bytes), size, timeoutMs, err);
    });
  } catch (err) {
    throw err instanceof HoldsLoop ? err : decodeProblem(err);
  }
}

/** ITU T.81, marker EOI: half of it may be there. */
function withEnd(bytes: Buffer): Buffer {
  const isHalf = bytes.at(-1) === 0xff;
  return Buffer.concat([bytes, Buffer.from(isHalf ? [0xd9] : [0xff, 0xd9])]);
}

function saysEndIsMissing(err: unknown): boolean {
  return err instanceof Error && err.message.includes('premature end of JPEG image');
}

/** A copy of exactly this size. */
export async function resizePixels(pixels: Pixels, size: Size): Promise<Pixels> {
  const { data, info } = await sharp(pixels.data, { raw: pixels })
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}

type FailOn = 'error' | 'warning';
type ReadOptions = { failOn?: FailOn; ignoreIcc?: boolean };

/** Without a size the picture keeps its own. */
function pipelineOf(bytes: Buffer, size: Size | null, timeoutMs: number, options: ReadOptions = {}) {
  const usual = { failOn: 'error', autoOrient: true, limitInputPixels: false, pages: 1 } as const;
  const pipeline = sharp(bytes, { ...usual, ...options });
  return (size ? pipeline.resize({ ...size, fit: 'fill' }) : pipeline).timeout({
    seconds: Math.ceil(timeoutMs / 1000),
  });
}

/**
 * Where nothing is missing but the end marker, all pixels are there. libjpeg only warns of those that are missing before
 * it, and of a baseline picture too late for libvips to hear of it: that is read here to its last block, which holds the
 * loop for seconds where the picture is large.
 */
async function decodeEnded(bytes: Buffer, size: Size, timeoutMs: number, err: unknown): Promise<Pixels> {
  const header = readJpegHeader(bytes);
  if (!header?.isProgressive && !(header && hasAllBlocks(bytes, header))) throw err;
  return decodeSrgb(bytes, size, timeoutMs, 'warning');
}

async function decodeSrgb(bytes: Buffer, size: Size, timeoutMs: number, failOn: FailOn = 'error'): Promise<Pixels> {
  const { data, info } = await pipelineOf(bytes, size, timeoutMs, { failOn })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}

/** libvips takes the last channel for alpha whatever it is: it must be gone before anything is made smaller. */
async function decodeWithoutExtra(bytes: Buffer, size: Size, timeoutMs: number): Promise<Pixels> {
  const { data, info } = await pipelineOf(bytes, null, timeoutMs)
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return resizePixels(await withoutExtraBands(data, info), size);
}

/** libvips paints the rest of the canvas black. */
async function decodeOnCanvas(bytes: Buffer, size: Size, timeoutMs: number, frame: Frame): Promise<Pixels> {
  const { data, info } = await pipelineOf(bytes, null, timeoutMs)
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return resizePixels(await transparentAround({ data, width, height, channels: 4 }, frame), size);
}

/** The samples as they are in the file, and then what they mean. */
async function decodeOtherColour(
  bytes: Buffer,
  size: Size,
  timeoutMs: number,
  { encoding, greyProfile }: SourceColour,
): Promise<Pixels> {
  const isDeep = (await sharp(bytes, { limitInputPixels: false }).metadata()).depth !== 'uchar';
  const { data, info } = await pipelineOf(bytes, size, timeoutMs, { ignoreIcc: true })
    .toColourspace(isDeep ? 'rgb16' : 'srgb')
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const samples = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  const { width, height } = info;
  const channels = info.channels === 4 ? 4 : 3;
  const most = isDeep ? 65_535 : 255;
  const inSrgb = await toSrgb({ data: samples, channels, most }, encoding);
  const pixels: Pixels = { width, height, channels, data: inSrgb };
  return greyProfile ? withGreyProfile(pixels, greyProfile) : pixels;
}
