/** A thread that makes small pictures of JPEGs, one after the other. */
import { parentPort } from 'node:worker_threads';
import { createJpegReducer } from './jpeg-reducer.ts';
import type { JpegReply, JpegRequest } from './jpeg-threads.ts';

const reduce = createJpegReducer();

function make({ bytes, ...plan }: JpegRequest): JpegReply {
  return reduce(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), plan);
}

parentPort?.on('message', (request: JpegRequest) => parentPort?.postMessage(make(request)));
