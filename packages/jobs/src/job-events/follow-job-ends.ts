/** Wakes whoever waits for a job's end: one subscription per process, no polling. */
import { type Shard, subscribe } from '@tintype/redis';

/** Watches one job. Start watching before reading the record: an end in between is then remembered. */
export type JobWatch = {
  /**
   * Resolves when the job has ended, or may have while nobody listened: look at its record. Also after `timeoutMs`, or
   * when the signal aborts. A few watches of a process are let go on at once: this one counts until it is asked again,
   * or closed.
   */
  ended(timeoutMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
};

export type JobEnds = {
  watch(id: string): JobWatch;
  close(): Promise<void>;
};

/**
 * Whoever is woken reads a record and answers. A thousand reads at once are a thousand replies in one turn of the loop:
 * it would be kept from everybody else. Few at once cost more, for what is read together comes and goes in one packet.
 */
const readingAtOnce = 40;

/** Listens to the ends of a shard's jobs over a connection of its own, which is like the given one. */
export function followJobEnds({ redis, keys }: Shard): JobEnds {
  const watches = new Map<string, Set<Wake>>();
  const readers = createReaders();
  const wakeThose = (wakes: Iterable<Wake>) => {
    for (const wake of wakes) wake();
  };
  const wakeAll = () => [...watches.values()].forEach(wakeThose);
  const subscription = subscribe(redis, keys.endings, (id) => wakeThose(watches.get(id) ?? []), wakeAll);
  return { watch: (id) => watchIn(watches, readers, id), close: subscription.close };
}

type Wake = () => void;
type Readers = ReturnType<typeof createReaders>;

/** Lets a few read at once, the others as these are done. */
function createReaders() {
  const line: (() => void)[] = [];
  let reading = 0;
  return {
    enter(read: () => void): void {
      if (reading >= readingAtOnce) return void line.push(read);
      reading += 1;
      read();
    },
    /** Once for each that was let in. */
    leave(): void {
      const next = line.shift();
      if (next) next();
      else reading -= 1;
    },
  };
}

function watchIn(watches: Map<string, Set<Wake>>, readers: Readers, id: string): JobWatch {
  let isWoken = false;
  let isReading = false;
  let goOn = () => {};
  const wake = () => {
    isWoken = true;
    goOn();
  };
  const hasRead = () => {
    if (isReading) readers.leave();
    isReading = false;
  };
  const wakes = watches.get(id) ?? new Set();
  watches.set(id, wakes.add(wake));
  return {
    ended(timeoutMs, signal) {
      hasRead();
      return new Promise((resolve) => {
        const timer = setTimeout(() => goOn(), timeoutMs);
        goOn = () => {
          isWoken = false;
          clearTimeout(timer);
          signal.removeEventListener('abort', goOn);
          goOn = () => {};
          readers.enter(() => {
            isReading = true;
            resolve();
          });
        };
        signal.addEventListener('abort', goOn);
        if (isWoken || signal.aborted) goOn();
      });
    },
    close() {
      hasRead();
      wakes.delete(wake);
      if (wakes.size === 0 && watches.get(id) === wakes) watches.delete(id);
    },
  };
}
