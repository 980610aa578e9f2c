/** What belongs to tenants and to no shard of the queue: keys, palettes, quotas, answers to repeated requests. */
import type { RedisConnection } from './connection.ts';
import { keysOf, tenantKeys } from './keys.ts';
import { redisClockOf } from './redis-clock.ts';
import type { ShardPlace } from './shard.ts';

export type TenantStore = {
  readonly redis: RedisConnection;
  readonly keys: typeof tenantKeys;
  /** The shard whose hash tag these keys have: what is kept here is counted there. */
  readonly home: ShardPlace;
  /** As of a shard. */
  nowMs(): number;
};

/** What is kept for tenants over this connection. */
export function openTenantStore(redis: RedisConnection): TenantStore {
  return { redis, keys: tenantKeys, home: { number: 0, redis, keys: keysOf(0) }, nowMs: redisClockOf(redis) };
}
