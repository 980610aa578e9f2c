/** Lets work begin while the memory that it will hold fits into a budget; first come, first served. */

export type MemoryGate = {
  readonly budgetBytes: number;
  /**
   * Does the work once so many bytes are free, and holds them until it is over. More than the whole budget counts as all
   * of it, and is then alone. A large demand in front is not overtaken, so it is not starved. Who still waits rejects
   * with the signal's reason.
   */
  hold<Value>(bytes: number, signal: AbortSignal, work: () => Promise<Value>): Promise<Value>;
};

type Waiter = { bytes: number; admit: () => void };

/** A semaphore with weights. Own code because a waiter must be able to leave when its job ends. */
export function createMemoryGate(budgetBytes: number): MemoryGate {
  let freeBytes = budgetBytes;
  const waiters: Waiter[] = [];
  const admitNext = () => {
    for (let next = waiters[0]; next && next.bytes <= freeBytes; next = waiters[0]) {
      waiters.shift();
      next.admit();
    }
  };
  const turn = (bytes: number, signal: AbortSignal): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      waiters.splice(waiters.indexOf(waiter), 1);
      reject(signal.reason);
      admitNext(); // whoever stood behind may fit
    };
    const waiter: Waiter = {
      bytes,
      admit() {
        signal.removeEventListener('abort', leave);
        freeBytes -= bytes;
        resolve();
      },
    };
    signal.addEventListener('abort', leave, { once: true });
    waiters.push(waiter);
    return promise;
  };
  return {
    budgetBytes,
    async hold(wantedBytes, signal, work) {
      signal.throwIfAborted();
      const bytes = Math.min(wantedBytes, budgetBytes);
      if (waiters.length === 0 && bytes <= freeBytes) freeBytes -= bytes;
      else await turn(bytes, signal);
      try {
        return await work();
      } finally {
        freeBytes += bytes;
        admitNext();
      }
    },
  };
}
