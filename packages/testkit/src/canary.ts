/** A server on loopback, on both families and one port, that only counts who connects: nobody may. */
import { createServer, type Server } from 'node:net';
import { endWithTests } from './end-with-tests.ts';

export type Canary = {
  readonly port: number;
  /** Connections so far. */
  touches(): number;
  close(): Promise<void>;
};

const listen = (server: Server, port: number, host: string) =>
  new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host, ipv6Only: true }, () => resolve(true));
  });

/** Listens on 127.0.0.1, and on ::1 where the machine has it. A touch is answered with a picture, to be noticed. */
export async function startCanary(): Promise<Canary> {
  let touches = 0;
  const create = () =>
    createServer((socket) => {
      touches++;
      socket.on('error', () => undefined).resume();
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\ntouched');
    });
  const four = create();
  await listen(four, 0, '127.0.0.1');
  const address = four.address();
  if (address === null || typeof address === 'string') throw new Error('the canary listens on no TCP port');
  const six = create();
  const servers = (await listen(six, address.port, '::1')) ? [four, six] : [four];
  const close = async () => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  endWithTests(close);
  return { port: address.port, touches: () => touches, close };
}
