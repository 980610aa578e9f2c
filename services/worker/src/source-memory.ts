/** Bounds the bytes of sources that a worker holds, fairly by tenant: until their picture is made. */
import { createSourceBytes } from './source-bytes.ts';
import { createLine, type Held, type Paused, takeBack } from './source-line.ts';

export type SourceMemory = {
  /** Resolves when there is room for another source; rejects with the signal's reason. Ask before taking a slot. */
  room(tenant: string, signal: AbortSignal): Promise<void>;
  /** The share of one source, for a job whose signal is this. */
  enter(tenant: string, signal: AbortSignal): SourceShare;
};

export type SourceShare = {
  /**
   * Aborts with the job, and when its bytes are wanted back: another tenant waits for them, and this source does not get
   * on.
   */
  readonly signal: AbortSignal;
  /** Counts more bytes; answers a promise when nothing further may be read until it resolves, as it does with `signal`. */
  add(bytes: number): Promise<void> | null;
  /** All bytes are there. They still count, but nobody waits for this source to be complete. */
  complete(): void;
  /** The bytes are needed no more; calling it again changes nothing. */
  release(): void;
};

/**
 * What has arrived goes away by itself, so whoever waits for it gets on. When nothing has arrived, one source may go on
 * nevertheless, the first that asks: downloads that fill the budget together must not wait for each other for ever. So
 * at most the budget, the reserve and one source are held.
 */
export function createSourceMemory(budgetBytes: number): SourceMemory {
  const bytes = createSourceBytes(budgetBytes);
  const arriving = new Set<Held>();
  const arrived = new Set<Held>();
  let onTop: Held | null = null;
  const mayBeOnTop = (held: Held | null) => {
    if (held !== null && arrived.size === 0 && (onTop ?? held) === held) onTop = held;
    return held !== null && onTop === held;
  };
  const mayGoOn = ({ tenant, held }: Omit<Paused, 'resolve'>) =>
    !bytes.isFull() || bytes.isModest(tenant) || mayBeOnTop(held);
  const line = createLine(mayGoOn, (tenant) => {
    takeBack({ waiting: tenant, tenantsInLine: line.tenants(), budgetBytes, arriving, arrived, isPaused: line.has });
  });

  const release = (held: Held) => {
    bytes.giveBack(held);
    arriving.delete(held);
    arrived.delete(held);
    if (onTop === held) onTop = null;
    bytes.settle([...arrived, ...arriving]);
    line.letGo(held);
    line.wake();
  };
  const add = (held: Held, more: number) => {
    held.movedAtMs = performance.now();
    const isLent = bytes.count(held, more);
    const isBehind = line.isWaitedIn() && onTop !== held && bytes.isFull() && !bytes.isModest(held.tenant);
    return isLent || (!isBehind && mayGoOn({ tenant: held.tenant, held }))
      ? null
      : line.wait(held.tenant, held, held.wantBack.signal);
  };
  return {
    async room(tenant, signal) {
      signal.throwIfAborted();
      if (!mayGoOn({ tenant, held: null })) await line.wait(tenant, null, signal);
      signal.throwIfAborted();
    },
    enter(tenant, signal) {
      const wantBack = new AbortController();
      const held: Held = { tenant, bytes: 0, lentBytes: 0, movedAtMs: performance.now(), wantBack };
      arriving.add(held);
      const stopFollowing = abortWith(wantBack, signal);
      return {
        signal: wantBack.signal,
        add: (more) => add(held, more),
        complete: () => void (arriving.delete(held) && arrived.add(held)),
        release: () => {
          stopFollowing();
          release(held);
        },
      };
    },
  };
}

/** Answers how to end it. */
function abortWith(controller: AbortController, signal: AbortSignal): () => void {
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return () => signal.removeEventListener('abort', onAbort);
}
