/** What may be done with a job from outside: cancel it, or try a failed one again. */
import { jobPriorities, maxRetriedAtOnce, type ProblemCode } from '@tintype/contracts';
import { defineShardScript, type LuaPiece, type Shard } from '@tintype/redis';
import { laneOf, rankLua } from '../fair-order.ts';
import { ownTurnOf, turnLua } from '../own-turn.ts';
import { pausesLua } from './pauses.ts';
import { bullmqFields, ownFields, queueLua } from './protocol.ts';

export type JobControl = {
  /**
   * Marks the job as cancelled: a waiting one never begins, its worker is told of a running one. `ended` when it had
   * ended before, or is unknown; `already` when it was cancelled before.
   */
  cancel(id: string): Promise<'cancelled' | 'already' | 'ended'>;
  /** Puts a failed job back into the queue, under its id and with all attempts. False when it has not failed. */
  retry(id: string, tenant: string, code: ProblemCode): Promise<boolean>;
  /** How many jobs of a tenant have failed with this code, and may be retried. */
  countFailed(tenant: string, code: ProblemCode): Promise<number>;
  /** Retries them, the earliest first; at most so many, and never more than `maxRetriedAtOnce`. */
  retryAll(tenant: string, code: ProblemCode, most?: number): Promise<{ retried: number; remaining: number }>;
};

/**
 * `cancelJob(id)`, for scripts with `queueLua` and `pausesLua`. What takes away comes first: after that Redis lets a script
 * finish even when it is full.
 */
export const cancelLua: LuaPiece = {
  keys: ['prioritized', 'delayed', 'newer', 'wait', 'totals', 'workerMessages', 'jobPrefix'],
  lua: `
local function cancelJob(id)
  local job = jobPrefix .. id
  local f = redis.call('HMGET', job, '${bullmqFields.createdAt}', '${ownFields.cancelledAt}', '${bullmqFields.finishedAt}')
  if f[2] then return 'already' end
  if not f[1] or f[3] then return 'ended' end
  local waited = redis.call('ZREM', prioritized, id) + redis.call('ZREM', delayed, id)
    + redis.call('LREM', wait, 0, id) + redis.call('ZREM', newer, id) + leaveAsides(id)
  redis.call('HSET', job, '${ownFields.cancelledAt}', nowMs())
  if waited == 0 then redis.call('PUBLISH', workerMessages, 'cancel ' .. id) end
  local marks = marksOf(id)
  relist(id, marks[5], marks[6], 'cancelled')
  announceEnd('cancelled', id, marks)
  redis.call('HINCRBY', totals, 'cancelled:', 1)
  return 'cancelled'
end`,
};

/** Codes and costs of the lanes that retried jobs go into, by priority, as Lua tables. */
const retryCodes = jobPriorities.map((priority) => `${priority}=${laneOf(priority, 'single').code}`).join(',');
const retryCosts = jobPriorities.map((priority) => `${priority}=${laneOf(priority, 'single').cost}`).join(',');
/** The same for jobs that pass no other tenant's. */
const ownTurn = ownTurnOf('normal', 'single');
const retryLevels = (['high', 'normal'] as const)
  .map((priority) => `${priority}=${ownTurnOf(priority, 'single').level}`)
  .join(',');

/**
 * A job that a worker has died with stays suspect. It stands in line like a new one. The priority is not read by cjson:
 * that refuses half of a surrogate pair, which JSON.stringify writes. Metadata come behind the priority.
 */
const retryLua = `
local codes, costs, levels = {${retryCodes}}, {${retryCosts}}, {${retryLevels}}
local retried = 0
for at = rest, #ARGV do
  local id = ARGV[at]
  local job = jobPrefix .. id
  redis.call('ZREM', index, id)
  local f = redis.call('HMGET', job, '${bullmqFields.finishedAt}', '${bullmqFields.result}', '${ownFields.cancelledAt}',
    '${ownFields.deletedAt}', '${bullmqFields.stalls}', '${bullmqFields.data}', '${ownFields.envelope}',
    '${ownFields.turn}', '${ownFields.batch}')
  if f[1] and not f[2] and not f[3] and not f[4] then
    redis.call('ZREM', failed, id)
    redis.call('HDEL', job, '${bullmqFields.finishedAt}', '${bullmqFields.startedAt}', '${bullmqFields.failure}',
      '${bullmqFields.progress}', '${bullmqFields.attemptsMade}', '${ownFields.failuresBefore}')
    redis.call('HSET', job, '${ownFields.retriedAt}', nowMs())
    if f[5] then redis.call('HSET', job, '${bullmqFields.stalls}', 1) end
    local priority = string.match(f[6] or '', '"priority":"(%a+)"')
    if not codes[priority] then priority = 'normal' end
    local rank, turn
    if f[8] and levels[priority] then
      rank, turn = rankInTurn(tenant, f[7], levels[priority], ${ownTurn.code}, ${ownTurn.cost})
      redis.call('HSET', job, '${ownFields.turn}', turn)
    else
      rank = rankOf(codes[priority] .. ':' .. tenant, codes[priority], costs[priority])
    end
    redis.call('HSET', job, '${bullmqFields.rank}', string.format('%.0f', rank))
    reopenListing(id, f[7], rank)
    lineUp(id, rank, versionOf(f[7]))
    announce('queued', id)
    if f[9] then countReopened(id, f[9]) end
    retried = retried + 1
  end
end
return retried`;

/** Jobs that one script puts back: it must not keep Redis from others for long. */
const retriedPerScript = 100;

/** Of one shard's jobs. Whose a job is, the caller has looked at. */
export function createJobControl(shard: Shard): JobControl {
  const { redis, keys } = shard;
  const runCancel = defineShardScript(shard, {
    name: 'tintypeCancel',
    pieces: [...queueLua, pausesLua, cancelLua],
    keys: [],
    args: ['id'],
    lua: 'return cancelJob(id)',
  });
  const runRetry = defineShardScript(shard, {
    name: 'tintypeRetry',
    pieces: [...queueLua, rankLua, turnLua],
    fixedKeys: ['failed'],
    keys: ['index'],
    args: ['tenant'],
    lua: retryLua,
  });
  const retry = async (ids: string[], tenant: string, index: string): Promise<number> =>
    Number(await runRetry({ index }, { tenant }, ids));

  return {
    async cancel(id) {
      const outcome = await runCancel({}, { id });
      return outcome === 'cancelled' || outcome === 'already' ? outcome : 'ended';
    },
    retry: async (id, tenant, code) => (await retry([id], tenant, keys.failures(tenant, code))) === 1,
    countFailed: (tenant, code) => redis.zcard(keys.failures(tenant, code)),
    async retryAll(tenant, code, most = maxRetriedAtOnce) {
      const index = keys.failures(tenant, code);
      const ids = await redis.zrange(index, '0', String(Math.min(most, maxRetriedAtOnce) - 1));
      let retried = 0;
      for (let at = 0; at < ids.length; at += retriedPerScript) {
        retried += await retry(ids.slice(at, at + retriedPerScript), tenant, index);
      }
      return { retried, remaining: await redis.zcard(index) };
    },
  };
}
