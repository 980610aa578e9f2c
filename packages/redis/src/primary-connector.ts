/** How connections come about: to whoever answers by the name now, and only to a primary that is ready to work. */
import { createConnection, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, type StandaloneConnectionOptions } from 'ioredis';
import { RedisTrouble } from './redis-failure.ts';

/** Who is not ready to work in this time is left: the name may lead to another one by now. */
const readyWithinMs = 3000;

/** What ioredis makes its connections with. */
type ConnectorClass = new (options: unknown) => AbstractConnector;

/** A connector for ioredis; `onReplica` is told of each replica that was found instead of the primary. */
export function primaryConnector(onReplica: (trouble: RedisTrouble) => void): ConnectorClass {
  return class PrimaryConnector extends AbstractConnector {
    readonly #options: StandaloneConnectionOptions;
    #timer: NodeJS.Timeout | undefined;

    constructor(options: unknown) {
      const known = isObject(options) ? options : {};
      super(known.disconnectTimeout ?? 0);
      this.#options = known;
    }

    /** The name is looked up each time. ioredis listens to the stream once this resolves, not before. */
    async connect(): Promise<Socket> {
      const stream = openStream(this.#options);
      this.stream = stream;
      stream.once('error', (err) => {
        this.firstError = err;
      });
      clearTimeout(this.#timer);
      const tooLate = new Error(`not ready to work within ${readyWithinMs} ms`);
      this.#timer = setTimeout(() => stream.destroy(tooLate), readyWithinMs);
      stream.once('close', () => clearTimeout(this.#timer));
      return stream;
    }

    /** Called with what INFO says; a user who may not ask is told nothing, and believed. */
    override check({ role }: { role?: string }): boolean {
      if (role !== undefined && role !== 'master') {
        onReplica(new RedisTrouble('REDIS_URL leads to a replica: its name is looked up again'));
        return false;
      }
      clearTimeout(this.#timer);
      return true;
    }
  };
}

/** All of its fields may be missing. */
function isObject(options: unknown): options is StandaloneConnectionOptions {
  return typeof options === 'object' && options !== null;
}

function openStream({ path, port = 6379, host = 'localhost', family = 0, tls }: StandaloneConnectionOptions): Socket {
  const place: NetConnectOpts = path ? { path } : { port, host, family };
  return tls ? connectTls({ ...place, ...Object(tls) }) : createConnection(place);
}
