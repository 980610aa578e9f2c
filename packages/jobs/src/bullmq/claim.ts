/** A worker's claim on the next job: taken from the queue and locked by one script. */
import { defineShardScript, type LuaPiece, type Shard } from '@tintype/redis';
import type { JobJson } from 'bullmq';
import { givesWayLua } from '../own-turn.ts';
import { jobOptions } from '../record/job-failures.ts';
import { pausesLua } from './pauses.ts';
import { bullmqFields, ownFields, queueLua } from './protocol.ts';

/** Who claims jobs, and for how long without renewing. */
export type Claimant = { worker: string; lockMs: number };

/**
 * A job that is this worker's now, with the envelope of its record; or none, and when the next one is due by the clock
 * of Redis.
 */
export type Claim = { job: JobJson; token: string; envelope: string | null } | { job: null; dueMs: number | null };

/** What a worker must know of a job, in the order of the script's answer; attempts that were begun come first. */
const claimedFields = [
  bullmqFields.attemptsStarted,
  bullmqFields.name,
  bullmqFields.data,
  bullmqFields.createdAt,
  bullmqFields.rank,
  bullmqFields.attemptsMade,
  bullmqFields.stalls,
  bullmqFields.attempts,
  ownFields.envelope,
  ownFields.turn,
] as const;

/** Where a field stands in that answer, counted as Lua does. */
const luaIndexOf = (field: (typeof claimedFields)[number]): number => claimedFields.indexOf(field) + 1;

/** A queue that is full of ids without a record is gone through in pieces. */
const lostPerScript = 100;

/**
 * For Lua: `take(id, now, isNext, pauses)`, for scripts with the arguments `token`, `lockMs` and `worker`, makes an
 * active job this worker's and answers its fields; false when there is no such job, when its lane is paused, or when it is
 * the next one of the queue and gives way to others of its tenant.
 */
const takeLua: LuaPiece = {
  keys: ['jobPrefix', ...givesWayLua.keys, ...pausesLua.keys],
  lua: `${givesWayLua.lua}${pausesLua.lua}
local function take(id, now, isNext, pauses)
  local job = jobPrefix .. id
  local fields = redis.call('HMGET', job, ${claimedFields.map((field) => `'${field}'`).join(', ')})
  if not fields[2] and not fields[3] then return false end
  if isPaused(pauses, fields[${luaIndexOf(bullmqFields.rank)}]) then
    stepAside(id, fields[${luaIndexOf(bullmqFields.rank)}])
    return false
  end
  if isNext and fields[${luaIndexOf(ownFields.turn)}] and givesWay(id, fields[${luaIndexOf(bullmqFields.rank)}], fields[${luaIndexOf(ownFields.turn)}],
    fields[${luaIndexOf(ownFields.envelope)}]) then return false end
  redis.call('SET', job .. ':lock', token, 'PX', lockMs)
  fields[1] = tonumber(fields[1] or 0) + 1
  redis.call('HSET', job, '${bullmqFields.startedAt}', now, '${bullmqFields.worker}', worker,
    '${bullmqFields.attemptsStarted}', fields[1])
  announce('processing', id)
  return fields
end`,
};

/**
 * For Lua: `claimNext(now)` answers the id, the time and the fields of a job that is this worker's now; else false and
 * when the next one is due. Jobs of dead workers go first; none while the whole queue is paused. Idle workers are woken while there is more to take, or to
 * wait for.
 */
const claimLua: LuaPiece = {
  keys: ['wait', 'active', 'prioritized', 'marker'],
  lua: `
local function claimNext(now)
  local due = promoteDue(now)
  local pauses = pausesNow()
  if pauses[1] then return {false, due} end
  for _ = 1, ${lostPerScript} do
    local id = redis.call('RPOPLPUSH', wait, active)
    local isNext = not id
    if isNext then
      id = redis.call('ZPOPMIN', prioritized)[1]
      if not id then return {false, due} end
      redis.call('LPUSH', active, id)
    end
    local fields = take(id, now, isNext, pauses)
    if fields then
      if due or redis.call('EXISTS', prioritized, wait) > 0 then redis.call('ZADD', marker, 0, '0') end
      return {id, now, fields}
    end
    redis.call('LREM', active, 1, id)
  end
  return {false, now}
end`,
};

/** What a script stands on that may claim a job at its end. */
export const claimingLua: readonly LuaPiece[] = [...queueLua, takeLua, claimLua];
/** The arguments that such a script has. */
export const claimArgs = ['token', 'lockMs', 'worker'] as const;

/** A claim that passes over tenants looks at so many jobs at the front, where those of others are as a rule, … */
const lookedAtFront = 100;
/** … and at so many further behind, the next one at those behind them, … */
const lookedBehind = 300;
/** … and behind the front again, when it has come so far. */
const deepestLook = 10_000;

/**
 * Behind the arguments stand the tenants that are passed over, as envelopes name them. Answers as `claimNext` does; when
 * there is none, also how many jobs were looked at from `from` on.
 */
const claimOtherLua = `
local isPassed = {}
for at = rest, #ARGV do isPassed[ARGV[at]] = true end
local now = nowMs()
local pauses = pausesNow()
if pauses[1] then return {false, false, 0} end
local ids = redis.call('ZRANGE', prioritized, 0, ${lookedAtFront - 1})
local behind = redis.call('ZRANGE', prioritized, from, from + ${lookedBehind - 1})
for _, id in ipairs(behind) do ids[#ids + 1] = id end
for _, id in ipairs(ids) do
  local tenant = string.match(redis.call('HGET', jobPrefix .. id, '${ownFields.envelope}') or '', '^%S+ %S+ (%S+)')
  if tenant and not isPassed[tenant] then
    redis.call('ZREM', prioritized, id)
    redis.call('LPUSH', active, id)
    local fields = take(id, now, true, pauses)
    if fields then return {id, now, fields} end
    redis.call('LREM', active, 1, id)
  end
end
return {false, false, #behind}`;

export type Claims = {
  /** The next job. */
  next(token: string): Promise<Claim>;
  /**
   * One of tenants other than these, which are named as in envelopes. Each call looks at the front of
   * the queue and through a part of the rest, and the next one goes on behind that.
   */
  nextOfOthers(token: string, tenants: readonly string[]): Promise<Claim>;
};

/** Makes the claims of this worker. */
export function createClaims(shard: Shard, { worker, lockMs }: Claimant): Claims {
  const runClaim = defineShardScript(shard, {
    name: 'tintypeClaim',
    pieces: claimingLua,
    keys: [],
    args: claimArgs,
    lua: 'return claimNext(nowMs())',
  });
  const runClaimOther = defineShardScript(shard, {
    name: 'tintypeClaimOther',
    pieces: [...queueLua, takeLua],
    fixedKeys: ['active'],
    keys: [],
    args: [...claimArgs, 'from'],
    lua: claimOtherLua,
  });
  /** Where the next look behind the front begins. */
  let from = lookedAtFront;
  return {
    next: async (token) => claimOf(await runClaim({}, { token, lockMs, worker }), token),
    async nextOfOthers(token, tenants) {
      const reply = await runClaimOther({}, { token, lockMs, worker, from }, tenants);
      const claim = claimOf(reply, token);
      const looked = claim.job === null && Array.isArray(reply) ? Number(reply[2]) : 0;
      from = looked < lookedBehind || from + looked >= deepestLook ? lookedAtFront : from + looked;
      return claim;
    },
  };
}

/** Reads what `claimNext` has answered. */
export function claimOf(reply: unknown, token: string): Claim {
  const [id, timeMs, fields] = Array.isArray(reply) ? reply : [];
  if (typeof id !== 'string' || !Array.isArray(fields)) {
    return { job: null, dueMs: timeMs === null || timeMs === undefined ? null : Number(timeMs) };
  }
  const envelope = fields[claimedFields.indexOf(ownFields.envelope)] ?? null;
  return { job: bullmqJobOf(id, Number(timeMs), fields), token, envelope: envelope === null ? null : String(envelope) };
}

function bullmqJobOf(id: string, startedAtMs: number, fields: unknown[]): JobJson {
  const textOf = (name: (typeof claimedFields)[number]): string | null => {
    const field = fields[claimedFields.indexOf(name)] ?? null;
    return field === null ? null : String(field);
  };
  const numberOf = (name: (typeof claimedFields)[number]) => Number(textOf(name) ?? 0);
  return {
    id,
    name: textOf(bullmqFields.name) ?? '',
    data: readableJson(textOf(bullmqFields.data)),
    opts: jobOptions,
    progress: 0,
    timestamp: numberOf(bullmqFields.createdAt),
    processedOn: startedAtMs,
    priority: numberOf(bullmqFields.rank),
    attemptsStarted: numberOf(bullmqFields.attemptsStarted),
    attemptsMade: numberOf(bullmqFields.attemptsMade),
    stalledCounter: numberOf(bullmqFields.stalls),
    failedReason: '',
    returnvalue: 'null',
    stacktrace: textOf(bullmqFields.attempts) ?? '[]',
  };
}

/** BullMQ parses a job's data before anybody can look at it: damaged ones must not throw there. */
function readableJson(text: string | null): string {
  try {
    JSON.parse(text ?? '');
    return text ?? '';
  } catch {
    return 'null';
  }
}
