/** Answers that are read slowly: what they may hold, whom they keep out, and when they are given up. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type FastifyInstance, fastify } from 'fastify';
import { createAnswerMemory } from '../src/http/answer-memory.ts';
import { problemAnswers } from '../src/http/problem-answers.ts';
import { pulledStream } from '../src/http/pulled-stream.ts';
import { sendFile } from '../src/http/send-file.ts';
import { slowReaders } from '../src/http/slow-readers.ts';

const megabyte = 2 ** 20;

describe('the budget', () => {
  const takeAll = (memory: ReturnType<typeof createAnswerMemory>, holder: string) => {
    let taken = 0;
    while (memory.take(holder, 1)) taken += 1;
    return taken;
  };

  test('when holders take all that they can, then each has as much as is left for the next one', () => {
    const memory = createAnswerMemory(120);
    expect([takeAll(memory, 'a'), takeAll(memory, 'b'), takeAll(memory, 'c')]).toEqual([60, 30, 15]);
    expect(memory.take('d', 15)).not.toBeNull();
  });

  test('when answers share what they hold, then it counts once, until the last of them is taken', () => {
    const memory = createAnswerMemory(100);
    const held = { what: {}, bytes: 30 };
    const gives = [1, 2, 3].map(() => memory.take('a', 1, held));
    expect(memory.bytes()).toBe(33);
    gives[0]?.();
    gives[0]?.();
    gives[1]?.();
    expect(memory.bytes()).toBe(31);
    gives[2]?.();
    expect([memory.bytes(), memory.hasAny('a')]).toEqual([0, false]);
  });
});

let app: FastifyInstance | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app?.close();
  app = null;
});

let open = 0;
/** More than any connection takes at once. */
const pieces = 800;

function endless() {
  let left = pieces;
  open += 1;
  return pulledStream({
    next: async () => (left-- > 0 ? Buffer.alloc(64 * 1024, 'x') : null),
    close: async () => {
      open -= 1;
    },
  });
}

/** Resolves with its port. */
async function listen(stallMs: number): Promise<number> {
  const created = fastify({ forceCloseConnections: true });
  app = created;
  await created.register(problemAnswers, { publicUrl: 'http://localhost' });
  await created.register(slowReaders, { maxBytes: 16 * megabyte, stallMs });
  created.get('/large', (_request, reply) => reply.header('etag', '"large"').send(endless()));
  created.get('/text', (_request, reply) => reply.send('x'.repeat(10 * megabyte)));
  created.get('/small', (_request, reply) => reply.send('small'));
  created.get('/breaks', (request, reply) => sendFile(request, reply, broken(1), true));
  created.get('/gone', (request, reply) => sendFile(request, reply, broken(0), true));
  return Number(new URL(await created.listen({ host: '127.0.0.1', port: 0 })).port);
}

/** A file that can be read until so many pieces are. */
function broken(good: number) {
  let read = 0;
  const fail = async () => {
    throw new Error('the disk is away');
  };
  return {
    sha256: 'a',
    bytes: 10 * megabyte,
    format: 'png' as const,
    filename: 'a.png',
    lifeMs: 1000,
    read: fail,
    requireThere: fail,
    open: async () => {
      open += 1;
      return {
        read: async () => (read++ < good ? Buffer.alloc(48 * 1024) : fail()),
        readBase64: fail,
        close: async () => {
          open -= 1;
        },
      };
    },
  };
}

/** Asks, and takes the head of the answer only. */
async function readSlowly(port: number, localAddress: string, request: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  socket.on('error', () => undefined).write(request);
  await once(socket, 'readable');
  return String(socket.read(Math.min(2000, socket.readableLength)));
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
const urlOf = (port: number, path: string) => `http://127.0.0.1:${port}${path}`;

async function untilClosed(): Promise<void> {
  while (open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('when one reads many answers slowly, then it is refused more of them, and small ones and others are answered', async () => {
  const port = await listen(60_000);
  const heads: string[] = [];
  for (let at = 0; at < 60; at += 1) heads.push(await readSlowly(port, '127.0.0.2', get('/large')));
  const refused = heads.filter((head) => head.startsWith('HTTP/1.1 429'));
  expect(heads.filter((head) => head.startsWith('HTTP/1.1 200')).length).toBeGreaterThan(10);
  expect(refused.length).toBeGreaterThan(5);
  expect(refused[0]).toMatch(/retry-after: \d/);
  expect(refused[0]).toContain('"rate_limited"');
  expect(refused[0]).not.toMatch(/^etag:/m);
  expect(await readSlowly(port, '127.0.0.2', get('/small'))).toContain('small');
  const other = await fetch(urlOf(port, '/large'));
  expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, pieces * 64 * 1024]);
  for (const socket of sockets.splice(0)) socket.destroy();
  await untilClosed();
  expect(await readSlowly(port, '127.0.0.2', get('/large'))).toContain('200 OK');
});

test('when a text alone is as much as there is for one, then the next is refused while it is read slowly', async () => {
  const port = await listen(60_000);
  expect(await readSlowly(port, '127.0.0.2', get('/text'))).toContain('200 OK');
  expect(await readSlowly(port, '127.0.0.2', get('/text'))).toContain('429');
  expect((await fetch(urlOf(port, '/text'), { method: 'HEAD' })).headers.get('content-length')).toBe('10485760');
});

test('when a client takes nothing any more, then it is cut off; when it takes its time, then it has all', async () => {
  const port = await listen(1000);
  await readSlowly(port, '127.0.0.2', get('/large'));
  const slow = await fetch(urlOf(port, '/large'));
  let bytes = 0;
  for await (const chunk of slow.body ?? []) {
    bytes += chunk.length;
    // Longer than the limit for all of it together.
    if (bytes % (4 * megabyte) < chunk.length) await new Promise((resolve) => setTimeout(resolve, 150));
  }
  expect(bytes).toBe(pieces * 64 * 1024);
  await untilClosed();
});

test('when answers stand behind one that is not read, and the client hangs up, then all of them are closed', async () => {
  const port = await listen(60_000);
  await readSlowly(port, '127.0.0.2', get('/large').repeat(3));
  while (open < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  sockets[0]?.destroy();
  await untilClosed();
});

test('when a file fails before its first byte, then that is a problem; later, the connection breaks off', async () => {
  const port = await listen(60_000);
  const answer = await fetch(urlOf(port, '/gone'));
  expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('"dependency_unavailable"')]);
  const broke = await fetch(urlOf(port, '/breaks'));
  expect(broke.status).toBe(200);
  await expect(broke.arrayBuffer()).rejects.toThrow();
  await untilClosed();
});
