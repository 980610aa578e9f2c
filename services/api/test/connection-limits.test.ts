/** Connections and requests under way share their budgets: whoever takes all that it can leaves room for others. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '@tintype/runtime';
import type { FastifyInstance } from 'fastify';
import { createFairRoom } from '../src/http/fair-room.ts';
import { problemAnswers } from '../src/http/problem-answers.ts';
import { requestsUnderWay } from '../src/http/requests-under-way.ts';
import { createServer } from '../src/http/server.ts';
import { createProxyCheck } from '../src/http/trusted-proxies.ts';

const proxy = '127.0.0.9';
const publicUrl = 'http://localhost';
const log: Record<string, unknown>[] = [];
let app: FastifyInstance | null = null;
const sockets: Socket[] = [];
let waiting: (() => void)[] | null = null;
afterEach(async () => {
  // Of a connection that is not read further nobody hears that it has closed until its requests end.
  waiting?.forEach((resolve) => void resolve());
  waiting = null;
  for (const socket of sockets.splice(0)) socket.destroy();
  await app?.close();
  app = null;
  log.length = 0;
});

type ListenOptions = { connections: number; waitingBytes?: number; stallMs?: number };

/** Resolves with its port. `/wait` is answered when `/end` is asked for. */
async function listen({ connections, waitingBytes = 2 ** 24, stallMs = 60_000 }: ListenOptions) {
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const created = createServer({
    logger: createLogger({ name: 'api', level: 'info', destination }),
    publicUrl,
    trustedProxies: [proxy],
    headersTimeoutMs: 60_000,
    requestTimeoutMs: 60_000,
    requestStallMs: stallMs,
    connectionRequests: 2,
    connections,
    waitingBytes,
  });
  app = created;
  created.decorateRequest('identity', null);
  await created.register(problemAnswers, { publicUrl });
  await created.register(requestsUnderWay, { most: connections });
  waiting = [];
  created.get('/now', async () => '[now]');
  created.post('/now', async () => '[now]');
  created.get('/wait', async () => {
    await new Promise<void>((resolve) => (waiting ? waiting.push(resolve) : resolve()));
    return '[waited]';
  });
  const port = Number(new URL(await created.listen({ host: '127.0.0.1', port: 0 })).port);
  const until = async (count: number) => {
    while ((waiting?.length ?? count) < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const end = () => {
    for (const resolve of waiting?.splice(0) ?? []) resolve();
  };
  return { port, until, end };
}

type Client = {
  socket: Socket;
  text: () => string;
  closed: Promise<unknown>;
  answers: (word: string) => Promise<void>;
};

async function open(port: number, localAddress: string): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  let text = '';
  socket.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => void socket.once('close', resolve));
  await once(socket, 'connect');
  const answers = async (word: string) => {
    while (!text.includes(word)) {
      if (socket.destroyed) throw new Error(`closed after ${JSON.stringify(text)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { socket, text: () => text, closed, answers };
}

const get = (path: string, ...headers: string[]) =>
  [`GET ${path} HTTP/1.1`, 'host: a', ...headers, '', ''].join('\r\n');

/** As many as are told, each with a request that waits. */
async function openWaiting(port: number, addresses: readonly string[], ...headers: string[]): Promise<Client[]> {
  const clients = await Promise.all(addresses.map((address) => open(port, address)));
  for (const { socket } of clients) socket.write(get('/wait', ...headers));
  return clients;
}

async function asks(port: number, address: string, ...headers: string[]): Promise<string> {
  const client = await open(port, address);
  client.socket.write(get('/now', 'connection: close', ...headers));
  await client.closed;
  return client.text();
}

test('when holders take all that they can, then each has as much as is left for the next one; nobody in particular has it all', () => {
  const room = createFairRoom(120);
  const takeAll = (holder: string | null) => {
    let taken = 0;
    while (room.take(holder, 1)) taken += 1;
    return taken;
  };
  expect([takeAll('a'), takeAll('b'), takeAll('c'), takeAll(null), takeAll('d')]).toEqual([60, 30, 15, 15, 0]);
});

test.each([
  ['10.0.0.0/8', '10.2.3.4', true],
  ['10.0.0.0/8', '11.2.3.4', false],
  ['10.0.0.0/8', '::ffff:10.2.3.4', true],
  ['192.0.2.7', '192.0.2.7', true],
  ['2001:db8::/32', '2001:db8:1::2', true],
  ['2001:db8::/32', '2001:db9::2', false],
  ['10.0.0.0/8', '', false],
])('when %s is trusted, then %s is a proxy: %s', (range, address, isProxy) => {
  expect(createProxyCheck([range])(address)).toBe(isProxy);
});

describe('connections', () => {
  test('when one address has half of all, then it is refused another, which is told why, and others are answered', async () => {
    const { port, until, end } = await listen({ connections: 6 });
    const clients = await openWaiting(port, ['127.0.0.2', '127.0.0.2', '127.0.0.2']);
    await until(3);
    const refused = await open(port, '127.0.0.2');
    await refused.closed;
    expect(refused.text()).toMatch(/^HTTP\/1\.1 429 .*\r\n[\s\S]*retry-after: \d+\r\n[\s\S]*"rate_limited"/);
    expect(log).toContainEqual(expect.objectContaining({ msg: 'refused', status: 429, requestId: expect.any(String) }));
    expect(await asks(port, '127.0.0.3')).toContain('[now]');
    end();
    for (const client of clients) await client.answers('[waited]');
  });

  test('when an address has half of all and asks for nothing, then the oldest of its connections goes for a new one', async () => {
    const { port } = await listen({ connections: 4 });
    const [oldest, second] = [await open(port, '127.0.0.2'), await open(port, '127.0.0.2')];
    // A connection that is a moment old is about to ask something: until then the new one is refused.
    expect(await asks(port, '127.0.0.2')).toMatch(/429/);
    for (let text = ''; !text.includes('[now]'); ) text = await asks(port, '127.0.0.2');
    await oldest.closed;
    second.socket.write(get('/now'));
    await second.answers('[now]');
  });

  test('when everything is taken, then who has most gives up what it does not use; when all is used, then who comes is told so', async () => {
    const { port, until } = await listen({ connections: 4 });
    const idle = await open(port, '127.0.0.2');
    await openWaiting(port, ['127.0.0.2', '127.0.0.3', '127.0.0.4']);
    await until(3);
    while (!idle.socket.destroyed) {
      await openWaiting(port, ['127.0.0.5']);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until(4);
    const late = await open(port, '127.0.0.6');
    await late.closed;
    expect(late.text()).toMatch(/^HTTP\/1\.1 503 [\s\S]*"dependency_unavailable"/);
  });

  test('when everything is taken by requests that do not go on, then one of them goes for who comes; one that does go on stays', async () => {
    const { port } = await listen({ connections: 4, stallMs: 500 });
    const half = 'POST /now HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n{';
    const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
    const clients = await Promise.all(addresses.map((address) => open(port, address)));
    for (const { socket } of clients) socket.write(half);
    const [goesOn, ...others] = clients;
    const piece = ' '.repeat(1000);
    for (let text = ''; !text.includes('[now]'); ) {
      goesOn?.socket.write(piece);
      text = await asks(port, '127.0.0.6');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await Promise.any(others.map(({ closed }) => closed));
    expect(goesOn?.socket.destroyed).toBe(false);
  });

  test('when connections come through a proxy, then they are not counted as of one address', async () => {
    const { port, until, end } = await listen({ connections: 6 });
    const clients = await Promise.all(Array.from({ length: 5 }, () => open(port, proxy)));
    clients.forEach(({ socket }, at) => void socket.write(get('/wait', `x-forwarded-for: 192.0.2.${at}`)));
    await until(5);
    expect(await asks(port, proxy, 'x-forwarded-for: 192.0.2.77')).toContain('[now]');
    end();
  });

  test('when more waits behind requests than there is room for, then that connection is closed, and no other', async () => {
    const { port, until, end } = await listen({ connections: 20, waitingBytes: 128 * 1024 });
    const long = get('/wait', `x-long: ${'a'.repeat(4000)}`).repeat(50);
    const modest = await open(port, '127.0.0.3');
    modest.socket.write(get('/wait').repeat(3));
    await until(2);
    const greedy = await Promise.all(Array.from({ length: 4 }, () => open(port, '127.0.0.2')));
    for (const { socket } of greedy) socket.write(long);
    // Of all bytes that may wait half are for one address: a read of one connection.
    await Promise.any(greedy.map(({ closed }) => closed));
    while (modest.text().split('[waited]').length <= 3) {
      end();
      await modest.answers('[waited]');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
});

describe('requests under way', () => {
  test('when one client of a proxy has half of all, then it is refused more, and other clients of it are answered', async () => {
    const { port, until, end } = await listen({ connections: 6 });
    const clients = await openWaiting(port, [proxy, proxy, proxy], 'x-forwarded-for: 192.0.2.1');
    await until(3);
    const refused = await asks(port, proxy, 'x-forwarded-for: 192.0.2.1');
    expect(refused).toMatch(/^HTTP\/1\.1 429 [\s\S]*retry-after: \d+\r\n[\s\S]*"rate_limited"/);
    expect(await asks(port, proxy, 'x-forwarded-for: 192.0.2.2')).toContain('[now]');
    end();
    for (const client of clients) await client.answers('[waited]');
    expect(await asks(port, proxy, 'x-forwarded-for: 192.0.2.1')).toContain('[now]');
  });

  test('when a client hangs up, then its requests count no longer', async () => {
    const { port, until } = await listen({ connections: 4 });
    const [one, other] = await openWaiting(port, ['127.0.0.2', '127.0.0.2']);
    await until(2);
    one?.socket.destroy();
    other?.socket.destroy();
    for (let text = ''; !text.includes('[now]'); ) text = await asks(port, '127.0.0.2');
  });
});
