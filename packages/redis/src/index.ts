/** The only importer of ioredis: connection profiles, deadlines, shards, scripts, key names. */
export {
  type ConnectionOptions,
  connectProducer,
  connectWorker,
  disconnect,
  duplicateForWaiting,
  type RedisConnection,
  subscribe,
} from './connection.ts';
export { keysOf, type ShardKeys, shardPrefix, tenantKeys } from './keys.ts';
export { isRedisFailure, type RedisTrouble } from './redis-failure.ts';
export { defineScript, defineShardScript, type LuaPiece, type Script } from './script.ts';
export { findServerWeaknesses } from './server-check.ts';
export { openShard, type Shard, type ShardPlace } from './shard.ts';
export { openTenantStore, type TenantStore } from './tenant-store.ts';
export { createWithDeadline, type WithDeadline } from './with-deadline.ts';
