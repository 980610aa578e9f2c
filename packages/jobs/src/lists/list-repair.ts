/** Puts the lists of tenants' jobs right: those of earlier releases come in, and what is gone or stands wrong goes. */
import { isThumbnailId } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { bullmqFields, ownFields } from '../bullmq/protocol.ts';
import { jobLists, jobListsLua } from './job-lists.ts';

export type ListRepair = {
  /** Lets each job stand in the lists where it belongs, and in no other; answers how many entries that changed. */
  listJobs(ids: readonly string[]): Promise<number>;
  /** Drops entries of jobs that are gone from the list under this key, some at a time. */
  dropGone(list: string): AsyncIterable<{ looked: number; dropped: number }>;
};

/** Entries that one script looks at: it must not keep Redis from others for long. */
const lookedAtPerScript = 100;

/** A record of release 0.1.0 without an envelope names its tenant first in its data. One that is being removed is left alone. */
const listJobsLua = `
local changed = 0
for at = rest, #ARGV do
  local id = ARGV[at]
  local f = redis.call('HMGET', jobPrefix .. id, '${bullmqFields.createdAt}', '${bullmqFields.finishedAt}',
    '${ownFields.cancelledAt}', '${ownFields.deletedAt}', '${ownFields.envelope}', '${bullmqFields.rank}')
  local tenant, bytes = tenantOf(f[5]), bytesOfId(id)
  if f[1] and not tenant then
    tenant = string.match(redis.call('HGET', jobPrefix .. id, '${bullmqFields.data}') or '', '^{"tenant":"([%w._-]+)"')
  end
  if f[1] and not f[4] and tenant and bytes then
    local own = false
    if f[3] then
      own = 'cancelled'
    elseif not f[2] then
      own = openListOf(f[6])
    elseif redis.call('HEXISTS', jobPrefix .. id, '${bullmqFields.result}') == 0 then
      own = 'failed'
    end
    for _, list in ipairs({${jobLists.map((list) => `'${list}'`).join(', ')}}) do
      if list == 'all' or list == own then
        changed = changed + redis.call('ZADD', listKey(list, tenant), 0, bytes)
      else
        changed = changed + redis.call('ZREM', listKey(list, tenant), bytes)
      end
    end
  end
end
return changed`;

/** Answers how many were looked at and dropped, and where to go on. */
const dropGoneLua = `
local from = after == '' and '-' or '(' .. bytesOfId(after)
local members = redis.call('ZRANGE', list, from, '+', 'BYLEX', 'LIMIT', 0, ${lookedAtPerScript})
local dropped = 0
for _, member in ipairs(members) do
  if redis.call('EXISTS', jobPrefix .. idOfBytes(member)) == 0 then dropped = dropped + redis.call('ZREM', list, member) end
end
return {#members, dropped, #members == ${lookedAtPerScript} and idOfBytes(members[#members]) or false}`;

/** Of one shard. */
export function createListRepair(shard: Shard): ListRepair {
  const common = { pieces: [jobListsLua], fixedKeys: ['jobPrefix'] } as const;
  const runListJobs = defineShardScript(shard, {
    ...common,
    name: 'tintypeListJobs',
    keys: [],
    args: [],
    lua: listJobsLua,
  });
  const runDropGone = defineShardScript(shard, {
    ...common,
    name: 'tintypeDropGone',
    keys: ['list'],
    args: ['after'],
    lua: dropGoneLua,
  });
  return {
    listJobs: async (ids) => Number(await runListJobs({}, {}, ids.filter(isThumbnailId))),
    async *dropGone(list) {
      let after = '';
      do {
        const reply = await runDropGone({ list }, { after });
        const [looked, dropped, next] = Array.isArray(reply) ? reply : [];
        after = typeof next === 'string' ? next : '';
        yield { looked: Number(looked), dropped: Number(dropped) };
      } while (after !== '');
    },
  };
}
