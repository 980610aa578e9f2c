/** The circuit breaker around Redis on request paths: an absent Redis costs no time, a hung one a bounded time. */
import { Problem } from '@tintype/contracts';
import type { RedisConnection } from './connection.ts';

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

/** ioredis and Redis tell by message and name, not by class or code, what went wrong. */
const failureTexts = [
  'Command timed out',
  'Connection is closed',
  "Stream isn't writeable",
  'Reached the max retries per request limit',
];
const failureReplies = ['OOM', 'LOADING', 'MISCONF', 'READONLY', 'BUSY', 'CLUSTERDOWN', 'NOREPLICAS'];
const failureCodes = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'];

/** Whether Redis is away, full or not able to write: the same command may well succeed later. */
export function isRedisFailure(err: unknown): boolean {
  if (typeof err !== 'object' || err === null || !('message' in err)) return false;
  const message = String(err.message);
  if ('code' in err && failureCodes.includes(String(err.code))) return true;
  if (failureTexts.some((text) => message.includes(text))) return true;
  return failureReplies.some(
    (word) =>
      message.startsWith(word) || message.includes(`ERR ${word}`) || message.includes(`${word} command not allowed`),
  );
}
