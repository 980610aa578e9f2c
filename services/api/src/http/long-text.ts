/** Answers with a text that may be long: a short one whole, a long one as a stream that is made as its client reads it. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pulledStream } from './pulled-stream.ts';

/** No piece may be empty. What fails before the second one is a problem as usual; later the connection breaks off. */
export async function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  pieces: AsyncGenerator<string, void>,
): Promise<FastifyReply> {
  const [first, second] = [await pieces.next(), await pieces.next()];
  if (second.done) return reply.send(first.value ?? '');
  if (request.method === 'HEAD') return reply.send(Readable.from([]));
  const begun = [first.value ?? '', second.value];
  const next = async () => begun.shift() ?? (await pieces.next()).value ?? null;
  return reply.send(pulledStream({ next, close: () => pieces.return() }));
}
