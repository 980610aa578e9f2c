/** Answers with JSON in which files stand in base64: a short one whole, a long one as a stream that is made in slices. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientOf, type LongWork, type Turns } from './turns.ts';

/** Texts of JSON, and files that are to stand between them in base64. */
export type JsonPieces = readonly (string | Buffer)[];

/** Longest answer that is made at once: that takes a few milliseconds. */
const maxCharsAtOnce = 512 * 1024;
/** Base64 makes four characters of three bytes. */
const sliceBytes = 3 * 64 * 1024;

export function sendJson(request: FastifyRequest, reply: FastifyReply, pieces: JsonPieces, turns: Turns): FastifyReply {
  reply.type('application/json');
  const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  if (length <= maxCharsAtOnce) {
    return reply.send(pieces.map((piece) => (typeof piece === 'string' ? piece : piece.toString('base64'))).join(''));
  }
  reply.header('content-length', length);
  if (request.method === 'HEAD') return reply.send(Readable.from([]));
  return reply.send(Readable.from(textsOf(pieces, turns.begin(clientOf(request))), { objectMode: false }));
}

function lengthOf(piece: string | Buffer): number {
  return typeof piece === 'string' ? Buffer.byteLength(piece) : 4 * Math.ceil(piece.length / 3);
}

async function* textsOf(pieces: JsonPieces, work: LongWork): AsyncGenerator<string, void> {
  for (const piece of pieces) {
    if (typeof piece === 'string') yield piece;
    else yield* base64Of(piece, work);
  }
}

async function* base64Of(file: Buffer, work: LongWork): AsyncGenerator<string, void> {
  for (let at = 0; at < file.length; at += sliceBytes) {
    if (work.isDue()) await work.rest();
    yield file.toString('base64', at, Math.min(at + sliceBytes, file.length));
  }
}
