/** Answers with JSON in which files stand in base64: a short one whole, a long one as a stream of the files. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type PulledPieces, pulledStream } from './pulled-stream.ts';
import type { StoredFile } from './send-file.ts';

type File = Pick<StoredFile, 'bytes' | 'read' | 'open' | 'requireThere'>;

/** Texts of JSON, and files that are to stand between them in base64. */
export type JsonPieces = readonly (string | File)[];

/** Longest answer that is made at once; more of it would hold more memory than a stream does. */
const maxCharsAtOnce = 128 * 1024;

/** Throws a Problem when one of the files cannot be had. */
export async function sendJson(
  request: FastifyRequest,
  reply: FastifyReply,
  pieces: JsonPieces,
): Promise<FastifyReply> {
  const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  if (length <= maxCharsAtOnce) {
    const texts = await Promise.all(pieces.map(textOf));
    return reply.type('application/json').send(texts.join(''));
  }
  // Before the answer begins: one may be gone.
  await Promise.all(pieces.map((piece) => (typeof piece === 'string' ? null : piece.requireThere())));
  reply.type('application/json').header('content-length', length);
  if (request.method === 'HEAD') return reply.send(Readable.from([]));
  return reply.send(pulledStream(piecesOf(pieces)));
}

function lengthOf(piece: string | File): number {
  return typeof piece === 'string' ? Buffer.byteLength(piece) : 4 * Math.ceil(piece.bytes / 3);
}

async function textOf(piece: string | File): Promise<string> {
  return typeof piece === 'string' ? piece : (await piece.read()).toString('base64');
}

/** One text or one piece of a file after the other, which is short work; a file is open while its pieces are passed on. */
function piecesOf(pieces: JsonPieces): PulledPieces {
  const coming = [...pieces];
  let present: Base64 | null = null;
  const next = async (): Promise<string | null> => {
    const text = (await present?.next()) ?? null;
    if (text !== null) return text;
    await present?.close();
    const piece = coming.shift() ?? null;
    present = piece === null || typeof piece === 'string' ? null : await base64Of(piece);
    return present ? next() : typeof piece === 'string' ? piece : null;
  };
  return { next, close: async () => present?.close() };
}

type Base64 = { next(): Promise<string | null>; close(): Promise<void> };

async function base64Of({ open, bytes }: File): Promise<Base64> {
  const file = await open();
  let at = 0;
  return {
    async next() {
      if (at >= bytes) return null;
      const piece = await file.readBase64(at, bytes - 1);
      at += piece.bytes;
      return piece.text;
    },
    close: () => file.close(),
  };
}
