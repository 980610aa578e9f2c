/** Retries what fails because Redis or the storage is away or full: no attempt of a job is spent on it. */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export type RetryingOptions = {
  /** Whether the error says that the very same may succeed later. */
  isTransient: (err: unknown) => boolean;
  /** Told of every failure that is waited out. */
  onTrouble: (err: unknown) => void;
  /** From when on nothing is tried again: who waits then is told the signal's reason. */
  over?: AbortSignal;
};

/** Runs work until it succeeds or fails for good; throws the signal's reason when it aborts meanwhile. */
export type Retrying = <Value>(work: () => Promise<Value>, signal?: AbortSignal) => Promise<Value>;

const firstDelayMs = 50;
const longestDelayMs = 1000;

export function createRetrying({ isTransient, onTrouble, over }: RetryingOptions): Retrying {
  return async (work, signal) => {
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(2 * delayMs, longestDelayMs)) {
      over?.throwIfAborted();
      signal?.throwIfAborted();
      try {
        return await work();
      } catch (err) {
        if (!isTransient(err)) throw err;
        onTrouble(err);
      }
      // Half of it by chance, so that all who wait do not come back at once.
      await sleep(delayMs / 2 + randomInt(delayMs / 2), undefined, { ...(signal && { signal }) }).catch(
        () => undefined,
      );
    }
  };
}
