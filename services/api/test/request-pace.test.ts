/** Bursts of requests and of chunks: in how many turns of the loop they begin, and that all of them are answered. */
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import { paceRequests } from '../src/http/request-pace.ts';

function busyFor(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

let app: FastifyInstance;
let timer: NodeJS.Immediate | null = null;
afterEach(async () => {
  if (timer) clearImmediate(timer);
  await app.close();
});

/** An API whose requests take some time in the turn in which they begin; each answers the number of that turn. */
async function startPaced(busyMs: number, requestsAtOnce = 8) {
  app = fastify({ keepAliveTimeout: 5_000, forceCloseConnections: true });
  const pace = paceRequests(app.server, {
    requestsAtOnce,
    connections: 2000,
    waitingBytes: 2 ** 24,
    stallMs: 60_000,
    isProxy: () => false,
    refuse: (_problem, socket) => socket.destroy(),
  });
  let turn = 0;
  const onTurn = () => {
    turn += 1;
    timer = setImmediate(onTurn);
  };
  onTurn();
  const seen = { most: 0, chunks: 0, inTurn: 0, begun: 0, turn: 0 };
  app.get('/', (_request, reply) => {
    busyFor(busyMs);
    seen.begun += 1;
    reply.send(`[${turn}]`);
  });
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, async (request: FastifyRequest, text: string) => {
    await pace.untilRead(request);
    busyFor(busyMs);
    return text;
  });
  app.addContentTypeParser('text/chunks', (_request, payload, done) => {
    let length = 0;
    payload.on('data', (chunk: Buffer) => {
      if (seen.turn !== turn) seen.inTurn = 0;
      seen.turn = turn;
      seen.inTurn += 1;
      seen.most = Math.max(seen.most, seen.inTurn);
      length += chunk.length;
    });
    payload.on('end', () => done(null, length));
  });
  app.post('/', async ({ body, headers }) => (headers['content-type'] === 'text/chunks' ? `[${body}]` : `[${turn}]`));
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  return { port, seen };
}

/** The bracketed words of the answers, once there are so many. */
function answersOf(socket: Socket, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('error', reject);
    socket.on('data', (piece) => {
      text += piece;
      const words = [...text.matchAll(/\[(\d+)\]/g)].map(([, word]) => word ?? '');
      if (words.length >= count) resolve(words);
    });
  });
}

async function ask(port: number, text: string, count = 1): Promise<string[]> {
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  return answersOf(socket, count).finally(() => socket.destroy());
}

const get = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const turnsOf = (answers: string[][]) => new Set(answers.flat()).size;

test('when many connections ask at once, then no more begin in a turn than there is time for', async () => {
  const { port } = await startPaced(3);
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(port, get)));
  expect(turnsOf(answers)).toBeGreaterThanOrEqual(20);
});

test('when many bodies arrive at once, then no more of them are read in a turn than there is time for', async () => {
  const { port } = await startPaced(3);
  const post = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n\r\na';
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(port, post)));
  expect(turnsOf(answers)).toBeGreaterThanOrEqual(20);
});

test('when one connection sends thousands of requests, then they begin in many turns and are answered in order', async () => {
  const { port } = await startPaced(0.5);
  const [answers = []] = await Promise.all([ask(port, get.repeat(2000), 2000)]);
  expect(answers).toEqual([...answers].sort((a, b) => Number(a) - Number(b)));
  expect(turnsOf([answers])).toBeGreaterThanOrEqual(50);
});

test('when a connection takes no answers, then its further requests do not begin, and others are answered', async () => {
  const { port, seen } = await startPaced(0);
  const greedy = connect(port, '127.0.0.1', () => greedy.pause());
  greedy.on('error', () => undefined);
  let sent = 0;
  for (let isOpen = true; isOpen; sent += 1000) isOpen = greedy.write(get.repeat(1000)) || sent < 200_000;
  await ask(port, get);
  const begun = async () => {
    let last = -1;
    while (last !== seen.begun) {
      last = seen.begun;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return last;
  };
  expect(await begun()).toBeLessThan(sent / 2);
  expect(await ask(port, get)).toHaveLength(1);
  greedy.destroy();
});

test('when a body comes in very many chunks, then they are read in many turns, and what follows is answered', async () => {
  const { port, seen } = await startPaced(0);
  const chunks = '1\r\nx\r\n'.repeat(200_000);
  const head = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: text/chunks\r\ntransfer-encoding: chunked\r\n\r\n';
  const answers = await ask(port, `${head}${chunks}0\r\n\r\n${get}`, 2);
  expect(answers[0]).toBe('200000');
  expect(seen.most).toBeLessThan(20_000);
});

test.each([2, 8])(
  'when a long body comes in large pieces, and %i requests may be under way, then all of it arrives',
  async (requestsAtOnce) => {
    const { port } = await startPaced(0, requestsAtOnce);
    const head = `POST / HTTP/1.1\r\nhost: a\r\ncontent-type: text/chunks\r\ncontent-length: 5000001\r\n\r\n`;
    expect(await ask(port, `${head}${'y'.repeat(5_000_001)}${get}`, 2)).toEqual(['5000001', expect.any(String)]);
  },
);

test('when a body that costs nothing ends in many requests, then they begin in several turns', async () => {
  const { port } = await startPaced(1, 1000);
  const first = `GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 40000\r\n\r\n${'x'.repeat(40_000)}`;
  const answers = await ask(port, first + get.repeat(100), 101);
  expect(turnsOf([answers])).toBeGreaterThanOrEqual(8);
});

test('when hundreds of connections send without end, then a short request does not wait for a piece of each', async () => {
  const { port, seen } = await startPaced(1);
  const greedy = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  for (const socket of greedy) socket.resume().write(get.repeat(2000));
  // Node takes one connection in each turn.
  const socket = connect(port, '127.0.0.1', () => socket.write(get));
  await answersOf(socket, 1);
  const before = seen.begun;
  socket.write(get);
  await answersOf(socket, 1);
  expect(seen.begun - before).toBeLessThan(500);
  for (const one of greedy) one.destroy();
});
