/** What a file says of itself before a pixel is decoded. */
import { type AcceptedFormat, type ReadOptions, requireAcceptedFormat } from '@tintype/contracts';
import { isTurned, type JpegHeader, readJpegHeader } from '@tintype/raster';
import type { Metadata } from 'sharp';
import { acceptsDamage, decodeProblem } from './decode-problem.ts';
import { sharp } from './libvips.ts';
import { decodedPixelBytes, estimateDecodeBytes, isHeldWhole, type RasterShape } from './memory.ts';
import { type SoundFile, soundFileOf } from './sound-file.ts';
import { sourceColourOf } from './source-colour/source-colour.ts';

export type PictureFacts = {
  format: AcceptedFormat;
  /** Pixels, as the picture is looked at: after EXIF rotation. */
  width: number;
  height: number;
  hasAlpha: boolean;
  /** Only what could be read of it is shown. */
  isDamaged?: true;
};

export type PictureHeader = {
  facts: PictureFacts;
  /** It takes too long to be decoded where it could not be stopped. */
  needsOwnProcess: boolean;
  /** libvips holds all of it at once: progressive JPEG, interlaced PNG, AVIF, GIF, WebP with alpha or lossless. */
  isHeldWhole: boolean;
  /** Upper bound of the memory that a decode holds, what comes out of it not counted. */
  decodeBytes: number;
  /** What comes out of the decode holds for each pixel, at the most. */
  decodedPixelBytes: number;
  /** Of a usual JPEG; null of everything else. */
  jpeg: JpegHeader | null;
};

/**
 * Pixels that are painted for a frame, and for those under it: half a second at most. Measured, in millions a second: noisy
 * WebP with alpha 28, others 110 and more, GIF 120.
 */
const maxPaintedPixels = 16_000_000;

/**
 * Reads the header. Throws as `requireAcceptedFormat` does, `corrupt_image`, or `invalid_option` for a frame that is not
 * there.
 */
export async function readHeader(bytes: Buffer, reading: ReadOptions = {}): Promise<PictureHeader> {
  const format = requireAcceptedFormat(bytes);
  const jpeg = format === 'jpeg' ? readJpegHeader(bytes) : null;
  if (jpeg) soundFileOf(bytes, reading);
  const { shape, hasAlpha, width, height, paintedPixels } = jpeg
    ? aboutJpeg(jpeg, bytes)
    : await askAbout(bytes, format, reading);
  return {
    facts: { format, width, height, hasAlpha },
    needsOwnProcess: paintedPixels > maxPaintedPixels,
    isHeldWhole: isHeldWhole(shape),
    decodeBytes: estimateDecodeBytes(shape),
    decodedPixelBytes: sourceColourOf(bytes) === null ? decodedPixelBytes.srgb : decodedPixelBytes.other,
    jpeg,
  };
}

/** The size is that of the upright picture. */
type Header = { shape: RasterShape; hasAlpha: boolean; width: number; height: number; paintedPixels: number };

/** The same as libvips says, for a quarter of a millisecond less. */
function aboutJpeg(jpeg: JpegHeader, bytes: Buffer): Header {
  const { width, height, components, isProgressive } = jpeg;
  const shape: RasterShape = {
    format: 'jpeg',
    width,
    height,
    channels: components.length,
    bytesPerSample: 1,
    isProgressive,
    chromaSubsampling: chromaSubsamplingOf(jpeg),
    isPlainWebp: false,
    isAnimatedWebp: false,
    fileBytes: bytes.length,
  };
  const upright = isTurned(jpeg.orientation) ? { width: height, height: width } : { width, height };
  return { shape, hasAlpha: false, paintedPixels: 0, ...upright };
}

/** As photographers write it: of the brightness of 4 × 2 pixels, so much colour. */
function chromaSubsamplingOf({ components }: JpegHeader): string | undefined {
  const [first] = components;
  if (!first || components.length === 1) return undefined;
  return `4:${4 / first.across}:${first.down === 2 ? 0 : 4 / first.across}`;
}

/** What is cut off may have a header all the same. */
async function askAbout(bytes: Buffer, format: AcceptedFormat, reading: ReadOptions): Promise<Header> {
  try {
    return await askLibvips(soundFileOf(bytes, reading), format);
  } catch (err) {
    if (!acceptsDamage(err, reading)) throw decodeProblem(err);
    return await askLibvips(soundFileOf(bytes, reading, true), format).catch((worse) => {
      throw decodeProblem(worse);
    });
  }
}

async function askLibvips(file: SoundFile, format: AcceptedFormat): Promise<Header> {
  const { bytes, page, hasUnknownChannels, paintedPixels } = file;
  const header = await sharp(bytes, { limitInputPixels: false, failOn: 'none', page }).metadata();
  return {
    shape: shapeOf(header, format, file),
    hasAlpha: header.hasAlpha && !hasUnknownChannels,
    paintedPixels,
    ...header.autoOrient,
  };
}

function shapeOf(header: Metadata, format: AcceptedFormat, { bytes, paintedPixels }: SoundFile): RasterShape {
  return {
    format,
    width: header.width,
    height: header.height,
    channels: header.channels,
    bytesPerSample: bytesPerSample[header.depth] ?? 8,
    isProgressive: header.isProgressive,
    chromaSubsampling: header.chromaSubsampling,
    isPlainWebp: format === 'webp' && bytes.toString('latin1', 12, 16) === 'VP8 ',
    isAnimatedWebp: format === 'webp' && paintedPixels > 0,
    fileBytes: bytes.length,
  };
}

const bytesPerSample: Record<string, number> = { uchar: 1, char: 1, ushort: 2, short: 2, uint: 4, int: 4, float: 4 };
