/** The one decode of a HEIC picture: tile by tile, made smaller as they come, and then its colours. For a child alone. */
import { Problem } from '@tintype/contracts';
import type { Pixels, Size } from '@tintype/raster';
import { tookTooMuchMemory } from '../decode-problem.ts';
import { mendedHeif } from '../isobmff/mended.ts';
import { openPipeline } from '../libvips.ts';
import { encodingOfCodes } from '../source-colour/encoding.ts';
import { toSrgb } from '../source-colour/to-srgb.ts';
import { kindOfProfile, meantByProfile } from '../source-colour/with-profile.ts';
import { AreaReducer, type ReducedSamples } from './area-reducer.ts';
import { type HeicHeader, readHeicHeader } from './heic-header.ts';
import { type HeifColour, HeifPicture } from './heif-picture.ts';
import { loadLibheif } from './libheif.ts';
import { transformed } from './transformations.ts';

/** Means of areas first, and from twice the wanted size on the finer filter. */
const finerScale = 2;
/** Codes may hold more pixels than are shown: HEVC counts in blocks of up to 64. */
const codedMargin = { times: 1.25, pixels: 1_000_000 };
/** Of a pixel that libde265 holds, at the most. */
const planeBytes = { plain: 3, deep: 6 };
/** WebAssembly has no more; the process may have less. */
const maxBytes = 2 ** 31;

/**
 * As `decodePicture`. Rotation and mirrors are libheif's, by the file's own properties: what EXIF says of them does not
 * count. Blocks the process while it decodes. Throws `corrupt_image`, `unsupported_format`, or `too_many_pixels` when
 * there is no memory for it.
 */
export async function decodeHeic(given: Buffer, size: Size): Promise<Pixels> {
  const mended = mendedHeif(given);
  const header = readHeicHeader(mended);
  const { whole } = header;
  const imagePixels = Math.ceil(whole.width * whole.height * codedMargin.times + codedMargin.pixels);
  const picture = new HeifPicture(await loadLibheif(), mended.bytes, {
    imagePixels: Math.max(imagePixels, header.codedPixels),
    totalBytes: maxBytes,
    isCropped: header.isCropped,
  });
  const { width, height } = picture.size;
  if (width !== whole.width || height !== whole.height) {
    throw new Problem('corrupt_image', { detail: 'The picture says two sizes of itself.' });
  }
  const { samples, colour } = read(picture, header, size);
  return inSrgb(await resized(transformed(samples, header.transformations), size), colour);
}

/** libheif and libde265 tell of memory that they were refused as of a damaged picture, or give up. */
function read(picture: HeifPicture, header: HeicHeader, size: Size) {
  try {
    return { samples: readSamples(picture, header, size), colour: picture.colour(header.isTiled) };
  } catch (err) {
    throw isShortOf(header.codedPixels * planeBytes[header.isDeep ? 'deep' : 'plain']) ? tookTooMuchMemory(err) : err;
  }
}

function isShortOf(bytes: number): boolean {
  try {
    return new ArrayBuffer(bytes).byteLength < bytes;
  } catch {
    return true;
  }
}

/**
 * What has no tiles libheif can only decode whole; alpha, which is a picture of its own, it puts beside all tiles at once
 * alone; and where tiles that are turned or cropped lie it reckons wrongly (1.23).
 */
function readSamples(picture: HeifPicture, header: HeicHeader, size: Size): ReducedSamples {
  const [before, wanted] = [header.codedSize, turnedTo(header, size)];
  const reducer = new AreaReducer(before, reducedSize(before, wanted), picture.channels);
  if (!header.isTiled) {
    const { left, top } = header.part ?? { left: 0, top: 0 };
    picture.withWhole((samples) => reducer.add(samples, -left, -top, picture.hasPremultipliedAlpha));
    return reducer.finish();
  }
  const { columns, rows, tileWidth, tileHeight } = picture.tiling();
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      picture.withTile(column, row, (samples) => reducer.add(samples, column * tileWidth, row * tileHeight));
    }
  }
  return reducer.finish();
}

/** The size that the picture has to have before it is turned. */
function turnedTo({ transformations }: HeicHeader, { width, height }: Size): Size {
  const turns = transformations.filter((one) => one === 'turn').length;
  return turns % 2 === 0 ? { width, height } : { width: height, height: width };
}

function reducedSize({ width, height }: Size, wanted: Size): Size {
  return { width: Math.min(width, wanted.width * finerScale), height: Math.min(height, wanted.height * finerScale) };
}

async function resized(samples: ReducedSamples, size: Size): Promise<ReducedSamples> {
  if (samples.width === size.width && samples.height === size.height) return samples;
  const isDeep = samples.data instanceof Uint16Array;
  const { data } = await openPipeline(samples.data, { raw: samples, limitInputPixels: false })
    .resize({ ...size, fit: 'fill' })
    .toColourspace(isDeep ? 'rgb16' : 'srgb')
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { channels } = samples;
  return { ...size, channels, data: isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data };
}

/** A profile counts for more than codes. */
async function inSrgb(samples: ReducedSamples, { profile, codes }: HeifColour): Promise<Pixels> {
  const { width, height, channels, data } = samples;
  const kind = profile && kindOfProfile(profile);
  const most = data instanceof Uint16Array ? 65_535 : 255;
  const encoding = kind === null && codes ? encodingOfCodes(codes.primaries, codes.transfer, false) : null;
  const pixels: Pixels = { width, height, channels, data: await toSrgb({ data, channels, most }, encoding ?? null) };
  return profile ? meantByProfile(pixels, profile) : pixels;
}
