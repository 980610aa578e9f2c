/** What may be done with a job from outside: cancel it, or try a failed one again. */
import { jobPriorities, maxRetriedAtOnce, type ProblemCode, thumbnailQueueName } from '@tintype/contracts';
import { defineScript, keysOf, type RedisConnection } from '@tintype/redis';
import { laneOf, placeLua, scoreLua } from './fair-order.ts';

export type JobControl = {
  /**
   * Marks the job as cancelled: a waiting one never begins, its worker is told of a running one. `ended` when it had
   * ended before, or is unknown; `already` when it was cancelled before.
   */
  cancel(id: string): Promise<'cancelled' | 'already' | 'ended'>;
  /** Puts a failed job back into the queue, under its id and with all attempts. False when it has not failed. */
  retry(id: string, tenant: string, code: ProblemCode): Promise<boolean>;
  /** The same with a tenant's failed jobs of one code, the earliest first; at most `maxRetriedAtOnce`. */
  retryAll(tenant: string, code: ProblemCode): Promise<{ retried: number; remaining: number }>;
};

/**
 * KEYS: job hash, prioritised, delayed, wait, totals. ARGV: id, now, channels of the workers and of the endings. What takes away
 * comes first: after that Redis lets a script finish even when it is full.
 */
const cancelLua = `
local f = redis.call('HMGET', KEYS[1], 'timestamp', 'cancelledAt', 'finishedOn')
if f[2] then return 'already' end
if not f[1] or f[3] then return 'ended' end
local waited = redis.call('ZREM', KEYS[2], ARGV[1]) + redis.call('ZREM', KEYS[3], ARGV[1])
  + redis.call('LREM', KEYS[4], 0, ARGV[1])
redis.call('HSET', KEYS[1], 'cancelledAt', ARGV[2])
if waited == 0 then redis.call('PUBLISH', ARGV[3], 'cancel ' .. ARGV[1]) end
redis.call('PUBLISH', ARGV[4], ARGV[1])
redis.call('HINCRBY', KEYS[5], 'cancelled:', 1)
return 'cancelled'`;

/** Codes and costs of the lanes that retried jobs go into, by priority, as Lua tables. */
const retryCodes = jobPriorities.map((priority) => `${priority}=${laneOf(priority, 'single').code}`).join(',');
const retryCosts = jobPriorities.map((priority) => `${priority}=${laneOf(priority, 'single').cost}`).join(',');

/**
 * KEYS: prioritised, marker, failed, index of failures, fair order. ARGV: prefix of job hashes, tenant, now, ids. A job that
 * a worker has died with stays suspect. It stands in line like a new one.
 */
const retryLua = `${placeLua}${scoreLua}
local codes, costs = {${retryCodes}}, {${retryCosts}}
local retried = 0
for i = 4, #ARGV do
  local job = ARGV[1] .. ARGV[i]
  redis.call('ZREM', KEYS[4], ARGV[i])
  local f = redis.call('HMGET', job, 'finishedOn', 'returnvalue', 'cancelledAt', 'deletedAt', 'stc', 'data')
  if f[1] and not f[2] and not f[3] and not f[4] then
    redis.call('ZREM', KEYS[3], ARGV[i])
    redis.call('HDEL', job, 'finishedOn', 'processedOn', 'failedReason', 'progress', 'atm', 'failuresBefore')
    redis.call('HSET', job, 'retriedAt', ARGV[3])
    if f[5] then redis.call('HSET', job, 'stc', 1) end
    -- Not by cjson: it refuses half of a surrogate pair, which JSON.stringify writes. Metadata come behind the priority.
    local priority = string.match(f[6], '"priority":"(%a+)"')
    if not codes[priority] then priority = 'normal' end
    local code = codes[priority]
    local place = placeOf(KEYS[1], KEYS[5], code .. ':' .. ARGV[2], code, costs[priority])
    redis.call('HSET', job, 'priority', string.format('%.0f', place))
    redis.call('ZADD', KEYS[1], scoreOf(place), ARGV[i])
    retried = retried + 1
  end
end
if retried > 0 then redis.call('ZADD', KEYS[2], 0, '0') end
return retried`;

/** Jobs that one script puts back: it must not keep Redis from others for long. */
const retriedPerScript = 100;

/** Of one shard's jobs. Whose a job is, the caller has looked at. */
export function createJobControl(redis: RedisConnection, shard = 0): JobControl {
  const keys = keysOf(shard);
  const queue = thumbnailQueueName;
  const runCancel = defineScript(redis, { name: 'tintypeCancel', lua: cancelLua, numberOfKeys: 5 });
  const runRetry = defineScript(redis, { name: 'tintypeRetry', lua: retryLua, numberOfKeys: 5 });

  const retry = async (ids: string[], tenant: string, index: string): Promise<number> => {
    const retried = await runRetry(
      keys.prioritized(queue),
      keys.marker(queue),
      keys.failed(queue),
      index,
      keys.fair,
      keys.jobPrefix(queue),
      tenant,
      Date.now(),
      ...ids,
    );
    return Number(retried);
  };

  return {
    async cancel(id) {
      const outcome = await runCancel(
        keys.job(queue, id),
        keys.prioritized(queue),
        keys.delayed(queue),
        keys.wait(queue),
        keys.totals,
        id,
        Date.now(),
        keys.workerMessages,
        keys.endings,
      );
      return outcome === 'cancelled' || outcome === 'already' ? outcome : 'ended';
    },
    retry: async (id, tenant, code) => (await retry([id], tenant, keys.failures(tenant, code))) === 1,
    async retryAll(tenant, code) {
      const index = keys.failures(tenant, code);
      const ids = await redis.zrange(index, '0', String(maxRetriedAtOnce - 1));
      let retried = 0;
      for (let at = 0; at < ids.length; at += retriedPerScript) {
        retried += await retry(ids.slice(at, at + retriedPerScript), tenant, index);
      }
      return { retried, remaining: await redis.zcard(index) };
    },
  };
}
