/** A thread that makes small pictures of JPEGs, one after the other, in TypeScript alone. */
import { parentPort } from 'node:worker_threads';
import { createReducedJpegDecoder, cropCentre, encodeJpeg, type Pixels, readJpegHeader } from '@tintype/raster';
import { findColours } from '../steps/colours.ts';
import type { JpegPlan } from './jpeg-plan.ts';
import type { JpegReply, JpegRequest, ReducedThumbnail } from './jpeg-threads.ts';

const decode = createReducedJpegDecoder();

/** Null when libvips must have a look at the file. */
function make({ bytes: shared, thumbnail, colours }: JpegRequest): JpegReply {
  const startedMs = performance.now();
  const bytes = Buffer.from(shared.buffer, shared.byteOffset, shared.length);
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
  const made = whole ? finish(whole, thumbnail) : null;
  const resizedMs = performance.now();
  const sample = pixels.at(-1);
  const found = colours && sample ? findColours(sample, colours.options) : null;
  const timingsMs = {
    decode: decodedMs - startedMs,
    resize: resizedMs - decodedMs,
    colours: performance.now() - resizedMs,
  };
  return { thumbnail: made, colours: found, timingsMs };
}

function finish(whole: Pixels, { size, quality }: NonNullable<JpegPlan['thumbnail']>): ReducedThumbnail {
  if (quality === null) return { pixels: whole };
  const pixels = cropCentre(whole, size.width, size.height);
  return { bytes: encodeJpeg(pixels, quality), ...size };
}

parentPort?.on('message', (request: JpegRequest) => parentPort?.postMessage(make(request)));
