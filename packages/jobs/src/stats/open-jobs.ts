/** Reads how many jobs have not ended, by lane, and how long the oldest of them waits: of one tenant or of all. */
import type { JobPriority } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { bullmqFields, clockLua, ownFields } from '../bullmq/protocol.ts';
import { lanesInOrder } from '../fair-order.ts';
import { jobListsLua } from '../lists/job-lists.ts';
import { tenantInEnvelope } from '../record/envelope.ts';

export type OpenJobs = {
  /** By lane: for a worker, for their next attempt, or for a pause to end. */
  waiting: Record<JobPriority, number>;
  processing: number;
  /** Since when the one waits that waits longest, by the clock of Redis, and how long; null when none does. */
  oldestMs: number | null;
};

/** `tenant`: null for all. */
export type OpenJobsReader = (tenant: string | null) => Promise<OpenJobs>;

/** Tenants that one script looks at: it must not keep Redis from others for long. */
const tenantsPerScript = 100;
/** Jobs at the front of a list that are looked at, besides those in work: of retried ones there may be many, which wait for less long than they are old. */
const lookedAtFront = 20;

/**
 * Behind the arguments stand the tenants, as envelopes name them. Jobs that are worked on stand in the lists of open ones too,
 * and are told apart by `active`, which is as long as all workers hold jobs.
 */
const openLua = `
local now, isAsked, waiting, processing, oldest = nowMs(), {}, {}, 0, -1
local inWork, inWorkOf = {}, {}
for at = rest, #ARGV do isAsked[ARGV[at]] = true end
for lane = 1, #openLists do waiting[lane] = 0 end
local function isInWork(id, key)
  return redis.call('EXISTS', jobPrefix .. id .. ':lock') == 1 and redis.call('ZSCORE', key, bytesOfId(id))
end
for _, id in ipairs(redis.call('LRANGE', active, 0, -1)) do
  local f = redis.call('HMGET', jobPrefix .. id, '${ownFields.envelope}', '${bullmqFields.rank}')
  local tenant = tenantOf(f[1])
  if tenant and isAsked[tenant] and f[2] and bytesOfId(id) then
    local key = listKey(openListOf(f[2]), tenant)
    if isInWork(id, key) then
      local lane = laneOfRank(f[2])
      inWork[id], inWorkOf[key] = true, (inWorkOf[key] or 0) + 1
      processing, waiting[lane] = processing + 1, waiting[lane] - 1
    end
  end
end
local function waitsSince(id)
  local f = redis.call('HMGET', jobPrefix .. id, '${bullmqFields.createdAt}', '${ownFields.retriedAt}',
    '${bullmqFields.finishedAt}', '${ownFields.cancelledAt}', '${ownFields.deletedAt}')
  if inWork[id] or not f[1] or f[3] or f[4] or f[5] then return end
  return tonumber(f[2] or f[1]), not f[2]
end
for tenant in pairs(isAsked) do
  for lane, list in ipairs(openLists) do
    local key = listKey(list, tenant)
    waiting[lane] = waiting[lane] + redis.call('ZCARD', key)
    local last = (inWorkOf[key] or 0) + ${lookedAtFront - 1}
    for _, bytes in ipairs(redis.call('ZRANGE', key, 0, last)) do
      local since, isLast = waitsSince(idOfBytes(bytes))
      if since then oldest = math.max(oldest, now - since) end
      if isLast then break end
    end
  end
end
return {processing, oldest, unpack(waiting)}`;

/** Of one shard. */
export function createOpenJobsReader(shard: Shard): OpenJobsReader {
  const { redis, keys } = shard;
  const runOpen = defineShardScript(shard, {
    name: 'tintypeOpenJobs',
    pieces: [clockLua, jobListsLua],
    fixedKeys: ['jobPrefix', 'active'],
    keys: [],
    args: [],
    lua: openLua,
    readOnly: true,
  });
  return async (tenant) => {
    const tenants = tenant === null ? await redis.smembers(keys.usageTenants) : [tenantInEnvelope(tenant)];
    const replies: number[][] = [];
    for (let at = 0; at < tenants.length; at += tenantsPerScript) {
      replies.push(numbersIn(await runOpen({}, {}, tenants.slice(at, at + tenantsPerScript))));
    }
    const sum = (at: number) => replies.reduce((total, numbers) => total + Math.max(0, numbers[at] ?? 0), 0);
    const oldestMs = Math.max(-1, ...replies.map(([, oldest = -1]) => oldest));
    return {
      waiting: { high: sum(laneAt('high')), normal: sum(laneAt('normal')), low: sum(laneAt('low')) },
      processing: sum(0),
      oldestMs: oldestMs < 0 ? null : oldestMs,
    };
  };
}

/** Where the number of a lane stands in the script's answer. */
const laneAt = (lane: JobPriority): number => 2 + lanesInOrder.indexOf(lane);

function numbersIn(reply: unknown): number[] {
  return Array.isArray(reply) ? reply.map(Number) : [];
}
