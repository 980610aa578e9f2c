/** Connections to Redis in two profiles: producers fail fast, workers never give up. */
import { Redis, type RedisOptions } from 'ioredis';
import { isRedisFailure } from './redis-failure.ts';

type Profile = Omit<RedisOptions, 'replyMapping'>;

/** What the other rooms know a connection by: they never import ioredis themselves. */
export type RedisConnection = Redis;

/** Longest pause between two attempts to reconnect; ioredis' own back-off would take 5 s after a short outage. */
const maxReconnectDelayMs = 500;
/** A command without an answer for so long has failed; it may still be carried out. */
const defaultCommandTimeoutMs = 2000;

const reconnecting: Profile = {
  retryStrategy: (attempt) => Math.min(50 * attempt, maxReconnectDelayMs),
  connectTimeout: 2000,
};

/**
 * For request paths: a command fails at once while Redis is away, and after its time when it hangs. Commands of one
 * tick share a round trip.
 */
export function connectProducer(url: string, { commandTimeoutMs = defaultCommandTimeoutMs } = {}): RedisConnection {
  return open(url, {
    ...reconnecting,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: commandTimeoutMs,
  });
}

/** For workers: commands wait until Redis is back, blocking reads included. */
export function connectWorker(url: string): RedisConnection {
  return open(url, { ...reconnecting, maxRetriesPerRequest: null });
}

/**
 * Hears what is published on a channel, over a connection of its own; it finds its way back after an outage by itself.
 * `onListening` is called each time when it hears again: what was published before that is lost.
 */
export function subscribe(
  redis: RedisConnection,
  channel: string,
  onMessage: (message: string) => void,
  onListening?: () => void,
): { close(): Promise<void> } {
  const subscriber = redis.duplicate({ autoResubscribe: false });
  subscriber.on('error', () => undefined);
  subscriber.on('message', (_channel, message) => onMessage(message));
  // When the server hangs or is gone again, all begins anew with another connection.
  const startAnew = (err: unknown) => void (isRedisFailure(err) && subscriber.disconnect(true));
  subscriber.on('ready', () => void subscriber.subscribe(channel).then(onListening, startAnew));
  return { close: () => disconnect(subscriber) };
}

/**
 * Commands of one turn of the event loop leave in one write: a write is a system call here and a read there, and the
 * server answers together what came together. Cheaper than ioredis' auto-pipelining.
 */
class JoiningRedis extends Redis {
  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    const socket = this.stream;
    if (socket?.writable && socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
    }
    return super.sendCommand(command, stream);
  }
}

/** Accepts `redis://`, `rediss://` and the absolute path of a unix socket. */
function open(url: string, options: Profile): RedisConnection {
  const redis = new JoiningRedis(url, options);
  // Without a listener ioredis prints each lost connection; `createWithDeadline` and /health tell of it instead.
  redis.on('error', () => undefined);
  return redis;
}

/** Closes for good: waits for outstanding commands when connected, drops the socket otherwise. */
export async function disconnect(redis: RedisConnection): Promise<void> {
  if (redis.status !== 'ready') return redis.disconnect();
  await redis.quit().catch(() => redis.disconnect());
}
