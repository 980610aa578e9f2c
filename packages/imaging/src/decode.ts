/** The one decode of a picture, and smaller copies of what came of it. */
import { sniffFormat } from '@tintype/contracts';
import type { Pixels, Size } from '@tintype/raster';
import { decodeProblem } from './decode-problem.ts';
import { withoutExtraBands } from './extra-bands.ts';
import { sharp } from './libvips.ts';
import { withGreyProfile } from './source-colour/grey-profile.ts';
import { type SourceColour, sourceColourOf } from './source-colour/source-colour.ts';
import { toSrgb } from './source-colour/to-srgb.ts';
import { shownPageOf, type TiffPage } from './tiff/sound-page.ts';

/**
 * Decodes to 8-bit sRGB of exactly this size, upright, first frame, alpha kept, without metadata. JPEG and WebP are
 * shrunk while they are loaded. `timeoutMs` is soft: libvips looks at it between regions, in whole seconds. Throws
 * `corrupt_image`, `decode_timeout`, or `too_many_pixels` when there is no memory for it.
 */
export async function decodePicture(bytes: Buffer, size: Size, timeoutMs: number): Promise<Pixels> {
  const colour = sourceColourOf(bytes);
  try {
    if (colour) return await decodeOtherColour(bytes, size, timeoutMs, colour);
    if (sniffFormat(bytes) === 'tiff') return await decodeTiff(shownPageOf(bytes), size, timeoutMs);
    return await decodeSrgb(bytes, size, timeoutMs);
  } catch (err) {
    throw decodeProblem(err);
  }
}

/** A copy of exactly this size. */
export async function resizePixels(pixels: Pixels, size: Size): Promise<Pixels> {
  const { data, info } = await sharp(pixels.data, { raw: pixels })
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}

/** Without a size the picture keeps its own. */
function pipelineOf(bytes: Buffer, size: Size | null, timeoutMs: number, ignoreIcc = false) {
  const pipeline = sharp(bytes, { failOn: 'error', autoOrient: true, limitInputPixels: false, pages: 1, ignoreIcc });
  return (size ? pipeline.resize({ ...size, fit: 'fill' }) : pipeline).timeout({
    seconds: Math.ceil(timeoutMs / 1000),
  });
}

async function decodeSrgb(bytes: Buffer, size: Size, timeoutMs: number): Promise<Pixels> {
  const { data, info } = await pipelineOf(bytes, size, timeoutMs)
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}

/** libvips takes the last channel for alpha whatever it is: it must be gone before anything is made smaller. */
async function decodeTiff({ bytes, hasUnknownChannels }: TiffPage, size: Size, timeoutMs: number): Promise<Pixels> {
  if (!hasUnknownChannels) return decodeSrgb(bytes, size, timeoutMs);
  const { data, info } = await pipelineOf(bytes, null, timeoutMs)
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return resizePixels(await withoutExtraBands(data, info), size);
}

/** The samples as they are in the file, and then what they mean. */
async function decodeOtherColour(
  bytes: Buffer,
  size: Size,
  timeoutMs: number,
  { encoding, greyProfile }: SourceColour,
): Promise<Pixels> {
  const isDeep = (await sharp(bytes, { limitInputPixels: false }).metadata()).depth !== 'uchar';
  const { data, info } = await pipelineOf(bytes, size, timeoutMs, true)
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
