/** The only importer of ioredis: connection profiles, the circuit breaker, key names. */
export { createCircuit, type RedisCircuit } from './circuit.ts';
export {
  connectProducer,
  connectWorker,
  disconnect,
  type RedisConnection,
  subscribe,
} from './connection.ts';
export { keysOf, type ShardKeys, shardPrefix } from './keys.ts';
export { isRedisFailure } from './redis-failure.ts';
export { defineScript, type Script, type ScriptDefinition } from './script.ts';
export { findServerWeaknesses } from './server-check.ts';
