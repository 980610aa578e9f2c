/** A job's way from the queue to a worker and to its end: one script each, which does what a thumbnail needs and no more. */
import { thumbnailQueueName } from '@tintype/contracts';
import { defineScript, keysOf, type RedisConnection } from '@tintype/redis';
import type { JobJson, RedisQueueBackend } from 'bullmq';
import { scoreLua } from './fair-order.ts';
import { jobOptions } from './job-failures.ts';

export type TransitionOptions = { redis: RedisConnection; workerName: string; lockDurationMs: number; shard: number };

/** What BullMQ's worker is told: the next job and its id, a pause that nobody asks for here, and when the next delayed job is due. */
type Taken = [job: JobJson | null, id: string, rateLimitDelay: 0, delayUntilMs: number];

/** Delayed jobs that one script brings back: it must not keep Redis from others for long. */
const promotedPerScript = 200;
/** What a worker must know of a job, in the order of the script's answer; attempts that were begun come first. */
const takenFields = ['ats', 'name', 'data', 'timestamp', 'priority', 'atm', 'stc', 'stacktrace'] as const;

/**
 * For Lua: `takeNext(keys, first, arguments, first)` with the keys wait, active, prioritised, delayed, marker, and the
 * arguments prefix of job hashes, now, token, duration of the lock, worker. Answers id and fields of a job that is this
 * worker's now, or when the next delayed one is due. Idle workers are woken while there is more to take, or to wait for.
 */
const takeLua = `${scoreLua}
local function promoteDue(delayed, prioritized, prefix, latest)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', latest, 'LIMIT', 0, ${promotedPerScript})) do
    redis.call('ZREM', delayed, id)
    local place = redis.call('HGET', prefix .. id, 'priority')
    if place then redis.call('ZADD', prioritized, scoreOf(tonumber(place)), id) end
  end
end
local function takeNext(k, a)
  local wait, active, prioritized, delayed, marker = KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4]
  local prefix, now = ARGV[a], ARGV[a + 1]
  local nextDelayed = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  if nextDelayed then
    local latest = (tonumber(now) + 1) * 0x1000 - 1
    if tonumber(nextDelayed) <= latest then
      promoteDue(delayed, prioritized, prefix, latest)
      nextDelayed = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
    end
  end
  local id = redis.call('RPOPLPUSH', wait, active)
  if not id then
    id = redis.call('ZPOPMIN', prioritized)[1]
    if not id then return {false, tonumber(nextDelayed or 0) / 0x1000} end
    redis.call('LPUSH', active, id)
  end
  local job = prefix .. id
  redis.call('SET', job .. ':lock', ARGV[a + 2], 'PX', ARGV[a + 3])
  local fields = redis.call('HMGET', job, ${takenFields.map((field) => `'${field}'`).join(', ')})
  fields[1] = tonumber(fields[1] or 0) + 1
  redis.call('HSET', job, 'processedOn', now, 'pb', ARGV[a + 4], 'ats', fields[1])
  if nextDelayed or redis.call('EXISTS', prioritized, wait) > 0 then redis.call('ZADD', marker, 0, '0') end
  return {id, fields}
end
`;

/** KEYS and ARGV as for `takeNext`. */
const takeNextLua = `${takeLua}
return takeNext(1, 1)`;

/**
 * KEYS: those of `takeNext`, lock, job, completed or failed. ARGV: those of `takeNext`, whether to take the next one, id,
 * channel of the endings, then fields and values of the hash. Answers as `takeNext` does, or as BullMQ's script does when the job is not ours. What takes
 * away comes first: after that Redis lets a script finish even when it is full.
 */
const endLua = `${takeLua}
local holder = redis.call('GET', KEYS[6])
if not holder then return -2 end
if holder ~= ARGV[3] then return -6 end
redis.call('DEL', KEYS[6])
if redis.call('LREM', KEYS[2], -1, ARGV[7]) == 0 then return -3 end
redis.call('HSET', KEYS[7], 'finishedOn', ARGV[2], unpack(ARGV, 9))
redis.call('ZADD', KEYS[8], ARGV[2], ARGV[7])
redis.call('PUBLISH', ARGV[8], ARGV[7])
if ARGV[6] == '1' then return takeNext(1, 1) end
return 0`;

/**
 * Lets BullMQ's worker take and end its jobs by these scripts. Its own do also what flows, rate limits, pauses, metrics and
 * removal on completion need, and write every event with the whole result to a stream.
 */
export function useOwnTransitions(backend: RedisQueueBackend, options: TransitionOptions): RedisQueueBackend {
  const { redis, workerName, lockDurationMs, shard } = options;
  const keys = keysOf(shard);
  const queue = thumbnailQueueName;
  const runTake = defineScript(redis, { name: 'tintypeTake', lua: takeNextLua, numberOfKeys: 5 });
  const runEnd = defineScript(redis, { name: 'tintypeEnd', lua: endLua, numberOfKeys: 8 });
  const queueKeys = [
    keys.wait(queue),
    keys.active(queue),
    keys.prioritized(queue),
    keys.delayed(queue),
    keys.marker(queue),
  ];
  const jobPrefix = keys.jobPrefix(queue);

  const end = async (id: string, token: string, fetchNext: boolean, endedKey: string, fields: string[]) => {
    const finishedOn = Date.now();
    const reply = await runEnd(
      ...queueKeys,
      keys.lock(queue, id),
      keys.job(queue, id),
      endedKey,
      jobPrefix,
      finishedOn,
      token,
      lockDurationMs,
      workerName,
      fetchNext ? 1 : 0,
      id,
      keys.endings,
      ...fields,
    );
    if (typeof reply === 'number' && reply < 0) {
      throw backend.finishedErrors({ code: reply, jobId: id, command: 'end', state: 'active' });
    }
    return { finishedOn, result: fetchNext ? takenOf(reply, finishedOn) : undefined };
  };

  return Object.assign(backend, {
    async moveToActive(token: string): Promise<Taken> {
      const nowMs = Date.now();
      return takenOf(await runTake(...queueKeys, jobPrefix, nowMs, token, lockDurationMs, workerName), nowMs);
    },
    moveToCompleted: (job: Ended, result: unknown, _remove: unknown, token: string, fetchNext: boolean) =>
      end(String(job.id), token, fetchNext, keys.completed(queue), ['returnvalue', JSON.stringify(result)]),
    moveToFailed(
      job: Ended,
      reason: string,
      _remove: unknown,
      token: string,
      fetchNext: boolean,
      fields: { stacktrace?: string } = {},
    ) {
      const { stacktrace = '[]' } = fields;
      const written = ['failedReason', reason, 'stacktrace', stacktrace];
      return end(String(job.id), token, fetchNext, keys.failed(queue), written);
    },
  });
}

type Ended = { id?: string | undefined };

function takenOf(reply: unknown, nowMs: number): Taken {
  const [id, detail] = Array.isArray(reply) ? reply : [];
  if (typeof id !== 'string') return [null, '', 0, Number(detail ?? 0)];
  const fields: unknown[] = Array.isArray(detail) ? detail : [];
  const textOf = (name: (typeof takenFields)[number]) => fields[takenFields.indexOf(name)] ?? null;
  const numberOf = (name: (typeof takenFields)[number]) => Number(textOf(name) ?? 0);
  const stacktrace = textOf('stacktrace');
  const job: JobJson = {
    id,
    name: String(textOf('name') ?? ''),
    data: String(textOf('data') ?? '{}'),
    opts: jobOptions,
    progress: 0,
    timestamp: numberOf('timestamp'),
    processedOn: nowMs,
    priority: numberOf('priority'),
    attemptsStarted: numberOf('ats'),
    attemptsMade: numberOf('atm'),
    stalledCounter: numberOf('stc'),
    failedReason: '',
    returnvalue: 'null',
    ...(stacktrace !== null && { stacktrace: String(stacktrace) }),
  };
  return [job, id, 0, 0];
}
