/** A worker's hold on its jobs: renewed while it lives, taken again after an outage of Redis, given up when it stops. */
import { thumbnailQueueName } from '@tintype/contracts';
import { defineScript, keysOf, type RedisConnection } from '@tintype/redis';
import { scoreLua } from './fair-order.ts';

export type JobLocks = {
  /** Answers the ids that are lost: another worker has them, or they are gone. */
  renew(ids: string[], tokens: string[], durationMs: number): Promise<string[]>;
  /** Puts a job back at the head of its place in the queue as if it had never been taken; nothing when it is lost. */
  giveBack(id: string, token: string): Promise<void>;
  /** Puts a job aside for a while, as if it had never been taken; nothing when it is lost. */
  postpone(id: string, token: string, delayMs: number): Promise<void>;
};

/**
 * For Lua: `putBack(lock, active, job, id)` takes a job out of its worker's hands as if it had never been there, and
 * `putAside(delayed, marker, id, untilMs)` lets it wait among the delayed ones.
 */
export const putBackLua = `
local function putBack(lock, active, job, id)
  redis.call('DEL', lock)
  redis.call('LREM', active, -1, id)
  redis.call('HINCRBY', job, 'ats', -1)
  redis.call('HDEL', job, 'processedOn', 'progress')
end
local function putAside(delayed, marker, id, untilMs)
  redis.call('ZADD', delayed, untilMs * 0x1000, id)
  local head = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  redis.call('ZADD', marker, tonumber(head[2]) / 0x1000, '1')
end`;

/**
 * KEYS: active. ARGV: prefix of job hashes, this worker's name, duration, then id and token in turn. PEXPIRE, because
 * SET is refused when Redis is full. A lock that ran out while Redis was away is taken again, as long as nobody else
 * was given the job.
 */
const renewLua = `
local lost = {}
for i = 4, #ARGV, 2 do
  local job = ARGV[1] .. ARGV[i]
  local holder = redis.call('GET', job .. ':lock')
  if holder == ARGV[i + 1] then
    redis.call('PEXPIRE', job .. ':lock', ARGV[3])
  elseif not holder and redis.call('HGET', job, 'pb') == ARGV[2] and redis.call('LPOS', KEYS[1], ARGV[i]) then
    redis.call('SET', job .. ':lock', ARGV[i + 1], 'PX', ARGV[3])
  else
    table.insert(lost, ARGV[i])
  end
end
return lost`;

/** KEYS: lock, active, job hash, prioritised, marker. ARGV: token, id. A cancelled job goes nowhere. */
const giveBackLua = `${scoreLua}${putBackLua}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
putBack(KEYS[1], KEYS[2], KEYS[3], ARGV[2])
if redis.call('HEXISTS', KEYS[3], 'cancelledAt') == 1 then return 0 end
redis.call('ZADD', KEYS[4], scoreOf(tonumber(redis.call('HGET', KEYS[3], 'priority'))), ARGV[2])
redis.call('ZADD', KEYS[5], 0, '0')
return 1`;

/** KEYS: lock, active, job hash, delayed, marker. ARGV: token, id, until when. */
const postponeLua = `${putBackLua}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
putBack(KEYS[1], KEYS[2], KEYS[3], ARGV[2])
if redis.call('HEXISTS', KEYS[3], 'cancelledAt') == 1 then return 0 end
putAside(KEYS[4], KEYS[5], ARGV[2], tonumber(ARGV[3]))
return 1`;

/** The holds of the worker of this name, which no other worker has. */
export function createJobLocks(redis: RedisConnection, workerName: string, shard = 0): JobLocks {
  const keys = keysOf(shard);
  const queue = thumbnailQueueName;
  const runRenew = defineScript(redis, { name: 'tintypeRenew', lua: renewLua, numberOfKeys: 1 });
  const runGiveBack = defineScript(redis, { name: 'tintypeGiveBack', lua: giveBackLua, numberOfKeys: 5 });
  const runPostpone = defineScript(redis, { name: 'tintypePostpone', lua: postponeLua, numberOfKeys: 5 });
  const held = (id: string) => [keys.lock(queue, id), keys.active(queue), keys.job(queue, id)];
  return {
    async renew(ids, tokens, durationMs) {
      const pairs = ids.flatMap((id, index) => [id, tokens[index] ?? '']);
      const lost = await runRenew(keys.active(queue), keys.jobPrefix(queue), workerName, durationMs, ...pairs);
      return Array.isArray(lost) ? lost.map(String) : [];
    },
    async giveBack(id, token) {
      await runGiveBack(...held(id), keys.prioritized(queue), keys.marker(queue), token, id);
    },
    async postpone(id, token, delayMs) {
      await runPostpone(...held(id), keys.delayed(queue), keys.marker(queue), token, id, Date.now() + delayMs);
    },
  };
}
