/** How connections come about: to whoever answers by the name now, and only to a primary that is ready to work. */
import { createConnection, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, type RedisOptions, ReplyError } from 'ioredis';
import { type AddressOrder, createAddressOrder } from './address-order.ts';
import { RedisTrouble, troubleOf } from './redis-failure.ts';
import { leaveWhenMoved } from './silence.ts';

/** Who is not ready to work in this time is left: the name may lead to another one by now. */
const readyWithinMs = 3000;

/** What ioredis makes its connections with. */
type ConnectorClass = new (options: unknown) => AbstractConnector;
/** What INFO says of a server. */
type ServerInfo = { role?: string; run_id?: string };

/** A connector for ioredis; `onTrouble` is told of what ioredis tells nobody: each replica, each early end. */
export function primaryConnector(onTrouble: (trouble: RedisTrouble) => void): ConnectorClass {
  return class PrimaryConnector extends AbstractConnector {
    readonly #options: RedisOptions;
    readonly #addresses = createAddressOrder();
    #timer: NodeJS.Timeout | undefined;
    #stream: Socket | undefined;
    /** The connection is ready, or it is known why it will not be. */
    #isSettled = false;

    constructor(options: unknown) {
      const known = isObject(options) ? options : {};
      super(known.disconnectTimeout ?? 0);
      this.#options = known;
    }

    /** The name is looked up each time. ioredis listens to the stream once this resolves, not before. */
    async connect(): Promise<Socket> {
      const stream = openStream(this.#options, this.#addresses);
      this.stream = stream;
      this.#stream = stream;
      this.#isSettled = false;
      stream.once('error', (err) => {
        this.firstError = err;
        this.#isSettled = true; // ioredis tells
      });
      clearTimeout(this.#timer);
      const tooLate = new Error(`not ready to work within ${readyWithinMs} ms`);
      const timer = setTimeout(() => stream.destroy(tooLate), readyWithinMs);
      this.#timer = timer;
      const readRefusal = refusalOn(stream, this.#options.tls ? 'secureConnect' : 'connect');
      stream.once('close', () => {
        clearTimeout(timer);
        if (this.#stream === stream && !this.#isSettled) onTrouble(readRefusal());
      });
      return stream;
    }

    /** Called with what INFO says; a user who may not ask is told nothing, and believed. */
    override check({ role, run_id: runId }: ServerInfo): boolean {
      this.#isSettled = true;
      const stream = this.#stream;
      if (role !== undefined && role !== 'master') {
        this.#addresses.pass(stream?.remoteAddress);
        onTrouble(new RedisTrouble('REDIS_URL leads to a replica: its name is looked up again'));
        return false;
      }
      clearTimeout(this.#timer);
      // Who may be silent has no limit of silence.
      if (stream && runId !== undefined && this.#options.socketTimeout !== undefined) {
        leaveWhenMoved(stream, runId, this.#options);
      }
      return true;
    }

    override disconnect(): void {
      this.#isSettled = true;
      if (!this.#stream?.closed) super.disconnect(); // it would set a timer, which nobody clears and the process waits for
    }
  };
}

/** All of its fields may be missing. */
function isObject(options: unknown): options is RedisOptions {
  return typeof options === 'object' && options !== null;
}

function openStream(options: RedisOptions, { lookup }: AddressOrder): Socket {
  const { path, port = 6379, host = 'localhost', family = 0, tls } = options;
  const place: NetConnectOpts = path ? { path } : { port, host, family, lookup };
  return tls ? connectTls({ ...place, ...Object(tls) }) : createConnection(place);
}

/** What a server says that ends a connection before it is ready: the first line, if it is an error. */
function refusalOn(stream: Socket, connected: string): () => RedisTrouble {
  let line = '';
  stream.once(connected, () => {
    stream.once('data', (bytes: Buffer) => {
      line = /^-(.{1,200})/.exec(bytes.toString('latin1'))?.[1] ?? '';
    });
  });
  return () =>
    line === ''
      ? new RedisTrouble('REDIS_URL leads to a server that closes connections before they are ready')
      : troubleOf(new ReplyError(line));
}
