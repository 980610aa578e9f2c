/** Bodies that come compressed: JSON is unpacked within its limits, others are refused with what to do instead. */
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { Problem } from '@tintype/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bodyTooLarge } from './body-limit.ts';
import { discardRest } from './receive-form.ts';

/** Not brotli: sixteen bytes of it make its decoder fill 16 MB, before anything comes out that could be counted. */
const decoders = { gzip: promisify(gunzip), 'x-gzip': promisify(gunzip), deflate: promisify(inflate) };
type Encoding = keyof typeof decoders;

const isKnown = (encoding: string): encoding is Encoding => Object.hasOwn(decoders, encoding);

/** Unpacked, a body meets the limit of its route; packed it may have `maxBytes`, whatever comes out of them. */
export function readEncodedBodies(app: FastifyInstance, maxBytes: number): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const { 'content-encoding': encodings = '', 'content-type': type = '' } = request.headers;
    const encoding = encodings.trim().toLowerCase();
    if (['', 'identity'].includes(encoding) || !hasBody(request)) return done(null, payload);
    if (!isKnown(encoding) || !/^application\/json\b/i.test(type)) return done(notTaken(encoding));
    unpacked(request, encoding, maxBytes).then(
      (body) => done(null, body),
      (err) => {
        discardRest(request);
        done(err);
      },
    );
  });
}

/** Whether any bytes are to come. */
export function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function notTaken(encoding: string): Problem {
  return new Problem('unsupported_media_type', {
    detail: `Content-Encoding ${encoding.slice(0, 40)} is not taken here: send the body as it is. JSON may come as gzip or deflate.`,
  });
}

/**
 * All of it comes in before any is unpacked: a decoder that waited for its client would hold memory meanwhile. Fastify
 * holds its length against `receivedEncodedLength` instead of against the text's.
 */
async function unpacked(request: FastifyRequest, encoding: Encoding, maxBytes: number): Promise<Readable> {
  const packed = await received(request, maxBytes);
  const maxOutputLength = request.routeOptions.bodyLimit;
  const body = await decoders[encoding](packed, { maxOutputLength }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ERR_BUFFER_TOO_LARGE') throw bodyTooLarge(maxOutputLength);
    const detail = `The body is not ${encoding}, as its Content-Encoding says, or it is cut off or damaged.`;
    throw new Problem('invalid_request', { detail, cause });
  });
  return Object.assign(Readable.from([body]), { receivedEncodedLength: packed.length });
}

async function received({ raw }: FastifyRequest, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of raw.iterator({ destroyOnReturn: false })) {
      bytes += piece.length;
      if (bytes > maxBytes) throw bodyTooLarge(maxBytes);
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem('invalid_request', { detail: 'The body was broken off.', cause });
  }
  return Buffer.concat(pieces, bytes);
}
