/** The circuit breaker around Redis on request paths: an absent Redis costs no time, a hung one a bounded time. */
import { Problem } from '@tintype/contracts';
import type { RedisConnection } from './connection.ts';
import { isRedisFailure } from './redis-failure.ts';

/** Longest wait for anything that needs Redis while a client waits for us: answered within 2.5 s, all told. */
const maxWaitMs = 2300;

export type RedisCircuit = {
  /** Runs work that needs Redis; throws `dependency_unavailable` when Redis is away, hung or full. */
  run<Value>(work: () => Promise<Value>): Promise<Value>;
};

/** Watches one producer connection. Problems thrown by the work itself pass through. */
export function createCircuit(redis: RedisConnection): RedisCircuit {
  return {
    async run(work) {
      if (redis.status !== 'ready') throw redisUnavailable();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(redisUnavailable()), maxWaitMs);
        work()
          .finally(() => clearTimeout(timer))
          .then(resolve, (err) => reject(isRedisFailure(err) ? redisUnavailable(err) : err));
      });
    },
  };
}

function redisUnavailable(cause?: unknown): Problem {
  return new Problem('dependency_unavailable', { detail: 'The queue does not answer.', cause });
}
