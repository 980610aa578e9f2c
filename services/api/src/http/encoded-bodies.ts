/** Bodies that come compressed: JSON is unpacked within its limits, others are refused with what to do instead. */
import { type Readable, Transform, type TransformCallback } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Problem } from '@tintype/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };
type Encoding = keyof typeof decoders;

const isKnown = (encoding: string): encoding is Encoding => Object.hasOwn(decoders, encoding);

/** Unpacked, a body meets the same limit as any; packed it may have as many bytes, whatever comes out of them. */
export function readEncodedBodies(app: FastifyInstance, maxBytes: number): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const { 'content-encoding': encodings = '', 'content-type': type = '' } = request.headers;
    const encoding = encodings.trim().toLowerCase();
    if (['', 'identity'].includes(encoding) || !hasBody(request)) return done(null, payload);
    if (!isKnown(encoding) || !/^application\/json\b/i.test(type)) return done(notTaken(encoding));
    done(null, unpacked(payload, encoding, maxBytes));
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function notTaken(encoding: string): Problem {
  return new Problem('unsupported_media_type', {
    detail: `Content-Encoding ${encoding.slice(0, 40)} is not taken here: send the body as it is. JSON may come as gzip, deflate or br.`,
  });
}

/** Fastify holds its length against `receivedEncodedLength` instead of against the text's. */
function unpacked(payload: Readable, encoding: Encoding, maxBytes: number): Readable {
  const decoder = decoders[encoding]();
  const counted = Object.assign(decoder, { receivedEncodedLength: 0 });
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      counted.receivedEncodedLength += chunk.length;
      if (counted.receivedEncodedLength > maxBytes)
        done(new Problem('payload_too_large', { detail: 'The body is too large.' }));
      else done(null, chunk);
    },
  });
  counter.on('error', (err) => decoder.destroy(err));
  payload.on('error', (err) => decoder.destroy(err));
  decoder.on('error', () => payload.unpipe(counter));
  payload.pipe(counter).pipe(decoder);
  return counted;
}
