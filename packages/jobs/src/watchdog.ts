/** Notices a worker that is alive and takes nothing although jobs wait: something in it is stuck for good. */
import { setTimeout as sleep } from 'node:timers/promises';
import { thumbnailQueueName } from '@tintype/contracts';
import { keysOf, type RedisConnection } from '@tintype/redis';

export type WatchdogOptions = {
  redis: RedisConnection;
  /** How long jobs may wait for a worker that takes none. */
  limitMs: number;
  /** Called once. */
  onStuck: (waiting: number) => void;
  shard?: number;
};

export type Watchdog = {
  /** The worker has just shown that it works, or why it cannot. */
  tell(): void;
  stop(): void;
};

/** Looks six times within the limit. */
export function startWatchdog({ redis, limitMs, onStuck, shard = 0 }: WatchdogOptions): Watchdog {
  const keys = keysOf(shard);
  const stopping = new AbortController();
  let toldAtMs = performance.now();
  const tell = () => {
    toldAtMs = performance.now();
  };
  const countWaiting = async (): Promise<number> => {
    const counts = [redis.zcard(keys.prioritized(thumbnailQueueName)), redis.llen(keys.wait(thumbnailQueueName))];
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };
  const watch = async () => {
    while (!stopping.signal.aborted) {
      await sleep(limitMs / 6, undefined, { signal: stopping.signal, ref: false });
      const waiting = await countWaiting().catch(() => 0); // without Redis nobody can take anything
      if (waiting === 0) tell();
      else if (performance.now() - toldAtMs > limitMs) return onStuck(waiting);
    }
  };
  watch().catch(() => undefined); // it was stopped
  return { tell, stop: () => stopping.abort() };
}
