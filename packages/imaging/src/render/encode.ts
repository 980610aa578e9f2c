/** Pixels as a file: the format and its quality, found by trying where the file has a limit. */
import type { OutputFormat, Rendition } from '@tintype/contracts';
import { type Pixels, progressiveBytes, progressivePixels, type Size } from '@tintype/raster';
import { openPipeline } from '../libvips.ts';
import { rawOf } from '../resize-pixels.ts';
import { encodeWithin } from './within-bytes.ts';

/** Where a format is not told how good to be. */
export const defaultQuality = { jpeg: 80, webp: 80, avif: 50 } as const;

/** Soft, as for decoding. */
const encodeTimeoutSeconds = 10;

type Pipeline = ReturnType<typeof openPipeline>;
export type Encoded = { bytes: Buffer; width: number; height: number };

/** Throws `invalid_option` when no quality makes it small enough, and libvips' errors. */
export async function encodePixels(
  pipeline: Pipeline,
  format: OutputFormat,
  { quality, max_bytes: maxBytes }: Pick<Rendition, 'quality' | 'max_bytes'>,
  { width, height }: Size,
): Promise<Encoded> {
  const best = format === 'png' ? 100 : (quality ?? defaultQuality[format]);
  const pixels = width * height;
  if (maxBytes === undefined) return encode(pipeline, format, best, pixels);
  // Of a sample, too, the file is to be of the kind that the whole one will be.
  const encodeAt = (part: Pixels, wanted: number) =>
    encode(openPipeline(part.data, { raw: part, limitInputPixels: false }), format, wanted, pixels);
  return encodeWithin(await rawOf(pipeline), { maxBytes, best }, encodeAt);
}

async function encode(pipeline: Pipeline, format: OutputFormat, quality: number, pixels: number): Promise<Encoded> {
  if (format !== 'jpeg') return write(inFormat(pipeline, format, quality));
  if (pixels >= progressivePixels) return write(pipeline.jpeg({ quality, progressive: true }));
  const made = await write(pipeline.clone().jpeg({ quality }));
  return made.bytes.length <= progressiveBytes ? made : write(pipeline.jpeg({ quality, progressive: true }));
}

async function write(pipeline: Pipeline): Promise<Encoded> {
  const { data, info } = await pipeline
    .timeout({ seconds: encodeTimeoutSeconds })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
}

function inFormat(pipeline: Pipeline, format: Exclude<OutputFormat, 'jpeg'>, quality: number): Pipeline {
  switch (format) {
    case 'webp':
      return pipeline.webp({ quality });
    case 'avif':
      return pipeline.avif({ quality, effort: 2 });
    case 'png':
      return pipeline.png();
  }
}
