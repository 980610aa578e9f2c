/** Notices a worker that is alive and takes nothing although jobs wait: something in it is stuck for good. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shard } from '@tintype/redis';

export type WatchdogOptions = {
  shard: Shard;
  /** How long jobs may wait for a worker that takes none. */
  limitMs: number;
  /** Called once. */
  onStuck: (waiting: number) => void;
};

export type Watchdog = {
  /** The worker has just shown that it works, or why it cannot. */
  heartbeat(): void;
  stop(): void;
};

/** Looks six times within the limit. */
export function startWatchdog({ shard: { redis, keys }, limitMs, onStuck }: WatchdogOptions): Watchdog {
  const stopping = new AbortController();
  let aliveAtMs = performance.now();
  const heartbeat = () => {
    aliveAtMs = performance.now();
  };
  const countWaiting = async (): Promise<number> => {
    const [isPaused, ...counts] = await Promise.all([
      redis.hexists(keys.meta, 'paused'),
      redis.zcard(keys.prioritized),
      redis.llen(keys.wait),
    ]);
    return isPaused ? 0 : counts.reduce((sum, count) => sum + count, 0);
  };
  const watch = async () => {
    while (!stopping.signal.aborted) {
      await sleep(limitMs / 6, undefined, { signal: stopping.signal, ref: false });
      const waiting = await countWaiting().catch(() => 0); // without Redis nobody can take anything
      if (waiting === 0) heartbeat();
      else if (performance.now() - aliveAtMs > limitMs) return onStuck(waiting);
    }
  };
  watch().catch(() => undefined); // it was stopped
  return { heartbeat, stop: () => stopping.abort() };
}
