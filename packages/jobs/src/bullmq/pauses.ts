/** Lanes of the queue that are paused: workers take none of their jobs, which stand aside until the lane goes on. */
import { type JobPriority, jobPriorities } from '@tintype/contracts';
import { defineShardScript, type LuaPiece, type Shard } from '@tintype/redis';
import { codes, laneOfRankLua, lanesInOrder, rankLua } from '../fair-order.ts';
import { bullmqFields, movedPerScript, ownFields, queueLua } from './protocol.ts';

export type QueuePauses = {
  /** No worker takes jobs of these lanes from now on; what is worked on ends. Answers the lanes that are paused now. */
  pause(lanes: readonly JobPriority[]): Promise<JobPriority[]>;
  /** The opposite. The jobs that stood aside are put back by whoever calls `putBack` until none is left, or by workers. */
  resume(lanes: readonly JobPriority[]): Promise<JobPriority[]>;
  /** Puts some jobs of lanes that go on back to their own places; answers how many it looked at. */
  putBack(): Promise<number>;
  paused(): Promise<JobPriority[]>;
};

/** BullMQ's own field of the queue's `meta`: all of it is paused. Ours stand beside it, one for each lane. */
const pausedFields = ['paused', ...lanesInOrder.map((lane) => `paused:${lane}`)] as const;
/** Beside them: how often lanes have gone on. */
const resumesField = 'resumes';
const quotedFields = pausedFields.map((name) => `'${name}'`).join(', ');

/**
 * For Lua: `pausesNow()`, which `isPaused(pauses, rank)` asks about a job. Where a lane is paused, whoever meets one of
 * its jobs lets it `stepAside(id, rank)`, into a set of the lane's own, so that it is met once; `isAside(id)`;
 * `leaveAsides(id)` answers whether it stood there.
 */
export const pausesLua: LuaPiece = {
  keys: ['meta', 'pausedHigh', 'pausedNormal', 'pausedLow'],
  lua: `
local asides = {pausedHigh, pausedNormal, pausedLow}
${laneOfRankLua}
local function pausesNow()
  return redis.call('HMGET', meta, ${quotedFields})
end
local function isPaused(pauses, rank)
  return pauses[1] or pauses[laneOfRank(rank) + 1]
end
local function stepAside(id, rank)
  redis.call('ZADD', asides[laneOfRank(rank)], scoreOf(tonumber(rank or 0)), id)
end
local function isAside(id)
  for _, aside in ipairs(asides) do
    if redis.call('ZSCORE', aside, id) then return true end
  end
  return false
end
local function leaveAsides(id)
  return redis.call('ZREM', pausedHigh, id) + redis.call('ZREM', pausedNormal, id) + redis.call('ZREM', pausedLow, id)
end
`,
};

/**
 * For Lua: `lineUpResumed()` puts jobs of lanes that go on back, some at a time, and answers how many it looked at. They
 * keep their order, and stand in line as if they had come in now: by the ranks that they had, a lane that was paused for
 * long would go before all others until it had caught up. Tenants take turns again, in flows that begin anew each time.
 */
const resumeLua: LuaPiece = {
  keys: [...pausesLua.keys, ...rankLua.keys, 'jobPrefix'],
  lua: `
local function lineUpAnew(id, flow)
  local f = redis.call('HMGET', jobPrefix .. id, '${bullmqFields.rank}', '${ownFields.envelope}')
  local tenant = string.match(f[2] or '', '^%S+ %S+ (%S+)')
  if f[1] and tenant then
    tenant = string.gsub(tenant, '%%(%x%x)', function(digits) return string.char(tonumber(digits, 16)) end)
    local code, cost = tonumber(f[1]) % ${codes}, laneCosts[laneOfRank(f[1])]
    local rank = rankOf(flow .. code .. ':' .. tenant, code, cost)
    local finish = math.floor(rank / ${codes}) - lags[code] + cost
    redis.call('ZADD', fair, 'GT', string.format('%.0f', finish), code .. ':' .. tenant)
    redis.call('HSET', jobPrefix .. id, '${bullmqFields.rank}', string.format('%.0f', rank))
  end
  lineUpAgain(id)
end
local function lineUpResumed()
  if redis.call('EXISTS', pausedHigh, pausedNormal, pausedLow) == 0 then return 0 end
  local pauses = pausesNow()
  local flow = 'r' .. (redis.call('HGET', meta, '${resumesField}') or 0) .. ':'
  local looked = 0
  for at, aside in ipairs(asides) do
    if not pauses[1] and not pauses[at + 1] then
      for _, id in ipairs(redis.call('ZRANGE', aside, 0, ${movedPerScript - 1})) do
        redis.call('ZREM', aside, id)
        if isWanted(marksOf(id)) then lineUpAnew(id, flow) end
        looked = looked + 1
      end
    end
  end
  return looked
end`,
};

/** What a script stands on that puts them back. */
export const resumingLua: readonly LuaPiece[] = [...queueLua, pausesLua, rankLua, resumeLua];

/**
 * Behind the argument stand the lanes. When all are paused it is BullMQ's own pause, which its tools see and may end;
 * that wakes nobody. Idle workers are woken by what was resumed.
 */
const changeLua = `
local pauses = pausesNow()
local isChanged = {}
for at = rest, #ARGV do isChanged[ARGV[at]] = true end
local paused, others = {}, {}
for at, lane in ipairs({${lanesInOrder.map((lane) => `'${lane}'`).join(', ')}}) do
  local isLanePaused = pauses[1] or pauses[at + 1]
  if isChanged[lane] then isLanePaused = wanted == '1' end
  table.insert(isLanePaused and paused or others, lane)
end
redis.call('HDEL', meta, ${quotedFields})
if #others == 0 then
  redis.call('HSET', meta, 'paused', 1)
else
  for _, lane in ipairs(paused) do redis.call('HSET', meta, 'paused:' .. lane, 1) end
end
if wanted == '0' then redis.call('HINCRBY', meta, '${resumesField}', 1) end
if wanted == '0' and redis.call('EXISTS', prioritized, wait) > 0 then redis.call('ZADD', marker, 0, '0') end
return paused`;

/** Of one shard's queue. What is paused is kept in Redis: it outlives every process. */
export function createQueuePauses(shard: Shard): QueuePauses {
  const runChange = defineShardScript(shard, {
    name: 'tintypeChangePauses',
    pieces: [...queueLua, pausesLua],
    fixedKeys: ['wait'],
    keys: [],
    args: ['wanted'],
    lua: changeLua,
  });
  const runLineUp = defineShardScript(shard, {
    name: 'tintypeLineUpResumed',
    pieces: resumingLua,
    keys: [],
    args: [],
    lua: 'return lineUpResumed()',
  });
  const lanesIn = (words: unknown) => {
    const named = Array.isArray(words) ? words.map(String) : [];
    return jobPriorities.filter((lane) => named.includes(lane));
  };
  return {
    pause: async (lanes) => lanesIn(await runChange({}, { wanted: 1 }, lanes)),
    resume: async (lanes) => lanesIn(await runChange({}, { wanted: 0 }, lanes)),
    putBack: async () => Number(await runLineUp({}, {})),
    paused: () => readPaused(shard),
  };
}

/** The lanes that are paused now: one round trip. */
export async function readPaused({ redis, keys }: Shard): Promise<JobPriority[]> {
  const [all, ...lanes] = await redis.hmget(keys.meta, ...pausedFields);
  return jobPriorities.filter((lane) => (all ?? lanes[lanesInOrder.indexOf(lane)]) != null);
}
