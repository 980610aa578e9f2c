/** Of a name's addresses, those of replicas are tried last. */
import { once } from 'node:events';
import { createConnection, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '@tintype/testkit';
import { createAddressOrder } from '../src/address-order.ts';

const addresses = ['127.0.0.1', '127.0.0.2'];
let port: number;
let servers: Server[];
beforeEach(async () => {
  port = await freePort();
  servers = addresses.map((host) => createServer((socket) => socket.end()).listen(port, host));
  await Promise.all(servers.map((server) => once(server, 'listening')));
});
afterEach(() => {
  for (const server of servers) server.close();
});

test('when a replica was found at an address, then the next one is tried; when at all, then the first again', async () => {
  const order = createAddressOrder((_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    ),
  );
  const reached: (string | undefined)[] = [];
  for (let tries = 0; tries < 3; tries++) {
    const socket = createConnection({ host: 'redis.test', port, lookup: order.lookup });
    await once(socket, 'connect');
    reached.push(socket.remoteAddress);
    order.pass(socket.remoteAddress);
    socket.destroy();
  }
  expect(reached).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.1']);
});
