/** What belongs to tenants and to no shard of the queue: keys, palettes, quotas, answers to repeated requests. */
import type { RedisConnection } from './connection.ts';
import { tenantKeys } from './keys.ts';
import { createRedisClock } from './redis-clock.ts';

export type TenantStore = {
  readonly redis: RedisConnection;
  readonly keys: typeof tenantKeys;
  /** As of a shard. */
  nowMs(): number;
};

/** What is kept for tenants over this connection. */
export function openTenantStore(redis: RedisConnection): TenantStore {
  return { redis, keys: tenantKeys, nowMs: createRedisClock(redis) };
}
