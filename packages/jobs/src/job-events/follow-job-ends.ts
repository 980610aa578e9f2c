/** Wakes whoever waits for a job's end: one subscription per process, no polling. */
import { EventEmitter } from 'node:events';
import { type Shard, subscribe } from '@tintype/redis';

/** Watches one job. Start watching before reading the record: an end in between is then remembered. */
export type JobWatch = {
  /**
   * Resolves when the job has ended, or may have while nobody listened: look at its record. Also after `timeoutMs`, or
   * when the signal aborts.
   */
  ended(timeoutMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
};

export type JobEnds = {
  watch(id: string): JobWatch;
  close(): Promise<void>;
};

/** Listens to the ends of a shard's jobs over a connection of its own, which is like the given one. */
export function followJobEnds({ redis, keys }: Shard): JobEnds {
  const ends = new EventEmitter().setMaxListeners(0);
  const wakeAll = () => {
    for (const id of ends.eventNames()) ends.emit(id);
  };
  const subscription = subscribe(redis, keys.endings, (id) => void ends.emit(id), wakeAll);
  return { watch: (id) => watchIn(ends, id), close: subscription.close };
}

function watchIn(ends: EventEmitter, id: string): JobWatch {
  let isWoken = false;
  let goOn = () => {};
  const wake = () => {
    isWoken = true;
    goOn();
  };
  ends.on(id, wake);
  return {
    ended(timeoutMs, signal) {
      return new Promise((resolve) => {
        const timer = setTimeout(() => goOn(), timeoutMs);
        goOn = () => {
          isWoken = false;
          clearTimeout(timer);
          signal.removeEventListener('abort', goOn);
          goOn = () => {};
          resolve();
        };
        signal.addEventListener('abort', goOn);
        if (isWoken || signal.aborted) goOn();
      });
    },
    close: () => void ends.off(id, wake),
  };
}
