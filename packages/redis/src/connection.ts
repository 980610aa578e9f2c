/** Connections to Redis in two profiles: producers fail fast, workers never give up. */
import { Redis, type RedisOptions } from 'ioredis';
import { primaryConnector } from './primary-connector.ts';
import { hideArguments, isRedisFailure, isWrongServer, type RedisTrouble, troubleOf } from './redis-failure.ts';

type Profile = Omit<RedisOptions, 'replyMapping'>;

/** What the other rooms know a connection by: they never import ioredis themselves. */
export type RedisConnection = Redis;

/** Longest pause between two attempts to reconnect; ioredis' own back-off would take 5 s after a short outage. */
const maxReconnectDelayMs = 500;
/** A command without an answer for so long has failed; it may still be carried out. */
const defaultCommandTimeoutMs = 2000;
/**
 * A server that is asked and says nothing for so long is left, and its name looked up again: it may be dead. Not
 * earlier, for one that only pauses does what it was asked for all the same; unless its name leads to another primary
 * (silence.ts).
 */
const producerSilenceMs = 6000;
/** For workers longer: what they have asked for would be done twice. */
const workerSilenceMs = 10_000;
/** A wrong server is left at most once in this time: while no other is there, it may at least be read from. */
const leaveIntervalMs = 1000;

const reconnecting: Profile = {
  retryStrategy: (attempt) => Math.min(50 * attempt, maxReconnectDelayMs),
  connectTimeout: 2000,
  // A server that is left may be dead: it is not waited for.
  disconnectTimeout: 500,
  // How often a server that reads its data is asked whether it is ready.
  maxLoadingRetryTime: 500,
};

export type ConnectionOptions = {
  /** Told of all trouble with the connection and its duplicates, in words for an operator: often, while it lasts. */
  onTrouble?: (trouble: RedisTrouble) => void;
};

/**
 * For request paths: a command fails at once while Redis is away, and after its time when it hangs. Commands of one
 * tick share a round trip.
 */
export function connectProducer(
  url: string,
  { commandTimeoutMs = defaultCommandTimeoutMs, ...options }: ConnectionOptions & { commandTimeoutMs?: number } = {},
): RedisConnection {
  return open(url, options, {
    ...reconnecting,
    socketTimeout: producerSilenceMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: commandTimeoutMs,
  });
}

/** For workers: commands wait until Redis is back, blocking reads included. */
export function connectWorker(url: string, options: ConnectionOptions = {}): RedisConnection {
  return open(url, options, { ...reconnecting, socketTimeout: workerSilenceMs, maxRetriesPerRequest: null });
}

/**
 * Another connection to the same server, for commands that block: it may be silent for as long as they say. Whoever
 * uses it learns of its end by them.
 */
export function duplicateForWaiting(redis: RedisConnection, connectionName: string): RedisConnection {
  const made = redis.duplicate({ connectionName, socketTimeout: undefined, ...leavingWrongServers(reportOf(redis)) });
  made.on('error', hideArguments);
  return made;
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
  const subscriber = redis.duplicate({ autoResubscribe: false, ...leavingWrongServers(reportOf(redis)) });
  subscriber.on('error', hideArguments);
  subscriber.on('message', (_channel, message) => onMessage(message));
  const leave = () => void (subscriber.status === 'ready' && subscriber.disconnect(true));
  // When the server hangs, is gone again or refuses, all begins anew with another connection, after a pause.
  const startAnew = (err: unknown) => void (isRedisFailure(err) && setTimeout(leave, maxReconnectDelayMs).unref());
  subscriber.on('ready', () => void subscriber.subscribe(channel).then(onListening, startAnew));
  // One who only listens is never told that its server is not the primary any more.
  redis.on('close', leave);
  return {
    close() {
      redis.off('close', leave);
      return disconnect(subscriber);
    },
  };
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

type Report = (trouble: RedisTrouble) => void;
const reports = new WeakMap<RedisConnection, Report>();

/** What is told of trouble with this connection, and with its duplicates. */
function reportOf(redis: RedisConnection): Report {
  return reports.get(redis) ?? (() => undefined);
}

/** Accepts `redis://`, `rediss://` and the absolute path of a unix socket. */
function open(url: string, { onTrouble = () => undefined }: ConnectionOptions, profile: Profile): RedisConnection {
  const Connector = primaryConnector(onTrouble);
  const options: Profile = { ...profile, ...leavingWrongServers(onTrouble), Connector };
  const redis = new JoiningRedis(url, options);
  reports.set(redis, onTrouble);
  redis.on('error', (err) => {
    hideArguments(err);
    onTrouble(troubleOf(err));
  });
  return redis;
}

/** Asked for each error that a server answers with: true to leave it, and to look up its name again. */
function leavingWrongServers(onTrouble: Report) {
  let leftAtMs = Number.NEGATIVE_INFINITY;
  return {
    reconnectOnError(err: Error): boolean {
      hideArguments(err);
      if (isRedisFailure(err)) onTrouble(troubleOf(err));
      if (!isWrongServer(err) || performance.now() - leftAtMs < leaveIntervalMs) return false;
      leftAtMs = performance.now();
      return true;
    },
  };
}

/** Closes for good: waits for outstanding commands when connected, drops the socket otherwise. */
export async function disconnect(redis: RedisConnection): Promise<void> {
  if (redis.status !== 'ready') return redis.disconnect();
  await redis.quit().catch(() => redis.disconnect());
}
