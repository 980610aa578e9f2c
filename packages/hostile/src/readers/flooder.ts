/** A thread that floods the API over many connections, as fast as they take it and without reading an answer. */
import { connect } from 'node:net';
import { workerData } from 'node:worker_threads';
import type { Flood } from './floods.ts';

const { port, localAddress, connections, head, piece }: Flood = workerData;

/** Another connection when this one was closed. */
function flood(): void {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  const fill = () => {
    while (!socket.destroyed && socket.write(piece, 'latin1'));
  };
  socket.on('error', () => undefined).on('close', () => setTimeout(flood, 20));
  socket.once('connect', () => {
    socket.write(head, 'latin1');
    socket.on('drain', fill);
    fill();
  });
}

for (let at = 0; at < connections; at++) flood();
