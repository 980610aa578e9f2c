/** Writes how far a job is, and announces it. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { jobEventsLua } from '../job-events/announce.ts';
import { bullmqFields, clockLua, ownFields } from './protocol.ts';

/** Nothing is written of a job that is gone or over. */
export type WriteProgress = (id: string, progress: unknown) => Promise<void>;

const progressLua = `
local job = jobPrefix .. id
local f = redis.call('HMGET', job, '${bullmqFields.createdAt}', '${bullmqFields.finishedAt}', '${ownFields.cancelledAt}',
  '${ownFields.deletedAt}')
if not f[1] or f[2] or f[3] or f[4] then return 0 end
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
