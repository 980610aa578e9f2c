/** What sockets bring, read as undici reads it: in pieces, in many turns of the loop, hosts one after the other. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createTurns } from '@tintype/runtime';
import { paceReads } from '../src/read-pace.ts';

const sentBytes = 400_000;
const server = createServer((socket) => socket.end(Buffer.alloc(sentBytes, 'x')));
let timer: NodeJS.Immediate;
let turn = 0;

beforeEach(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const onTurn = () => {
    turn += 1;
    timer = setImmediate(onTurn);
  };
  onTurn();
});
afterEach(async () => {
  clearImmediate(timer);
  server.close();
  await once(server, 'close');
});

async function open(): Promise<Socket> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  const socket = connect(address.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Reads to the end; each piece takes its time. Tells of each piece the turn in which it was read. */
async function readAll(socket: Socket, busyMs: number): Promise<{ turn: number; bytes: number }[]> {
  const pieces: { turn: number; bytes: number }[] = [];
  socket.on('readable', () => {
    for (let piece: Buffer | null = socket.read(); piece !== null; piece = socket.read()) {
      pieces.push({ turn, bytes: piece.length });
      for (const endMs = performance.now() + busyMs; performance.now() < endMs; );
    }
  });
  await once(socket, 'end');
  return pieces;
}

test('when what a source has sent takes long to read, then few pieces of it are read in a turn, and all of them', async () => {
  const socket = await open();
  paceReads(socket, createTurns(), 'one');
  const pieces = await readAll(socket, 3);
  expect(pieces.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(sentBytes);
  expect(Math.max(...pieces.map(({ bytes }) => bytes))).toBeLessThanOrEqual(8 * 1024);
  expect(new Set(pieces.map((piece) => piece.turn)).size).toBeGreaterThanOrEqual(pieces.length / 3);
});

test('when one host has many connections, then the one of another host is read to its end long before them', async () => {
  const turns = createTurns();
  const greedy = await Promise.all(Array.from({ length: 8 }, open));
  const modest = await open();
  for (const socket of greedy) paceReads(socket, turns, 'greedy');
  paceReads(modest, turns, 'modest');
  const ended: string[] = [];
  const read = async (socket: Socket, name: string) => readAll(socket, 2).then(() => ended.push(name));
  await Promise.all([...greedy.map((socket) => read(socket, 'greedy')), read(modest, 'modest')]);
  expect(ended.indexOf('modest')).toBe(0);
});
