/** Bounds the bytes of sources that a worker holds: fetched or being fetched, until their picture is made. */

export type SourceMemory = {
  /** Resolves when there is room for another source; rejects with the signal's reason. Ask before taking a slot. */
  room(signal: AbortSignal): Promise<void>;
  /** The share of one source. */
  enter(): SourceShare;
};

export type SourceShare = {
  /** Counts more bytes; answers a promise when nothing further may be read until it resolves. */
  add(bytes: number): Promise<void> | null;
  /** All bytes are there. They still count, but nobody waits for this source to be complete. */
  complete(): void;
  /** The bytes are needed no more; calling it again changes nothing. */
  release(): void;
};

type Paused = { share: SourceShare | null; resolve: () => void };

/**
 * What has arrived goes away by itself, so whoever waits for it gets on. When nothing has arrived, the source that was
 * begun first may go on nevertheless: downloads that fill the budget together must not wait for each other for ever. So
 * at most the budget and one source are held.
 */
export function createSourceMemory(budgetBytes: number): SourceMemory {
  let heldBytes = 0;
  const arriving = new Set<SourceShare>(); // in the order in which they were begun
  let paused: Paused[] = [];
  const arrived = new Set<SourceShare>();
  const isNext = (share: SourceShare | null) => arrived.size === 0 && arriving.values().next().value === share;
  const mayGoOn = (share: SourceShare | null) => heldBytes < budgetBytes || isNext(share);
  const wake = () => {
    const [ready, others] = [
      paused.filter(({ share }) => mayGoOn(share)),
      paused.filter(({ share }) => !mayGoOn(share)),
    ];
    paused = others;
    for (const { resolve } of ready) resolve();
  };
  const until = (share: SourceShare | null) => new Promise<void>((resolve) => paused.push({ share, resolve }));

  const enter = (): SourceShare => {
    let bytes = 0;
    const share: SourceShare = {
      add(more) {
        bytes += more;
        heldBytes += more;
        return mayGoOn(share) ? null : until(share);
      },
      complete() {
        if (arriving.delete(share)) arrived.add(share);
      },
      release() {
        heldBytes -= bytes;
        bytes = 0;
        arriving.delete(share);
        arrived.delete(share);
        paused = paused.filter((one) => one.share !== share);
        wake();
      },
    };
    arriving.add(share);
    return share;
  };
  return {
    async room(signal) {
      signal.throwIfAborted();
      if (mayGoOn(null)) return;
      const aborted = Promise.withResolvers<never>();
      const onAbort = () => aborted.reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      await Promise.race([until(null), aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
    },
    enter,
  };
}
