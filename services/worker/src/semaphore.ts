/** A semaphore that lets waiters in by the rank of their jobs: for slots, and for bytes of memory. */

/** Whoever wants to enter. */
export type Waiter = {
  /** Of its job in the queue: the lowest goes first. */
  rank: number;
  /** Whoever waits leaves when it aborts. */
  signal: AbortSignal;
};

export type Semaphore = {
  readonly capacity: number;
  /**
   * True when inside, false when `limitMs` was over before; throws the signal's reason when it aborts. A weight of more
   * than the capacity counts as all of it, and is then alone.
   */
  enter(waiter: Waiter, entry?: { weight?: number; limitMs?: number }): Promise<boolean>;
  /** With the weight that it came in with. */
  leave(weight?: number): void;
  /** Nobody is inside, and nobody waits. */
  isIdle(): boolean;
  /** Does the work inside, once there is room. */
  run<Value>(waiter: Waiter, work: () => Promise<Value>, weight?: number): Promise<Value>;
};

type Waiting = { rank: number; weight: number; letIn: () => void };

/**
 * A worker holds more jobs than it can work on, so one that came late may have a lower rank. Equal ranks go as they
 * came. Nobody passes a lower rank, however large its weight is, so it is not starved. Own code, because a waiter must
 * be able to leave when its job ends.
 */
export function createSemaphore(capacity: number): Semaphore {
  let free = capacity;
  const line: Waiting[] = []; // by rank

  const admit = () => {
    for (let next = line[0]; next && next.weight <= free; next = line[0]) {
      line.shift();
      free -= next.weight;
      next.letIn();
    }
  };
  /** Waits in a line that is not empty, or for more than there is now. */
  const wait = ({ rank, signal }: Waiter, weight: number, limitMs?: number): Promise<boolean> =>
    untilLetIn(signal, limitMs, (letIn) => {
      const waiting: Waiting = { rank, weight, letIn };
      const before = line.findLastIndex((other) => other.rank <= rank);
      line.splice(before + 1, 0, waiting);
      admit();
      return () => {
        line.splice(line.indexOf(waiting), 1);
        admit(); // whoever stood behind may fit
      };
    });
  const tryEnter = (weight: number): boolean => {
    if (line.length > 0 || weight > free) return false;
    free -= weight;
    return true;
  };
  const bounded = (weight: number) => Math.min(weight, capacity);

  const semaphore: Semaphore = {
    capacity,
    async enter(waiter, { weight = 1, limitMs } = {}) {
      waiter.signal.throwIfAborted();
      return tryEnter(bounded(weight)) || wait(waiter, bounded(weight), limitMs);
    },
    leave(weight = 1) {
      free += bounded(weight);
      admit();
    },
    isIdle: () => free === capacity && line.length === 0,
    async run(waiter, work, weight = 1) {
      waiter.signal.throwIfAborted();
      if (!tryEnter(bounded(weight))) await wait(waiter, bounded(weight));
      try {
        return await work();
      } finally {
        semaphore.leave(weight);
      }
    },
  };
  return semaphore;
}

/** `stand` enters the line and answers how to leave it. True when let in, false when the time is over. */
function untilLetIn(
  signal: AbortSignal,
  limitMs: number | undefined,
  stand: (letIn: () => void) => () => void,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let leave: () => void = () => undefined;
    const forget = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    };
    const giveUp = () => {
      forget();
      leave();
      reject(signal.reason);
    };
    const timeOut = () => {
      forget();
      leave();
      resolve(false);
    };
    const timer = limitMs === undefined ? undefined : setTimeout(timeOut, limitMs);
    signal.addEventListener('abort', giveUp, { once: true });
    leave = stand(() => {
      forget();
      resolve(true);
    });
  });
}
