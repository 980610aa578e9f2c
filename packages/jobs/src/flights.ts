/** Downloads in flight: jobs that want the same at the same time wait for one of them, parked outside of any worker. */
import { Problem, type ThumbnailJobResult, thumbnailQueueName } from '@tintype/contracts';
import { defineScript, keysOf, type RedisConnection } from '@tintype/redis';
import { scoreLua } from './fair-order.ts';
import { putBackLua } from './job-locks.ts';
import { readResult } from './record/stored-job.ts';

export type FlightMember = {
  id: string;
  /** Of the job's lock. */
  token: string;
  /** When the job was handed in (a later retry counts too): what was finished before that is not for it, since the source may have changed. */
  createdAtMs: number;
};

export type Boarding =
  /** This job does the work; `followed` when others wait for it already. */
  | { role: 'leader'; followed: boolean }
  /** Another job has done it in the meantime. */
  | { role: 'passenger'; result: ThumbnailJobResult }
  /** Others have tried, and the last one began after this one was handed in: it would fail likewise. */
  | { role: 'hopeless'; problem: Problem }
  /** Another job is at it: this one has left the worker, and comes back when the other one has ended. */
  | { role: 'follower' };

export type Flights = {
  /** `takeOver`: leads whatever there is, because the result that was found cannot be used. */
  board(flight: string, member: FlightMember, takeOver?: boolean): Promise<Boarding>;
  /** Brings those who wait back into the queue: all of them, or one that shall try in place of a failed leader. */
  wake(flight: string, who: 'all' | 'one'): Promise<void>;
};

/** How often a download is tried, by one job after another, before its failure is everybody's. */
const triesOfAFlight = 2;
/** A flight is remembered for so long, which is longer than a download may take. */
const memoryMs = 120_000;
/** A follower looks by itself whether its leader still lives, the first one after this time, … */
const firstLookMs = 2000;
/** … each further one so much later, … */
const lookSpacingMs = 20;
/** … and the last ones after this time. */
const lastLookMs = 30_000;
/** Jobs that one script wakes: it must not keep Redis from others for long. */
const wokenPerScript = 200;

/**
 * KEYS: flight, its parked jobs, own lock, own hash, active, delayed, marker. ARGV: id, token, prefix of job hashes, now,
 * time of handing in, whether to take over, channel of the workers, name of the flight. The leader lives as long as
 * its lock. When so many leaders have failed for good, those who were handed in before the last one began share its
 * failure: else a thousand jobs for a dead URL would wait for its silence one after the other. A follower is parked among the delayed jobs, as if it had never begun, and the leader's worker is told.
 */
const boardLua = `${putBackLua}
local holder = redis.call('GET', KEYS[1])
local failures = 0
if holder and holder ~= ARGV[1] and ARGV[6] == '0' then
  local since = math.max(tonumber(ARGV[5]), tonumber(redis.call('HGET', KEYS[4], 'retriedAt') or 0))
  local job = ARGV[3] .. holder
  local f = redis.call('HMGET', job, 'returnvalue', 'finishedOn', 'cancelledAt', 'pb', 'processedOn',
    'failedReason', 'failuresBefore')
  local isOver = f[2] and not f[3] and tonumber(f[2]) >= since
  if isOver and f[1] then
    redis.call('ZREM', KEYS[2], ARGV[1])
    return {'passenger', f[1]}
  end
  if isOver and string.find(f[6] or '', '"retryable":false', 1, true) then
    failures = tonumber(f[7] or 0) + 1
    if failures >= ${triesOfAFlight} and tonumber(f[5]) >= since then
      redis.call('ZREM', KEYS[2], ARGV[1])
      return {'hopeless', f[6]}
    end
  end
  if not f[2] and not f[3] and redis.call('EXISTS', job .. ':lock') == 1 and redis.call('GET', KEYS[3]) == ARGV[2] then
    putBack(KEYS[3], KEYS[5], KEYS[4], ARGV[1])
    redis.call('ZADD', KEYS[2], 'NX', ARGV[4], ARGV[1])
    redis.call('PEXPIRE', KEYS[2], ${memoryMs})
    local rank = redis.call('ZRANK', KEYS[2], ARGV[1])
    local look = math.min(${firstLookMs} + ${lookSpacingMs} * rank, ${lastLookMs})
    putAside(KEYS[6], KEYS[7], ARGV[1], tonumber(ARGV[4]) + look)
    redis.call('PUBLISH', ARGV[7], 'followed ' .. ARGV[8] .. ' ' .. (f[4] or ''))
    return {'follower'}
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ${memoryMs})
if failures > 0 then redis.call('HSET', KEYS[4], 'failuresBefore', failures) end
local parked = redis.call('ZCARD', KEYS[2])
if parked > 0 then parked = parked - redis.call('ZREM', KEYS[2], ARGV[1]) end
return {'leader', parked}`;

/**
 * KEYS: parked jobs, delayed, prioritised, marker. ARGV: prefix of job hashes, how many. Answers how many are left. One
 * that is not among the delayed jobs any more was cancelled, or has come back by itself.
 */
const wakeLua = `${scoreLua}
local woken = 0
while woken < tonumber(ARGV[2]) do
  local id = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  if not id then break end
  redis.call('ZREM', KEYS[1], id)
  if redis.call('ZREM', KEYS[2], id) == 1 then
    redis.call('ZADD', KEYS[3], scoreOf(tonumber(redis.call('HGET', ARGV[1] .. id, 'priority'))), id)
    woken = woken + 1
  end
end
if woken > 0 then redis.call('ZADD', KEYS[4], 0, '0') end
return redis.call('ZCARD', KEYS[1])`;

/** The flights of one shard. One command for a job that nobody else wants. */
export function createFlights(redis: RedisConnection, shard = 0): Flights {
  const keys = keysOf(shard);
  const queue = thumbnailQueueName;
  const runBoard = defineScript(redis, { name: 'tintypeBoard', lua: boardLua, numberOfKeys: 7 });
  const runWake = defineScript(redis, { name: 'tintypeWake', lua: wakeLua, numberOfKeys: 4 });
  const wakeSome = async (flight: string, count: number): Promise<number> => {
    const [parked, delayed] = [keys.parked(flight), keys.delayed(queue)];
    const left = await runWake(
      parked,
      delayed,
      keys.prioritized(queue),
      keys.marker(queue),
      keys.jobPrefix(queue),
      count,
    );
    return Number(left);
  };
  return {
    async board(flight, { id, token, createdAtMs }, takeOver = false) {
      const reply = await runBoard(
        keys.flight(flight),
        keys.parked(flight),
        keys.lock(queue, id),
        keys.job(queue, id),
        keys.active(queue),
        keys.delayed(queue),
        keys.marker(queue),
        id,
        token,
        keys.jobPrefix(queue),
        Date.now(),
        createdAtMs,
        takeOver ? 1 : 0,
        keys.workerMessages,
        flight,
      );
      const [role, detail] = Array.isArray(reply) ? reply : [];
      if (role === 'follower') return { role };
      if (role === 'passenger') return { role, result: readResult(String(detail)) };
      if (role === 'hopeless') return { role, problem: Problem.fromRecord(String(detail)) };
      return { role: 'leader', followed: Number(detail) > 0 };
    },
    async wake(flight, who) {
      if (who === 'one') await wakeSome(flight, 1);
      else while ((await wakeSome(flight, wokenPerScript)) > 0);
    },
  };
}
