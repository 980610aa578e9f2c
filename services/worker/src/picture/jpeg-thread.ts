/** A thread that makes small pictures of JPEGs, one after the other, in JavaScript alone. */
import { parentPort } from 'node:worker_threads';
import { createReducedJpegDecoder, readJpegHeader } from '@tintype/raster';
import { findColours } from '../steps/colours.ts';
import type { JpegReply, JpegRequest } from './jpeg-threads.ts';

const decode = createReducedJpegDecoder();

/** Null when libvips must have a look at the file. */
function make({ mailbox, length, sizes, colours }: JpegRequest): JpegReply {
  const startedMs = performance.now();
  const bytes = Buffer.from(mailbox, 0, length);
  const header = readJpegHeader(bytes);
  const [pixels, sample] = (header && decode(bytes, header, sizes)) ?? [];
  if (!pixels) return null;
  const decodedMs = performance.now();
  const found = colours && findColours(sample ?? pixels, colours);
  return {
    pixels,
    colours: found,
    timingsMs: { decode: decodedMs - startedMs, colours: performance.now() - decodedMs },
  };
}

parentPort?.on('message', (request: JpegRequest) => parentPort?.postMessage(make(request)));
