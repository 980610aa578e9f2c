/** Makes thumbnail and colours of a JPEG in TypeScript alone, in one go: for threads, which need not load libvips. */
import { createReducedJpegDecoder, cropCentre, encodeJpeg, type Pixels, readJpegHeader } from '@tintype/raster';
import { findColours, type PictureColours } from '../steps/colours.ts';
import type { JpegPlan } from './jpeg-plan.ts';

/** Encoded, or as pixels that libvips is to finish. */
export type ReducedThumbnail = { bytes: Uint8Array; width: number; height: number } | { pixels: Pixels };

export type ReducedJpeg = {
  thumbnail: ReducedThumbnail | null;
  colours: PictureColours | null;
  timingsMs: { decode: number; resize: number; colours: number };
};

/** Null when libvips must have a look at the file. */
export type JpegReducer = (bytes: Buffer, plan: JpegPlan) => ReducedJpeg | null;

/** It works on one picture after the other. */
export function createJpegReducer(): JpegReducer {
  const decode = createReducedJpegDecoder();
  return (bytes, { thumbnail, colours }) => {
    const startedMs = performance.now();
    const header = readJpegHeader(bytes);
    if (!header) return null;
    const pixels = decode(
      bytes,
      header,
      [thumbnail?.whole, colours?.size].filter((size) => size !== undefined),
    );
    if (!pixels) return null;
    const decodedMs = performance.now();
    const whole = thumbnail && pixels[0];
    const made = whole ? encode(whole, thumbnail) : null;
    const resizedMs = performance.now();
    const sample = pixels.at(-1);
    const found = colours && sample ? findColours(sample, colours.options) : null;
    const timingsMs = {
      decode: decodedMs - startedMs,
      resize: resizedMs - decodedMs,
      colours: performance.now() - resizedMs,
    };
    return { thumbnail: made, colours: found, timingsMs };
  };
}

function encode(whole: Pixels, { size, quality }: NonNullable<JpegPlan['thumbnail']>): ReducedThumbnail {
  if (quality === null) return { pixels: whole };
  return { bytes: encodeJpeg(cropCentre(whole, size.width, size.height), quality), ...size };
}
