/** Answers with a text that may be long: a short one whole, a long one as a stream that is made as its client reads it. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { inPieces, type LongWork } from './turns.ts';

export async function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: Iterable<string>,
  work: LongWork,
): Promise<FastifyReply> {
  const pieces = inPieces(parts, work);
  const [first, second] = [await pieces.next(), await pieces.next()];
  if (second.done) return reply.send(first.value ?? '');
  if (request.method === 'HEAD') return reply.send(Readable.from([]));
  return reply.send(Readable.from(streamed([first.value ?? '', second.value], pieces), { objectMode: false }));
}

async function* streamed(begun: readonly string[], rest: AsyncIterable<string>): AsyncGenerator<string, void> {
  yield* begun;
  yield* rest;
}
