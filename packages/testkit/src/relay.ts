/** A name that moves: a TCP address that leads to one Redis and then to another, as DNS does after a failover. */
import { createConnection, createServer, type Socket } from 'node:net';
import { stoppedWithTests } from './end-with-tests.ts';

export type Relay = {
  /** What goes into REDIS_URL. */
  url: string;
  port: number;
  /** New connections go there from now on, a port or the path of a socket; those that are open stay where they are. */
  leadTo(target: number | string): void;
  /** Every command but those of a handshake is answered with this error instead, on all connections; null: no more. */
  refuseWith(error: string | null): void;
  /** How many connections it has taken so far. */
  taken(): number;
  stop(): Promise<void>;
};

/** What a client says before it works. */
const handshake = ['hello', 'auth', 'client', 'info', 'select'];

/** Listens on a free port of the loopback address. */
export async function startRelay(firstTarget: number | string): Promise<Relay> {
  const open = new Set<Socket>();
  let target = firstTarget;
  let refusal: string | null = null;
  let taken = 0;
  const server = createServer((client) => {
    taken += 1;
    const redis = typeof target === 'string' ? createConnection(target) : createConnection(target, '127.0.0.1');
    for (const [one, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      open.add(one);
      one.on('error', () => undefined); // `close` follows
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    redis.pipe(client);
    client.on('end', () => redis.end());
    client.on('data', (bytes) => {
      const commands = refusal === null ? [] : commandsIn(bytes.toString('latin1'));
      if (commands.every((name) => handshake.includes(name))) redis.write(bytes);
      else client.write(`-${refusal}\r\n`.repeat(commands.length));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return stoppedWithTests({
    url: `redis://127.0.0.1:${port}`,
    port,
    leadTo: (next) => {
      target = next;
    },
    refuseWith: (error) => {
      refusal = error;
    },
    taken: () => taken,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  });
}

/** Names of the commands that begin in these bytes. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)].map(([, name = '']) => name.toLowerCase());
}
