/** How the operator's commands reach Redis: at once, or not at all. */
import { once } from 'node:events';
import { connectProducer, disconnect, openShard, type Shard } from '@tintype/redis';

/** Longest wait for a Redis that does not answer. */
const connectLimitMs = 5000;

/** Does the work with a connection of its own; throws when Redis does not answer in time. */
export async function withShard<Value>(redisUrl: string, work: (shard: Shard) => Promise<Value>): Promise<Value> {
  const redis = connectProducer(redisUrl);
  try {
    await once(redis, 'ready', { signal: AbortSignal.timeout(connectLimitMs) });
    return await work(openShard(redis));
  } finally {
    await disconnect(redis);
  }
}
