/** Redis on request paths: an absent one costs no time, a hung one a bounded time. */
import { Problem } from '@tintype/contracts';
import type { RedisConnection } from './connection.ts';
import { isRedisFailure } from './redis-failure.ts';

/** Longest wait for anything that needs Redis while a client waits for us: answered within 2.5 s, all told. */
const maxWaitMs = 2300;

/**
 * Runs work that needs Redis; throws `dependency_unavailable` when Redis is away, hung or full. Problems thrown by the
 * work itself pass through.
 */
export type WithDeadline = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** For work over one producer connection. */
export function createWithDeadline(redis: RedisConnection): WithDeadline {
  return async (work) => {
    if (redis.status !== 'ready') throw redisUnavailable();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(redisUnavailable()), maxWaitMs);
      work()
        .finally(() => clearTimeout(timer))
        .then(resolve, (err) => reject(isRedisFailure(err) ? redisUnavailable(err) : err));
    });
  };
}

function redisUnavailable(cause?: unknown): Problem {
  return new Problem('dependency_unavailable', { detail: 'The queue does not answer.', cause });
}
