/** One shard of the queue: its connection, the names of its keys, and the time that all its processes share. */
import type { RedisConnection } from './connection.ts';
import { keysOf, type ShardKeys } from './keys.ts';
import { redisClockOf } from './redis-clock.ts';

export type Shard = {
  readonly number: number;
  readonly redis: RedisConnection;
  readonly keys: ShardKeys;
  /**
   * Milliseconds since the epoch by the clock of Redis: whatever two machines compare is told by it. Scripts ask for
   * the time themselves.
   */
  nowMs(): number;
};

/** Where a shard's keys are: all that a script needs of it. */
export type ShardPlace = Pick<Shard, 'number' | 'redis' | 'keys'>;

/** The shard of this number over one connection, which others may share. */
export function openShard(redis: RedisConnection, number = 0): Shard {
  return { number, redis, keys: keysOf(number), nowMs: redisClockOf(redis) };
}
