/** Whatever keeps a connection from coming about is told, for an operator to read; when it is ended, nothing is left. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { connectProducer, disconnect, type RedisConnection } from '../src/index.ts';

let server: Server;
let redis: RedisConnection;
afterEach(async () => {
  await disconnect(redis);
  server.close();
});

test.each([
  [
    'is full, as Redis says it: at once, before it is asked',
    '-ERR max number of clients reached\r\n',
    'Redis has as many clients as its maxclients allows',
  ],
  [
    'closes, as a proxy does that has nobody behind it',
    '',
    'REDIS_URL leads to a server that closes connections before they are ready',
  ],
])('when a server accepts connections and %s, then that is told each time', async (_what, words, expected) => {
  let taken = 0;
  server = createServer((socket) => {
    taken += 1;
    socket.on('error', () => undefined).resume();
    if (words !== '') return socket.end(words);
    return setTimeout(() => socket.end(), 20);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const told: string[] = [];
  const onTrouble = ({ message }: Error) => void told.push(message);
  redis = connectProducer(`redis://127.0.0.1:${port}`, { onTrouble, commandTimeoutMs: 200 });
  while (taken < 6) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(told.length).toBeGreaterThanOrEqual(4);
  expect(new Set(told)).toEqual(new Set([expected]));
});

test('when a connection is ended whose server has gone, then no timer of it keeps the process', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  let closed = 0;
  redis = connectProducer(`redis://127.0.0.1:${port}`).on('close', () => {
    closed += 1;
  });
  while (closed < 2 || redis.status !== 'reconnecting') await new Promise((resolve) => setTimeout(resolve, 5));
  const before = timers();
  await disconnect(redis);
  // That of the pause before the next attempt has gone.
  expect(timers()).toBe(before - 1);
});
