/** Lets work begin while the memory that it will hold fits into a budget; first come, first served. */

/** Gives the bytes back; calling it again changes nothing. */
export type Release = () => void;

export type MemoryGate = {
  readonly budgetBytes: number;
  /**
   * Resolves when so many bytes are free; more than the whole budget counts as all of it, and is then alone. Rejects
   * with the signal's reason. A large demand in front is not overtaken, so it is not starved.
   */
  acquire(bytes: number, signal: AbortSignal): Promise<Release>;
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
  const take = (bytes: number): Release => {
    freeBytes -= bytes;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      freeBytes += bytes;
      admitNext();
    };
  };
  return {
    budgetBytes,
    async acquire(wantedBytes, signal) {
      signal.throwIfAborted();
      const bytes = Math.min(Math.max(0, wantedBytes), budgetBytes);
      if (waiters.length === 0 && bytes <= freeBytes) return take(bytes);
      const { promise, resolve, reject } = Promise.withResolvers<Release>();
      const leave = () => {
        const at = waiters.indexOf(waiter);
        if (at !== -1) waiters.splice(at, 1);
        reject(signal.reason);
        admitNext(); // whoever stood behind may fit
      };
      const waiter: Waiter = {
        bytes,
        admit() {
          signal.removeEventListener('abort', leave);
          resolve(take(bytes));
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      waiters.push(waiter);
      return promise;
    },
  };
}
