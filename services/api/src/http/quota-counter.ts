/** Counters of quotas: in Redis over all API processes, and in this process while Redis cannot count. */
import { defineScript, type RedisConnection, tenantKeys } from '@tintype/redis';
import type { Logger } from '@tintype/runtime';

/** What is asked of a counter: so many of `wanted` as the quota has left, or none when that is fewer than `least`. */
export type Take = {
  /** Whose quota, and of what. */
  counter: string;
  wanted: number;
  least: number;
  quota: number;
  windowMs: number;
};

export type Taken = {
  /** 0 when too little was left. */
  taken: number;
  remaining: number;
  resetSeconds: number;
  /** What was taken and is not used after all. */
  giveBack(unused: number): Promise<void>;
};

export type QuotaCounter = (take: Take) => Promise<Taken>;

/** After a failure this process counts by itself for so long: an absent Redis must not slow down every request. */
const pauseMs = 1000;
/** Counters that a process keeps while Redis cannot count; the oldest one makes room for a new one. */
export const mostLocalCounters = 10_000;

/** A counter that has no end of its window, which nothing of ours writes, is given one. */
const takeLua = `
local used = tonumber(redis.call('GET', counter) or 0)
local taken = math.min(tonumber(wanted), tonumber(quota) - used)
if taken < tonumber(least) then taken = 0 end
if taken > 0 then used = redis.call('INCRBY', counter, taken) end
local leftMs = redis.call('PTTL', counter)
if leftMs < 0 then
  leftMs = tonumber(windowMs)
  redis.call('PEXPIRE', counter, leftMs)
end
return {taken, used, leftMs}`;

/** Another window may have begun meanwhile, in which less was taken. */
const giveBackLua = `
local used = tonumber(redis.call('GET', counter) or 0)
if used > 0 then redis.call('DECRBY', counter, math.min(used, tonumber(unused))) end
return 1`;

/**
 * Counts in Redis. While that is away, full or slow, it counts in this process, by itself: a client then has at most one
 * quota more for each process, and never none that ends. Never throws.
 */
export function createQuotaCounter(redis: RedisConnection, logger: Logger): QuotaCounter {
  const takeInRedis = createRedisCounter(redis);
  const takeHere = createLocalCounter(mostLocalCounters);
  let pausedUntilMs = 0;
  return async (take) => {
    if (redis.status !== 'ready' || performance.now() < pausedUntilMs) return takeHere(take);
    try {
      return await takeInRedis(take);
    } catch (err) {
      pausedUntilMs = performance.now() + pauseMs;
      logger.warn({ err }, 'Redis cannot count the quotas: this process counts by itself meanwhile');
      return takeHere(take);
    }
  };
}

function createRedisCounter(redis: RedisConnection): QuotaCounter {
  const keys = ['counter'] as const;
  const runTake = defineScript(redis, {
    name: 'tintypeTakeOfQuota',
    keys,
    args: ['wanted', 'least', 'quota', 'windowMs'],
    lua: takeLua,
  });
  const runGiveBack = defineScript(redis, { name: 'tintypeGiveBackQuota', keys, args: ['unused'], lua: giveBackLua });
  return async ({ counter: name, quota, ...args }) => {
    const counter = `${tenantKeys.rateLimits}${name}`;
    const reply = await runTake({ counter }, { quota, ...args });
    const [taken = 0, used = quota, leftMs = 0] = Array.isArray(reply) ? reply.map(Number) : [];
    return {
      ...takenOf(taken, used, quota, leftMs),
      // What cannot be given back stays used until the window ends.
      giveBack: (unused) => runGiveBack({ counter }, { unused }).then(ignore, ignore),
    };
  };
}

/** Counts in the memory of this process, for `most` counters: whoever has been counted longest is forgotten first. */
export function createLocalCounter(most: number, nowMs: () => number = () => performance.now()): QuotaCounter {
  const windows = new Map<string, { used: number; endsMs: number }>();
  const openWindow = (counter: string, windowMs: number) => {
    windows.delete(counter);
    const [oldest] = windows.keys();
    if (oldest !== undefined && windows.size >= most) windows.delete(oldest);
    const opened = { used: 0, endsMs: nowMs() + windowMs };
    windows.set(counter, opened);
    return opened;
  };
  return async ({ counter, wanted, least, quota, windowMs }) => {
    const known = windows.get(counter);
    const window = known && known.endsMs > nowMs() ? known : openWindow(counter, windowMs);
    const left = Math.min(wanted, quota - window.used);
    const taken = left < least ? 0 : left;
    window.used += taken;
    return {
      ...takenOf(taken, window.used, quota, window.endsMs - nowMs()),
      async giveBack(unused) {
        window.used = Math.max(0, window.used - unused);
      },
    };
  };
}

function takenOf(taken: number, used: number, quota: number, leftMs: number): Omit<Taken, 'giveBack'> {
  return { taken, remaining: Math.max(0, quota - used), resetSeconds: Math.max(1, Math.ceil(leftMs / 1000)) };
}

function ignore(): void {}
