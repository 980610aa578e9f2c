/** Wakes whoever waits for a job's end: one subscription per process, no polling. */
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

/** Whoever is woken reads a record and answers: a thousand in one turn of the loop would keep it from everybody else. */
const wokenPerTurn = 10;

type Wake = () => void;

/** Listens to the ends of a shard's jobs over a connection of its own, which is like the given one. */
export function followJobEnds({ redis, keys }: Shard): JobEnds {
  const waiting = new Map<string, Set<Wake>>();
  const wakers = createWakers();
  const wakeAll = () => {
    for (const wakes of waiting.values()) wakers.wake(wakes);
  };
  const subscription = subscribe(redis, keys.endings, (id) => wakers.wake(waiting.get(id) ?? []), wakeAll);
  return { watch: (id) => watchIn(waiting, id), close: subscription.close };
}

/** Wakes the first ones at once, the others turn by turn. */
function createWakers() {
  const queue: Wake[] = [];
  let wokenInTurn = 0;
  const goOn = () => {
    wokenInTurn = 0;
    for (const wake of queue.splice(0, wokenPerTurn)) {
      wokenInTurn += 1;
      wake();
    }
    if (wokenInTurn > 0) setImmediate(goOn);
  };
  return {
    wake(wakes: Iterable<Wake>): void {
      for (const wake of wakes) {
        if (wokenInTurn === 0) setImmediate(goOn);
        if (wokenInTurn >= wokenPerTurn) {
          queue.push(wake);
          continue;
        }
        wokenInTurn += 1;
        wake();
      }
    },
  };
}

function watchIn(waiting: Map<string, Set<Wake>>, id: string): JobWatch {
  let isWoken = false;
  let goOn = () => {};
  const wake = () => {
    isWoken = true;
    goOn();
  };
  const wakes = waiting.get(id) ?? new Set();
  waiting.set(id, wakes.add(wake));
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
    close() {
      wakes.delete(wake);
      if (wakes.size === 0 && waiting.get(id) === wakes) waiting.delete(id);
    },
  };
}
