/** Answers whose client takes its time: they share a budget of memory, and whoever takes nothing for long is cut off. */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Problem } from '@tintype/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { type AnswerMemory, createAnswerMemory, type Held } from './answer-memory.ts';
import { holderOf } from './quota-holder.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** What a streamed answer holds until its last byte is taken; null for nothing but its own pieces. */
    holds: Held | null;
  }
}

export type SlowReadersOptions = {
  /** Of all answers that are not yet taken. */
  maxBytes: number;
  /** A client that takes nothing for so long is cut off. */
  stallMs: number;
};

/** What a connection without a backlog passes on to the system at once: it is in nobody's memory. */
const smallBytes = 64 * 1024;
/** What a stream costs in memory while nobody takes it, measured with 200 of them: its pieces, and what is left of those before. */
const streamBytes = 512 * 1024;
const retryAfterSeconds = 5;
/** They tell of the answer that is not given. */
const answerHeaders = [
  'etag',
  'content-range',
  'accept-ranges',
  'content-disposition',
  'last-modified',
  'content-length',
];

/** Register it behind whatever looks at answers as a whole. */
export const slowReaders = fastifyPlugin<SlowReadersOptions>(async (app, { maxBytes, stallMs }) => {
  const memory = createAnswerMemory(maxBytes);
  const closings = createClosings();
  app.decorateReply('holds', null);

  app.addHook('onSend', (request, reply, payload, done) => {
    const bytes = bytesOf(payload);
    if (isTakenAtOnce(bytes, request, reply)) return done(null, payload);
    const holder = holderOf(request);
    const giveBack = memory.take(holder, bytes, reply.holds);
    if (!giveBack) {
      if (payload instanceof Readable) payload.destroy();
      for (const name of answerHeaders) reply.removeHeader(name);
      return done(noRoom(memory, holder));
    }
    const { socket } = request.raw;
    const stopWatching = closings.watch(socket, () => {
      giveBack();
      // Of answers that stand behind another one on their connection nobody else hears that it has closed.
      if (payload instanceof Readable) payload.destroy();
    });
    reply.raw.once('close', () => {
      stopWatching();
      giveBack();
    });
    reply.raw.setTimeout(stallMs, () => {
      request.log.info({ method: request.method, url: request.url, stallMs }, 'cut off: the client takes nothing');
      socket.destroy();
    });
    done(null, payload);
  });
});

function bytesOf(payload: unknown): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  if (payload instanceof Uint8Array) return payload.byteLength;
  return payload instanceof Readable ? streamBytes : 0;
}

/** Of a connection on which an answer still waits, every byte more stays here; so does it if it is closed and not yet known. */
function isTakenAtOnce(bytes: number, { method, raw }: FastifyRequest, reply: FastifyReply): boolean {
  if (bytes === 0 || method === 'HEAD' || raw.socket.destroyed) return true;
  return bytes <= smallBytes && reply.raw.socket !== null && raw.socket.writableLength === 0;
}

function noRoom(memory: AnswerMemory, holder: string): Problem {
  if (memory.hasAny(holder)) {
    return new Problem('rate_limited', {
      detail: 'Too many large answers to you are still being read; read them to their end, or hang up, and ask again.',
      retryAfterSeconds,
    });
  }
  return new Problem('dependency_unavailable', {
    detail: 'Too many large answers are being read slowly just now; ask again.',
    retryAfterSeconds,
  });
}

/** What is to be done when a socket closes: one listener for each, however many answers it has. */
function createClosings() {
  const waiting = new WeakMap<Socket, Set<() => void>>();
  return {
    /** What is returned forgets it. */
    watch(socket: Socket, onClose: () => void): () => void {
      let all = waiting.get(socket);
      if (!all) {
        const created = new Set<() => void>();
        socket.once('close', () => {
          for (const one of created) one();
        });
        waiting.set(socket, created);
        all = created;
      }
      const present = all.add(onClose);
      return () => void present.delete(onClose);
    },
  };
}
