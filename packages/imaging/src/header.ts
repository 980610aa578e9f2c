/** What a file says of itself before a pixel is decoded. */
import {
  type AcceptedFormat,
  notAccepted,
  type ReadOptions,
  requireAcceptedFormat,
  type SwitchedFormat,
} from '@tintype/contracts';
import { isTurned, type JpegHeader, readJpegHeader } from '@tintype/raster';
import type { Metadata } from 'sharp';
import { acceptsDamage, decodeProblem } from './decode-problem.ts';
import { requireFirstFrame } from './frames/chosen-frame.ts';
import { readHeicHeader } from './heic/heic-header.ts';
import { hasHiddenWork } from './hidden-work/hidden-work.ts';
import { mendedHeif } from './isobmff/mended.ts';
import { openPipeline } from './libvips.ts';
import {
  decodedPixelBytes,
  estimateDecodeBytes,
  estimateHeicBytes,
  estimateWholeBytes,
  heicPixelBytes,
  isHeldWhole,
  type RasterShape,
} from './memory.ts';
import { type SoundFile, soundFileOf } from './sound-file.ts';
import { sourceColourOf } from './source-colour/source-colour.ts';
import { isForWhole, type SourceColour } from './source-colour/told-colour.ts';

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
  /**
   * It takes too long where it could not be stopped, or its decoder is large and has seen few files.
   */
  needsOwnProcess: boolean;
  /** Held at once: progressive JPEG, interlaced PNG, AVIF, GIF, WebP with alpha or lossless, HEIC of one piece. */
  isHeldWhole: boolean;
  /** Upper bound of the memory that a decode holds, what comes out of it not counted. */
  decodeBytes: number;
  /** The same for a decode at the picture's own size, and what comes out of it. */
  wholeBytes: number;
  /** Decoding it smaller is cheaper: JPEG and lossy WebP by their decoders, and what is converted to sRGB here. */
  isCheaperReduced: boolean;
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
export async function readHeader(
  bytes: Buffer,
  switchedOn: readonly SwitchedFormat[] = [],
  reading: ReadOptions = {},
): Promise<PictureHeader> {
  const format = requireAcceptedFormat(bytes, switchedOn);
  if (format === 'raw') throw notAccepted('A camera raw file without its preview');
  if (format === 'heic' || format === 'jpeg') requireFirstFrame(reading.frame ?? 0, 1, 'the picture');
  if (format === 'heic') return aboutHeic(bytes);
  return headerOf(bytes, format, format === 'jpeg' ? readJpegHeader(bytes) : null, reading);
}

/** The same of a JPEG for whoever decodes it by libvips, which then also says how it is held. */
export async function readJpegHeaderByLibvips(bytes: Buffer, reading: ReadOptions = {}): Promise<PictureHeader> {
  return headerOf(bytes, 'jpeg', null, reading);
}

async function headerOf(
  bytes: Buffer,
  format: Exclude<AcceptedFormat, 'heic'>,
  jpeg: JpegHeader | null,
  reading: ReadOptions,
): Promise<PictureHeader> {
  const { shape, hasAlpha, width, height, hasMuchWork, colour } = jpeg
    ? aboutJpeg(jpeg, bytes)
    : await askAbout(bytes, format, reading);
  const isOtherColour = colour !== null;
  const otherBytes = width * height * decodedPixelBytes.other;
  return {
    facts: { format, width, height, hasAlpha },
    needsOwnProcess: hasMuchWork,
    isHeldWhole: isHeldWhole(shape),
    decodeBytes: estimateDecodeBytes(shape) + (colour && isForWhole(colour) ? otherBytes : 0),
    wholeBytes: estimateWholeBytes(shape, hasAlpha) + (isOtherColour ? otherBytes : 0),
    isCheaperReduced: isOtherColour || format === 'jpeg' || (format === 'webp' && !isLosslessWebp(bytes)),
    decodedPixelBytes: isOtherColour ? decodedPixelBytes.other : decodedPixelBytes.srgb,
    jpeg,
  };
}

/** Without libheif, which is for the process that decodes. */
function aboutHeic(bytes: Buffer): PictureHeader {
  const header = readHeicHeader(mendedHeif(bytes));
  const { width, height, hasAlpha, isTiled } = header;
  return {
    facts: { format: 'heic', width, height, hasAlpha },
    needsOwnProcess: true,
    isHeldWhole: !isTiled,
    decodeBytes: estimateHeicBytes({ ...header, fileBytes: bytes.length }),
    // It is made small tile by tile, never held whole.
    wholeBytes: Number.POSITIVE_INFINITY,
    isCheaperReduced: true,
    decodedPixelBytes: heicPixelBytes(header),
    jpeg: null,
  };
}

/** The size is that of the upright picture. */
type Header = {
  shape: RasterShape;
  hasAlpha: boolean;
  width: number;
  height: number;
  /** More than its size tells. */
  hasMuchWork: boolean;
  colour: SourceColour | null;
};

/** The same as libvips says, for a quarter of a millisecond less. */
function aboutJpeg(jpeg: JpegHeader, bytes: Buffer): Header {
  const { width, height, components, hasSeveralScans } = jpeg;
  const shape: RasterShape = {
    format: 'jpeg',
    width,
    height,
    channels: components.length,
    bytesPerSample: 1,
    isProgressive: hasSeveralScans,
    chromaSubsampling: chromaSubsamplingOf(jpeg),
    isPlainWebp: false,
    isAnimatedWebp: false,
    fileBytes: bytes.length,
  };
  const upright = isTurned(jpeg.orientation) ? { width: height, height: width } : { width, height };
  return { shape, hasAlpha: false, hasMuchWork: false, colour: null, ...upright };
}

/** As photographers write it: of the brightness of 4 × 2 pixels, so much colour. */
function chromaSubsamplingOf({ components }: JpegHeader): string | undefined {
  const [first] = components;
  if (!first || components.length === 1) return undefined;
  return `4:${4 / first.across}:${first.down === 2 ? 0 : 4 / first.across}`;
}

/** What is cut off may have a header all the same. */
async function askAbout(bytes: Buffer, format: RasterShape['format'], reading: ReadOptions): Promise<Header> {
  try {
    return await askLibvips(soundFileOf(bytes, reading), format);
  } catch (err) {
    if (!acceptsDamage(err, reading)) throw decodeProblem(err);
    return await askLibvips(soundFileOf(bytes, reading, true), format).catch((worse) => {
      throw decodeProblem(worse);
    });
  }
}

async function askLibvips(file: SoundFile, format: RasterShape['format']): Promise<Header> {
  const { bytes, page, part, extraChannels, paintedPixels } = file;
  const header = await openPipeline(bytes, { limitInputPixels: false, failOn: 'none', page }).metadata();
  return {
    shape: shapeOf(header, format, file),
    hasAlpha: header.hasAlpha && extraChannels !== 'unknown',
    hasMuchWork: paintedPixels > maxPaintedPixels || hasHiddenWork(bytes, format),
    colour: sourceColourOf(bytes),
    width: part?.width ?? header.autoOrient.width,
    height: part?.height ?? header.autoOrient.height,
  };
}

function shapeOf(header: Metadata, format: RasterShape['format'], { bytes, paintedPixels }: SoundFile): RasterShape {
  return {
    format,
    width: header.width,
    height: header.height,
    channels: header.channels,
    bytesPerSample: bytesPerSample[header.depth] ?? 8,
    isProgressive: header.isProgressive,
    chromaSubsampling: header.chromaSubsampling,
    isPlainWebp: format === 'webp' && firstChunk(bytes) === 'VP8 ',
    isAnimatedWebp: format === 'webp' && paintedPixels > 0,
    fileBytes: bytes.length,
  };
}

/** One with alpha is taken for lossy, which it nearly always is. */
function isLosslessWebp(bytes: Buffer): boolean {
  return firstChunk(bytes) === 'VP8L';
}

function firstChunk(webp: Buffer): string {
  return webp.toString('latin1', 12, 16);
}

const bytesPerSample: Record<string, number> = { uchar: 1, char: 1, ushort: 2, short: 2, uint: 4, int: 4, float: 4 };
