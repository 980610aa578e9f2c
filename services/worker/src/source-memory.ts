/** Bounds the bytes of sources that a worker holds, fairly by tenant: until their picture is made. */
import { Problem } from '@tintype/contracts';
import { Postponed } from '@tintype/jobs';

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

/** A source that is held. */
type Held = { tenant: string; bytes: number; movedAtMs: number; wantBack: AbortController };
/** Whoever waits: for more bytes of a source, or, where that is null, to begin one. */
type Paused = { tenant: string; held: Held | null; resolve: () => void };

/** Beside the budget, for tenants that hold little while others hold all of it: this part of the budget, … */
const reservedPart = 1 / 4;
/** … of which each may have this part. */
const littlePart = 1 / 4;
/** Who has waited for so long has the bytes of another tenant's source that has stood still for as long. */
const patienceMs = 1000;
/** A tenant that waits for its own sources is more patient. */
const ownPatienceMs = 5000;
/** When the job of a source comes back that was sent away only because others waited. */
const comeBackMs = 3000;

/**
 * What has arrived goes away by itself, so whoever waits for it gets on. When nothing has arrived, one source may go on
 * nevertheless, the first that asks: downloads that fill the budget together must not wait for each other for ever. So
 * at most the budget, the reserve and one source are held.
 */
export function createSourceMemory(budgetBytes: number): SourceMemory {
  const reservedBytes = budgetBytes * reservedPart;
  const sum = createSum();
  const arriving = new Set<Held>();
  const arrived = new Set<Held>();
  let onTop: Held | null = null;
  const mayBeOnTop = (held: Held | null) => {
    if (held !== null && arrived.size === 0 && (onTop ?? held) === held) onTop = held;
    return held !== null && onTop === held;
  };
  const isModest = (tenant: string) =>
    sum.of(tenant) < reservedBytes * littlePart && sum.allButLargest() < reservedBytes;
  const mayGoOn = ({ tenant, held }: Omit<Paused, 'resolve'>) =>
    sum.all() < budgetBytes || isModest(tenant) || mayBeOnTop(held);
  const line = createLine(mayGoOn, (tenant) => sendAway(tenant, sum, arriving, line.has));

  const release = (held: Held) => {
    sum.add(held.tenant, -held.bytes);
    held.bytes = 0;
    arriving.delete(held);
    arrived.delete(held);
    if (onTop === held) onTop = null;
    line.letGo(held);
    line.wake();
  };
  const add = (held: Held, more: number) => {
    held.bytes += more;
    held.movedAtMs = performance.now();
    sum.add(held.tenant, more);
    const isBehind = line.isWaitedIn() && onTop !== held && sum.all() >= budgetBytes && !isModest(held.tenant);
    return !isBehind && mayGoOn({ tenant: held.tenant, held })
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
      const held: Held = { tenant, bytes: 0, movedAtMs: performance.now(), wantBack: new AbortController() };
      arriving.add(held);
      const stopFollowing = abortWith(held.wantBack, signal);
      return {
        signal: held.wantBack.signal,
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

/** Whoever waits. `lookAround` is called now and then while a tenant does. */
function createLine(mayGoOn: (one: Omit<Paused, 'resolve'>) => boolean, lookAround: (tenant: string) => void) {
  let paused: Paused[] = [];
  return {
    /** Resolves when it may go on, or is over by the signal. */
    async wait(tenant: string, held: Held | null, signal: AbortSignal): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const one = { tenant, held, resolve };
      paused.push(one);
      await meanwhile(promise, resolve, signal, () => lookAround(tenant));
      paused = paused.filter((other) => other !== one);
      if (held) held.movedAtMs = performance.now();
    },
    wake(): void {
      const ready = paused.filter(mayGoOn);
      paused = paused.filter((one) => !ready.includes(one));
      for (const { resolve } of ready) resolve();
    },
    /** Whether a source waits for its turn. */
    isWaitedIn: (): boolean => paused.some((one) => one.held !== null),
    has: (held: Held): boolean => paused.some((one) => one.held === held),
    /** What it waited for is over. */
    letGo(held: Held): void {
      for (const one of paused) if (one.held === held) one.resolve();
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

/** Waits for the promise, or until the signal aborts; does something now and then while it lasts. */
async function meanwhile(
  promise: Promise<void>,
  resolve: () => void,
  signal: AbortSignal,
  lookAround: () => void,
): Promise<void> {
  const timer = setInterval(lookAround, patienceMs);
  timer.unref();
  const onAbort = () => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await promise;
  signal.removeEventListener('abort', onAbort);
  clearInterval(timer);
}

/**
 * Sends one source away, of the tenant that holds most: the latest that only waits for its turn, else the one that has
 * stood still for longest. The former comes back without an attempt spent.
 */
function sendAway(tenant: string, sum: Sum, arriving: Set<Held>, isPaused: (held: Held) => boolean): void {
  const largest = sum.largest();
  const isOwn = largest === tenant;
  const candidates = [...arriving].filter((held) => held.tenant === largest && held.bytes > 0);
  const waiting = isOwn ? undefined : candidates.findLast(isPaused);
  const stalled = candidates.filter((held) => !isPaused(held)).sort((one, other) => one.movedAtMs - other.movedAtMs)[0];
  if (waiting) waiting.wantBack.abort(new Postponed(comeBackMs));
  else if (stalled && performance.now() - stalled.movedAtMs > (isOwn ? ownPatienceMs : patienceMs)) {
    const detail = 'The source stood still while others waited.';
    stalled.wantBack.abort(new Problem('source_timeout', { detail, retryable: true }));
  }
}

type Sum = ReturnType<typeof createSum>;

/** Bytes by tenant. */
function createSum() {
  const tenants = new Map<string, number>();
  let all = 0;
  const largest = (): [string, number] | null =>
    [...tenants].reduce<[string, number] | null>((most, one) => (most && most[1] >= one[1] ? most : one), null);
  return {
    add(tenant: string, bytes: number): void {
      const now = (tenants.get(tenant) ?? 0) + bytes;
      all += bytes;
      if (now === 0) tenants.delete(tenant);
      else tenants.set(tenant, now);
    },
    all: () => all,
    of: (tenant: string) => tenants.get(tenant) ?? 0,
    allButLargest: () => all - (largest()?.[1] ?? 0),
    largest: () => largest()?.[0] ?? null,
  };
}
