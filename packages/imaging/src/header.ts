/** What a file says of itself before a pixel is decoded. */
import { type AcceptedFormat, requireAcceptedFormat } from '@tintype/contracts';
import { isTurned, type JpegHeader, readJpegHeader } from '@tintype/raster';
import type { Metadata } from 'sharp';
import { decodeProblem } from './decode-problem.ts';
import { sharp } from './libvips.ts';
import { decodedPixelBytes, estimateDecodeBytes, estimateWholeBytes, isHeldWhole, type RasterShape } from './memory.ts';
import { soundFileOf } from './sound-file.ts';
import { sourceColourOf } from './source-colour/source-colour.ts';

export type PictureFacts = {
  format: AcceptedFormat;
  /** Pixels, as the picture is looked at: after EXIF rotation. */
  width: number;
  height: number;
  hasAlpha: boolean;
};

export type PictureHeader = {
  facts: PictureFacts;
  /** libvips holds all of it at once: progressive JPEG, interlaced PNG, AVIF, GIF, WebP with alpha or lossless. */
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

/** Reads the header. Throws as `requireAcceptedFormat` does, or `corrupt_image`. */
export async function readHeader(bytes: Buffer): Promise<PictureHeader> {
  const format = requireAcceptedFormat(bytes);
  return headerOf(bytes, format, format === 'jpeg' ? readJpegHeader(bytes) : null);
}

/** The same for whoever decodes by libvips: of a JPEG, too, it is libvips that says how it is held. */
export async function readHeaderByLibvips(bytes: Buffer): Promise<PictureHeader> {
  return headerOf(bytes, requireAcceptedFormat(bytes), null);
}

async function headerOf(bytes: Buffer, format: AcceptedFormat, jpeg: JpegHeader | null): Promise<PictureHeader> {
  const { shape, hasAlpha, width, height } = jpeg ? aboutJpeg(jpeg, bytes) : await askAbout(bytes, format);
  const isOtherColour = sourceColourOf(bytes) !== null;
  return {
    facts: { format, width, height, hasAlpha },
    isHeldWhole: isHeldWhole(shape),
    decodeBytes: estimateDecodeBytes(shape),
    wholeBytes: estimateWholeBytes(shape, hasAlpha) + (isOtherColour ? width * height * decodedPixelBytes.other : 0),
    isCheaperReduced: isOtherColour || format === 'jpeg' || (format === 'webp' && !isLosslessWebp(bytes)),
    decodedPixelBytes: isOtherColour ? decodedPixelBytes.other : decodedPixelBytes.srgb,
    jpeg,
  };
}

/** The size is that of the upright picture. */
type Header = { shape: RasterShape; hasAlpha: boolean; width: number; height: number };

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
    fileBytes: bytes.length,
  };
  const upright = isTurned(jpeg.orientation) ? { width: height, height: width } : { width, height };
  return { shape, hasAlpha: false, ...upright };
}

/** As photographers write it: of the brightness of 4 × 2 pixels, so much colour. */
function chromaSubsamplingOf({ components }: JpegHeader): string | undefined {
  const [first] = components;
  if (!first || components.length === 1) return undefined;
  return `4:${4 / first.across}:${first.down === 2 ? 0 : 4 / first.across}`;
}

async function askAbout(given: Buffer, format: AcceptedFormat): Promise<Header> {
  const { bytes, hasUnknownChannels, smallFrame } = soundFileOf(given);
  const header = await askLibvips(bytes, format);
  return { ...header, hasAlpha: smallFrame !== null || (header.hasAlpha && !hasUnknownChannels) };
}

async function askLibvips(bytes: Buffer, format: AcceptedFormat): Promise<Header> {
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((err) => {
      throw decodeProblem(err);
    });
  return { shape: shapeOf(header, format, bytes), hasAlpha: header.hasAlpha, ...header.autoOrient };
}

function shapeOf(header: Metadata, format: AcceptedFormat, bytes: Buffer): RasterShape {
  return {
    format,
    width: header.width,
    height: header.height,
    channels: header.channels,
    bytesPerSample: bytesPerSample[header.depth] ?? 8,
    isProgressive: header.isProgressive,
    chromaSubsampling: header.chromaSubsampling,
    isPlainWebp: format === 'webp' && firstChunk(bytes) === 'VP8 ',
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
