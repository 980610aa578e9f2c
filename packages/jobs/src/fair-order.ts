/** The order of waiting jobs: lanes by urgency, and tenants in turn (start-time fair queueing), as one number each. */
import type { JobPriority } from '@tintype/contracts';
import type { LuaPiece } from '@tintype/redis';

/** How a job came in: somebody waits for the answer, a single job, or one of many. */
export type JobUrgency = 'waiting' | 'single' | 'batch';

/**
 * How far a lane stands behind the first one, in virtual time: jobs of a higher lane go first until they have used up
 * the difference, then the lower one has its turn. So it never starves: a normal job waits for 2000 high ones, a low
 * one for 4500 normal ones, and not longer.
 */
const priorityLags: Record<JobPriority, number> = { high: 0, normal: 2000, low: 20_000 };
const urgencyLags: Record<JobUrgency, number> = { waiting: 0, single: 300, batch: 1000 };
/**
 * What one job costs its tenant in its lane, in virtual time: where all lanes are busy for long, for each low job there
 * are 4 normal and 16 high ones.
 */
const priorityCosts: Record<JobPriority, number> = { high: 1, normal: 4, low: 16 };
/** Lanes fit into this many codes. */
export const codes = 16;

export type Lane = {
  code: number;
  lag: number;
  cost: number;
  /** Of a job that passes no other tenant's: its place in its tenant's own order (own-turn.ts). */
  level?: number;
};

const priorities = ['high', 'normal', 'low'] as const;
const urgencies = ['waiting', 'single', 'batch'] as const;

/** Every lane has a code, so that a rank tells of which lane it is. */
export function laneOf(priority: JobPriority, urgency: JobUrgency): Lane {
  const lag = priorityLags[priority] + urgencyLags[urgency];
  const code = urgencies.length * priorities.indexOf(priority) + urgencies.indexOf(urgency);
  return { code, lag, cost: priorityCosts[priority] };
}

/** Lags by code, from 0, as a Lua table. */
const lagsLua = priorities
  .flatMap((priority) => urgencies.map((urgency) => laneOf(priority, urgency)))
  .map(({ code, lag }) => `[${code}]=${lag}`)
  .join(',');

/**
 * For Lua: `rankOf(tenantLane, code, cost)` answers the rank of a new job: the number that BullMQ knows as its
 * priority; its score is that times 2^32. It is (start + lag) × 16 + code.
 *
 * `start` is the virtual start time of the job: that of the job which is served now (the head of the queue), or the
 * finish of the tenant's job before it in the lane if that is later. The sorted set `fair` holds the finish per tenant
 * and lane, and under `*` the virtual time, which never goes back; entries that lag behind it are as good as new and
 * are dropped. When nothing waits, everybody starts anew at the latest finish. Numbers grow by a few per job and are
 * exact up to 2^53, so they never wrap. Equal ranks go by id, that is by time.
 *
 * P. Goyal, H. Vin, H. Cheng: Start-time Fair Queuing, 1996.
 */
export const rankLua: LuaPiece = {
  keys: ['prioritized', 'fair'],
  lua: `
local lags = {${lagsLua}}
local function presentSince(known)
  local head = redis.call('ZRANGE', prioritized, 0, 0, 'WITHSCORES')
  if head[2] then
    local rank = math.floor(tonumber(head[2]) / 0x100000000)
    return math.max(known, math.floor(rank / ${codes}) - (lags[rank % ${codes}] or 0))
  end
  local latest = redis.call('ZREVRANGE', fair, 0, 0, 'WITHSCORES')
  return math.max(known, tonumber(latest[2]) or 0)
end
local function forgetBefore(now)
  redis.call('ZREMRANGEBYSCORE', fair, '-inf', '(' .. string.format('%.0f', now))
end
local function rankOf(tenantLane, code, cost)
  local known = redis.call('ZMSCORE', fair, '*', tenantLane)
  local now = presentSince(tonumber(known[1] or 0))
  local start = math.max(now, tonumber(known[2] or 0))
  redis.call('ZADD', fair, now, '*', start + cost, tenantLane)
  forgetBefore(now)
  return (start + lags[code]) * ${codes} + code
end`,
};

/** The lanes that can be paused: the priorities, in the order of `laneOfRank(rank)`, which for Lua answers one from 1. */
export const lanesInOrder = priorities;
export const laneOfRankLua = `
local laneCosts = {${priorities.map((priority) => priorityCosts[priority]).join(', ')}}
local function laneOfRank(rank)
  return math.min(math.floor(tonumber(rank or 0) % ${codes} / ${urgencies.length}) + 1, ${priorities.length})
end`;

/** What a tenant's jobs in a lane are kept under. */
export function laneKeyOf(tenant: string, { code }: Lane): string {
  return `${code}:${tenant}`;
}
