/** Writes how far a job is, and announces it. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { jobEventsLua } from '../job-events/announce.ts';
import { bullmqFields, clockLua } from './protocol.ts';

/** Nothing is written of a job that is gone. */
export type WriteProgress = (id: string, progress: unknown) => Promise<void>;

const progressLua = `
local job = jobPrefix .. id
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('HSET', job, '${bullmqFields.progress}', progress)
announce('progress', id)
return 1`;

export function createProgressWriter(shard: Shard): WriteProgress {
  const runProgress = defineShardScript(shard, {
    name: 'tintypeProgress',
    pieces: [clockLua, jobEventsLua],
    keys: [],
    args: ['id', 'progress'],
    lua: progressLua,
  });
  return async (id, progress) => void (await runProgress({}, { id, progress: JSON.stringify(progress) }));
}
