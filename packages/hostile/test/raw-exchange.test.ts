/** Bytes to a socket: what waits for room on it leaves nothing behind. */
import { createServer } from 'node:net';
import process from 'node:process'; // the real one: Jest has a copy in its place, which hears nothing
import { expect, test } from '@jest/globals';
import { exchange } from '../src/clients/raw-exchange.ts';

test('when many pieces wait for room, then all of them arrive, and their socket has the listeners of one', async () => {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', onWarning);
  const [piece, count] = [Buffer.alloc(1 << 20), 60];
  let arrived = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (bytes) => {
      arrived += bytes.length;
    });
    socket.on('end', () => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(Object(server.address()).port));
  });
  try {
    const { statuses } = await exchange(port, { pieces: Array.from({ length: count }, () => piece), endsAfter: true });
    expect([statuses, arrived]).toEqual([[200], count * piece.length]);
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', onWarning);
    server.close();
  }
});
