/** How an idle worker waits for work: on BullMQ's marker, over a connection of its own. */
import { duplicateForWaiting, type RedisConnection, type Shard } from '@tintype/redis';

export type IdleWait = {
  /** When there may be work, by the clock of Redis: 0 at once; null when the time is over, or the wait was ended. */
  wait(seconds: number): Promise<number | null>;
  /** Puts back the marker that ended a wait: this worker cannot do what there is. */
  wakeAnother(atMs: number): void;
  /** Ends the wait that is under way, and its connection. */
  end(): void;
};

/** An answer that comes later than this will never come: the connection is given up for another one. */
const overdueMs = 1000;

/**
 * A wait ends with the connection for commands: its server may be dead, or have lost its name to another one.
 * `connectionName`: how it shows among the clients of Redis.
 */
export function createIdleWait({ redis, keys }: Shard, connectionName: string): IdleWait {
  let connection: RedisConnection | null = null;
  let endWait = () => {};
  const giveUp = (): void => {
    redis.off('close', giveUp);
    connection?.disconnect();
    connection = null;
    endWait();
  };
  const connect = (): RedisConnection => {
    redis.on('close', giveUp);
    return duplicateForWaiting(redis, connectionName);
  };
  return {
    async wait(seconds) {
      const over = Promise.withResolvers<null>();
      endWait = () => over.resolve(null);
      const timer = setTimeout(giveUp, seconds * 1000 + overdueMs);
      connection ??= connect();
      const marked = connection.bzpopmin(keys.marker, seconds);
      marked.catch(() => undefined); // of a wait that was given up
      try {
        const reply = await Promise.race([marked, over.promise]);
        return reply === null ? null : Number(reply[2]);
      } finally {
        clearTimeout(timer);
      }
    },
    wakeAnother(atMs) {
      // When it is lost, the others find out by themselves, at the end of their waits.
      redis.zadd(keys.marker, 'NX', atMs, atMs === 0 ? '0' : '1').catch(() => undefined);
    },
    end: giveUp,
  };
}
