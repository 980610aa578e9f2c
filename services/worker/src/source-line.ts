/** Who waits for room among the sources that a worker holds, and whose bytes are taken back for them. */
import { Problem } from '@tintype/contracts';
import { Postponed } from '@tintype/jobs';

/** A source that is held; `lentBytes` of its bytes are the reserve's. */
export type Held = {
  readonly tenant: string;
  bytes: number;
  lentBytes: number;
  movedAtMs: number;
  readonly wantBack: AbortController;
};
/** Whoever waits: for more bytes of a source, or, where that is null, to begin one. */
export type Paused = { tenant: string; held: Held | null; resolve: () => void };

/** Who has waited for so long has the bytes of another tenant's source that has stood still for as long. */
const patienceMs = 1000;
/** A tenant that waits for its own sources is more patient. */
const ownPatienceMs = 5000;
/** When the job of a source comes back that was sent away only because others waited. */
const comeBackMs = 3000;

/** Whoever waits. `lookAround` is called now and then while a tenant does. */
export function createLine(mayGoOn: (one: Omit<Paused, 'resolve'>) => boolean, lookAround: (tenant: string) => void) {
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
    tenants: (): string[] => paused.map((one) => one.tenant),
    /** What it waited for is over. */
    letGo(held: Held): void {
      for (const one of paused) if (one.held === held) one.resolve();
    },
  };
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

type Look = {
  /** The tenant for which it is. */
  waiting: string;
  tenantsInLine: readonly string[];
  budgetBytes: number;
  arriving: ReadonlySet<Held>;
  arrived: ReadonlySet<Held>;
  isPaused: (held: Held) => boolean;
};

/**
 * Wants one source back of each tenant that holds more than its share, which is the budget divided by those that hold
 * or wait for any of it: where the budget is full, there is one. Nothing while what was wanted back before makes room.
 */
export function takeBack({ waiting, tenantsInLine, budgetBytes, arriving, arrived, isPaused }: Look): void {
  const holding = new Map<string, number>();
  let all = 0;
  for (const held of [...arriving, ...arrived].filter(({ wantBack }) => !wantBack.signal.aborted)) {
    all += held.bytes;
    holding.set(held.tenant, (holding.get(held.tenant) ?? 0) + held.bytes);
  }
  if (all < budgetBytes) return;
  const shareBytes = budgetBytes / new Set([...holding.keys(), ...tenantsInLine]).size;
  for (const [tenant, bytes] of holding) {
    if (bytes < shareBytes) continue;
    const own = [...arriving].filter((held) => held.tenant === tenant && !held.wantBack.signal.aborted);
    sendOneAway(own, isPaused, {
      sparesPaused: bytes <= (holding.get(waiting) ?? 0),
      patienceMs: tenant === waiting ? ownPatienceMs : patienceMs,
    });
  }
}

/**
 * The latest that only waits for its turn, unless these are spared; its job comes back without an attempt spent. Else
 * the one that has stood still for longest.
 */
function sendOneAway(
  sources: readonly Held[],
  isPaused: (held: Held) => boolean,
  { sparesPaused, patienceMs }: { sparesPaused: boolean; patienceMs: number },
): void {
  const candidates = sources.filter(({ bytes }) => bytes > 0);
  const inTurn = sparesPaused ? undefined : candidates.findLast(isPaused);
  const still = candidates.filter((held) => !isPaused(held)).sort((one, other) => one.movedAtMs - other.movedAtMs)[0];
  if (inTurn) inTurn.wantBack.abort(new Postponed(comeBackMs));
  else if (still && performance.now() - still.movedAtMs > patienceMs) {
    const detail = 'The source stood still while others waited.';
    still.wantBack.abort(new Problem('source_timeout', { detail, retryable: true }));
  }
}
