/** A thread that floods the API over many connections, as fast as they take it and without reading an answer. */
import { connect } from 'node:net';
import { workerData } from 'node:worker_threads';
import type { Flood } from './floods.ts';

const { port, localAddresses, connections, head, piece, shortConnections }: Flood = workerData;
const host = '127.0.0.1';

/** Another connection when this one was closed. */
function flood(at: number): void {
  const socket = connect({ port, host, localAddress: localAddressOf(at) });
  const fill = () => {
    while (!socket.destroyed && socket.write(piece, 'latin1'));
  };
  socket.on('error', () => undefined).on('close', () => setTimeout(flood, 20, at));
  socket.once('connect', () => {
    socket.write(head, 'latin1');
    socket.on('drain', fill);
    fill();
  });
}

/** Comes and goes. */
function comeAndGo(): void {
  const socket = connect({ port, host, localAddress: localAddressOf(0) }, () => socket.destroy());
  socket.on('error', () => undefined).on('close', () => setImmediate(comeAndGo));
}

function localAddressOf(at: number): string | undefined {
  return localAddresses[at % localAddresses.length];
}

for (let at = 0; at < connections; at++) flood(at);
for (let at = 0; at < shortConnections; at++) comeAndGo();
