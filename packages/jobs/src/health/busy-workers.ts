/** Which workers live, and how many jobs each of them holds. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { bullmqFields } from '../bullmq/protocol.ts';
import { type LivingWorker, readLivingWorkers } from './heartbeats.ts';

export type BusyWorker = LivingWorker & { jobs: number };

/** The worker of each job that is held: as many as all workers hold at once. */
const holdersLua = `
local holders = {}
for _, id in ipairs(redis.call('LRANGE', active, 0, -1)) do
  table.insert(holders, redis.call('HGET', jobPrefix .. id, '${bullmqFields.worker}') or '')
end
return holders`;

/** The longest running first. */
export function createBusyWorkersReader(shard: Shard): () => Promise<BusyWorker[]> {
  const runHolders = defineShardScript(shard, {
    name: 'tintypeHolders',
    fixedKeys: ['active', 'jobPrefix'],
    keys: [],
    args: [],
    lua: holdersLua,
    readOnly: true,
  });
  return async () => {
    const [{ workers }, reply] = await Promise.all([readLivingWorkers(shard), runHolders({}, {})]);
    const held = new Map<string, number>();
    for (const name of Array.isArray(reply) ? reply.map(String) : []) held.set(name, (held.get(name) ?? 0) + 1);
    return workers
      .map((worker) => ({ ...worker, jobs: held.get(worker.name) ?? 0 }))
      .sort((one, other) => one.sinceMs - other.sinceMs || one.name.localeCompare(other.name));
  };
}
