/** The end of an attempt: the job completes, fails, or waits for its next one; the same script claims another job. */
import { defineShardScript, type LuaPiece, type Shard } from '@tintype/redis';
import { type Claim, type Claimant, claimArgs, claimingLua, claimOf } from './claim.ts';
import { bullmqCodes, bullmqFields, lockLua } from './protocol.ts';

/** A job that a worker holds, and the token of its lock. */
export type HeldJob = { id: string; token: string };

export type AttemptEnd = {
  /** By the clock of Redis. */
  endedAtMs: number;
  /** What was claimed instead; null when nothing was asked for. */
  next: Claim | null;
};

export type AttemptEnds = {
  /** Each throws `JobLockLost` when the job is not this worker's any more; then nothing has changed. */
  complete(held: HeldJob, end: { result: string }, claimsNext: boolean): Promise<AttemptEnd>;
  /** `index`: the set of failed jobs that this one belongs to, by time; null when nobody may retry it. */
  fail(held: HeldJob, end: FailedAttempt & { index: string | null }, claimsNext: boolean): Promise<AttemptEnd>;
  /** The job waits for its next attempt. */
  delay(held: HeldJob, end: FailedAttempt, delayMs: number, claimsNext: boolean): Promise<AttemptEnd>;
};

export type FailedAttempt = { reason: string; attempts: string; attemptsMade: number };

/** This worker does not hold the job any more: another one has or had it, or it is gone. */
export class JobLockLost extends Error {
  override readonly name = 'JobLockLost';
  readonly code: number;

  constructor(id: string, code: number) {
    super(`job ${id} is not held by this worker any more (${code})`);
    this.code = code;
  }
}

/**
 * For Lua: `release(id)` answers 0 when the job was this worker's, and is not any more, and its marks; else a code. What
 * takes away comes first in every script: after that Redis lets it finish even when it is full. A job that was taken has
 * its number of attempts, whatever else is missing.
 */
const releaseLua: LuaPiece = {
  keys: ['active', 'jobPrefix'],
  lua: `
local function release(id)
  local job = jobPrefix .. id
  local code = lockCode(id, token)
  if code < 0 then return code end
  redis.call('DEL', job .. ':lock')
  if redis.call('LREM', active, -1, id) == 0 then return ${bullmqCodes.notActive} end
  local marks = marksOf(id)
  if not marks[4] then return ${bullmqCodes.noJob} end
  return 0, marks
end`,
};

/** For Lua: `answer(now)` is the end of each of these scripts. */
const answerLua: LuaPiece = {
  keys: [],
  lua: `
local function answer(now)
  if claimsNext == '1' then return {now, claimNext(now)} end
  return {now}
end`,
};

const pieces = [...claimingLua, lockLua, releaseLua, answerLua];
const args = [...claimArgs, 'claimsNext', 'id'] as const;

/** What only a job that is not done needs: its record is kept for long, so whoever completes it frees them. */
const unneededFields = [bullmqFields.options, bullmqFields.delayMs, bullmqFields.rank, bullmqFields.progress]
  .map((name) => `'${name}'`)
  .join(', ');

const completeLua = `
local code, marks = release(id)
if code < 0 then return code end
local now = nowMs()
redis.call('HDEL', jobPrefix .. id, ${unneededFields})
redis.call('HSET', jobPrefix .. id, '${bullmqFields.finishedAt}', now, '${bullmqFields.result}', result)
redis.call('ZADD', completed, now, id)
relistEnd(id, marks, nil)
announceEnd('completed', id, marks)
return answer(now)`;

const failLua = `
local code, marks = release(id)
if code < 0 then return code end
local now = nowMs()
redis.call('HSET', jobPrefix .. id, '${bullmqFields.finishedAt}', now, '${bullmqFields.failure}', reason,
  '${bullmqFields.attempts}', attempts, '${bullmqFields.attemptsMade}', attemptsMade)
redis.call('ZADD', failed, now, id)
if isIndexed == '1' then redis.call('ZADD', index, now, id) end
relistEnd(id, marks, 'failed')
announceEnd('failed', id, marks, reason)
return answer(now)`;

const delayLua = `
local code, marks = release(id)
if code < 0 then return code end
local now = nowMs()
local job = jobPrefix .. id
redis.call('HSET', job, '${bullmqFields.delayMs}', delayMs, '${bullmqFields.failure}', reason,
  '${bullmqFields.attempts}', attempts, '${bullmqFields.attemptsMade}', attemptsMade)
if isWanted(marks) then
  putAside(id, now + delayMs)
  announce('queued', id)
end
return answer(now)`;

/** The ends of this worker's attempts. */
export function createAttemptEnds(shard: Shard, { worker, lockMs }: Claimant): AttemptEnds {
  const runComplete = defineShardScript(shard, {
    name: 'tintypeComplete',
    pieces,
    fixedKeys: ['completed'],
    keys: [],
    args: [...args, 'result'],
    lua: completeLua,
  });
  const runFail = defineShardScript(shard, {
    name: 'tintypeFail',
    pieces,
    fixedKeys: ['failed'],
    keys: ['index'],
    args: [...args, 'reason', 'attempts', 'attemptsMade', 'isIndexed'],
    lua: failLua,
  });
  const runDelay = defineShardScript(shard, {
    name: 'tintypeDelay',
    pieces,
    keys: [],
    args: [...args, 'reason', 'attempts', 'attemptsMade', 'delayMs'],
    lua: delayLua,
  });
  const common = ({ id, token }: HeldJob, claimsNext: boolean) => ({
    id,
    token,
    lockMs,
    worker,
    claimsNext: claimsNext ? 1 : 0,
  });
  return {
    async complete(held, end, claimsNext) {
      return endOf(await runComplete({}, { ...common(held, claimsNext), ...end }), held);
    },
    async fail(held, { index, ...end }, claimsNext) {
      const keys = { index: index ?? shard.keys.failed };
      const values = { ...common(held, claimsNext), ...end, isIndexed: index === null ? 0 : 1 };
      return endOf(await runFail(keys, values), held);
    },
    async delay(held, end, delayMs, claimsNext) {
      return endOf(await runDelay({}, { ...common(held, claimsNext), ...end, delayMs }), held);
    },
  };
}

function endOf(reply: unknown, { id, token }: HeldJob): AttemptEnd {
  if (typeof reply === 'number') throw new JobLockLost(id, reply);
  const [endedAtMs, claim] = Array.isArray(reply) ? reply : [];
  return { endedAtMs: Number(endedAtMs), next: claim === undefined ? null : claimOf(claim, token) };
}
