/** How much memory a decode and the encoding after it will hold, from the header and the options alone. */
import type { AcceptedFormat, OutputFormat, Rendition, SwitchedFormat } from '@tintype/contracts';
import { countEffects } from './render/effects.ts';

/** What the header says; `bytesPerSample` is 1 for 8 bits and less. */
export type RasterShape = {
  format: Exclude<AcceptedFormat, SwitchedFormat>;
  width: number;
  height: number;
  channels: number;
  bytesPerSample: number;
  /** JPEG of several scans, progressive or not, or interlaced PNG. */
  isProgressive: boolean;
  /** `4:2:0` and so on, of a JPEG. */
  chromaSubsampling: string | undefined;
  /** Of a WebP: simple lossy, without alpha or frames. */
  isPlainWebp: boolean;
  /** Of a WebP: its frames are painted one over the other. */
  isAnimatedWebp: boolean;
  /** Of the file with what is shown alone. */
  fileBytes: number;
};

/** Lines that libvips keeps while it shrinks a picture that is read line by line: measured, whatever its size. */
const bandLines = 1500;
/** Longest side of a shape that is worth streaming; beyond, the band is most of the picture. */
const maxStreamedSide = 65_535;
/** Pipeline, output and codec tables of any picture. */
const constantBytes = 8 * 1024 * 1024;

/** Four channels; where colours are converted here, with 16 bits before, and a copy for a profile. */
export const decodedPixelBytes = { srgb: 4, other: 16 };

/**
 * An upper bound of the bytes held while the picture is decoded and shrunk to the size of a thumbnail, from measured
 * peaks of single decodes (docs/decisions/0011-memory-estimate.md). Rotation by EXIF costs nothing: it comes after
 * shrinking.
 */
export function estimateDecodeBytes(shape: RasterShape): number {
  return Math.ceil(constantBytes + rasterBytes(shape));
}

/**
 * The same where the picture is decoded at its own size, with what comes of it. Where the decoder holds all of it
 * anyway, that is often gone before.
 */
export function estimateWholeBytes(shape: RasterShape, hasAlpha: boolean): number {
  const raster = shape.width * shape.height * (hasAlpha ? 4 : 3);
  return Math.ceil(constantBytes + wholeBytes(shape) + raster);
}

/**
 * Bytes that enlarging and encoding hold for each pixel of the output, without and with alpha: measured with noise at
 * the best quality, which takes most, and a tenth on top.
 */
const renderBytes: Record<OutputFormat, [opaque: number, alpha: number]> = {
  jpeg: [9, 9],
  png: [6, 6],
  webp: [35, 50],
  avif: [70, 100],
};

/** Pixels before and after an effect, or while an encoder tries again. */
const heldPixelBytes = 8;

/**
 * An upper bound of the bytes that making the thumbnail adds; what the decode has held may still be there. `auto` is
 * JPEG or WebP.
 */
export function estimateRenderBytes(pixels: number, rendition: Rendition, hasAlpha: boolean): number {
  const { format, max_bytes: maxBytes } = rendition;
  const [opaque, alpha] = renderBytes[format === 'auto' ? (hasAlpha ? 'webp' : 'jpeg') : format];
  const isHeld = countEffects(rendition) > 0 || maxBytes !== undefined;
  return pixels * ((hasAlpha ? alpha : opaque) + (isHeld ? heldPixelBytes : 0));
}

/**
 * What an encoded thumbnail takes at most: of noise at the best quality a JPEG 1.4 bytes for each pixel, AVIF with alpha 5.2,
 * and others no more than the pixels themselves.
 */
export function mostEncodedBytes(pixels: number, format: OutputFormat | 'auto', hasAlpha: boolean): number {
  const isJpeg = format === 'jpeg' || (format === 'auto' && !hasAlpha);
  return pixels * (isJpeg ? 2 : format === 'avif' && hasAlpha ? 5.5 : 4);
}

/** WebAssembly's code, and what libheif has before a picture: measured. */
const libheifBytes = 48 * 1024 * 1024;

type HeicShape = {
  codedPixels: number;
  codedSamples: number;
  isDeep: boolean;
  hasAlpha: boolean;
  fileBytes: number;
};

/**
 * The same for HEIC, of which each piece is held whole: as it is decoded, a copy of that, and red, green and blue; where
 * there is alpha, that too. Measured, and a tenth on top (docs/decisions/0030-heic.md).
 */
export function estimateHeicBytes({ codedPixels, codedSamples, isDeep, hasAlpha, fileBytes }: HeicShape): number {
  const samples = 2 * codedSamples + 3 + (hasAlpha ? 4 : 0);
  return Math.ceil(libheifBytes + fileBytes + codedPixels * samples * (isDeep ? 2 : 1) * 1.1);
}

/**
 * What its decode holds for each pixel that comes out: sums of twice as many across and down, the same as samples, and
 * what follows for colours.
 */
export function heicPixelBytes({ isDeep, hasAlpha }: Pick<HeicShape, 'isDeep' | 'hasAlpha'>): number {
  const channels = hasAlpha ? 4 : 3;
  return 4 * channels * (isDeep ? 6 : 5) + 16;
}

/** Formats of which libvips holds all of the picture at once, so that they have a limit of their own. */
export function isHeldWhole({ format, isProgressive, isPlainWebp, width, height }: RasterShape): boolean {
  if (isProgressive || Math.max(width, height) > maxStreamedSide) return true;
  return format === 'avif' || format === 'gif' || (format === 'webp' && !isPlainWebp);
}

function rasterBytes(shape: RasterShape): number {
  const { format, width, height, channels, bytesPerSample, isProgressive, fileBytes } = shape;
  const pixels = width * height;
  const bytesPerPixel = channels * bytesPerSample;
  const band = width * Math.min(height, bandLines) * bytesPerPixel;
  if (Math.max(width, height) > maxStreamedSide) return 3 * pixels * bytesPerPixel;
  switch (format) {
    case 'jpeg':
      return isProgressive ? pixels * coefficientBytes(shape) + band : band / 2;
    case 'png':
      return isProgressive ? pixels * bytesPerPixel + band : 1.2 * band;
    case 'webp':
      if (shape.isAnimatedWebp) return 12 * pixels + fileBytes;
      return pixels * (shape.isPlainWebp ? 0.5 : 5);
    case 'gif':
      return 8 * pixels + 5 * fileBytes;
    case 'avif':
      return pixels * (channels > 3 || bytesPerSample > 1 ? 28 : 20);
    case 'tiff':
      // Tiles and planes are held whole; strips need less. Of the file there is a copy with one page.
      return 2.2 * pixels * bytesPerPixel + fileBytes;
  }
}

/** Beside the raster that comes of it. */
function wholeBytes(shape: RasterShape): number {
  const { format, width, height, channels, bytesPerSample, isProgressive } = shape;
  const pixels = width * height;
  const band = width * Math.min(height, bandLines) * channels * bytesPerSample;
  switch (format) {
    case 'jpeg':
      return isProgressive ? pixels * coefficientBytes(shape) : 0;
    case 'png':
      return pixels * (isProgressive ? channels * bytesPerSample : bytesPerSample - 1) + 0.3 * band;
    case 'webp':
      return (shape.isAnimatedWebp ? 12 : 9) * pixels;
    case 'gif':
      return 5 * pixels + 5 * shape.fileBytes;
    case 'avif':
      return rasterBytes(shape) - 3 * pixels;
    case 'tiff':
      return rasterBytes(shape);
  }
}

/** A decoder of several scans keeps all coefficients, 16 bits each, of every component at its own size. */
function coefficientBytes({ channels, chromaSubsampling }: RasterShape): number {
  if (channels === 3 && chromaSubsampling === '4:2:0') return 3;
  if (channels === 3 && chromaSubsampling === '4:2:2') return 4;
  return 2 * channels;
}
