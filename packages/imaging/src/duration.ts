/** How long a decode and the encoding after it keep a processor, from the header and the options alone. */
import type { AcceptedFormat, OutputFormat, Rendition } from '@tintype/contracts';
import { countEffects } from './render/effects.ts';

type Rates = { perMegapixel: number; perMegabyte: number; most: number };

/**
 * Milliseconds of one core for each megapixel of the source and each megabyte of its file, and the most for a megapixel:
 * measured of photographs and of noise, 2 to 100 megapixels, with all that goes before the first thumbnail.
 */
const decodeRates: Record<AcceptedFormat, Rates> = {
  jpeg: { perMegapixel: 10, perMegabyte: 50, most: 45 },
  png: { perMegapixel: 3, perMegabyte: 10, most: 40 },
  webp: { perMegapixel: 15, perMegabyte: 90, most: 75 },
  gif: { perMegapixel: 8, perMegabyte: 10, most: 25 },
  avif: { perMegapixel: 75, perMegabyte: 240, most: 1250 },
  heic: { perMegapixel: 120, perMegabyte: 0, most: 120 },
  tiff: { perMegapixel: 12, perMegabyte: 5, most: 40 },
};
/** And for each megapixel that the decoder leaves, which is made smaller here and read for colours. */
const rasterRate = 15;

/** Milliseconds of one core for each megapixel of the output, without and with alpha: measured of noise at quality 100. */
const renderRates: Record<OutputFormat, [opaque: number, alpha: number]> = {
  jpeg: [60, 60],
  png: [120, 120],
  webp: [350, 600],
  avif: [2000, 2700],
};

/** `rasterPixels` are those that come of the decode. */
export function estimateDecodeMs(
  source: { pixels: number; format: AcceptedFormat; fileBytes: number },
  rasterPixels: number,
): number {
  const { perMegapixel, perMegabyte, most } = decodeRates[source.format];
  const megapixels = source.pixels / 1e6;
  const decodeMs = Math.min(megapixels * most, megapixels * perMegapixel + (source.fileBytes / 1e6) * perMegabyte);
  return decodeMs + (rasterPixels / 1e6) * rasterRate;
}

/** Of one effect, for each megapixel: measured of noise, `sharpen` with the largest radius. */
const effectRate = 60;
/** What an encoder takes until a file is small enough, as parts of one encoding: of large pictures less. */
const mostTries = 6;

/** What making one thumbnail adds. `auto` is JPEG or WebP. */
export function estimateRenderMs(pixels: number, rendition: Rendition, hasAlpha: boolean): number {
  const { format, max_bytes: maxBytes } = rendition;
  const [opaque, alpha] = renderRates[format === 'auto' ? (hasAlpha ? 'webp' : 'jpeg') : format];
  const encodeRate = (hasAlpha ? alpha : opaque) * (maxBytes === undefined ? 1 : mostTries);
  return (pixels / 1e6) * (encodeRate + countEffects(rendition) * effectRate);
}
