/** A semaphore that is fair to tenants, and lets a tenant's waiters in by the rank of their jobs: for slots, and bytes. */

import { createInside, type Inside } from './semaphore-inside.ts';

/** Whoever wants to enter. */
export type Waiter = {
  tenant: string;
  /** Of its job in the queue: of one tenant's, the lowest goes first. */
  rank: number;
  /** Whoever waits leaves when it aborts. */
  signal: AbortSignal;
};

export type Room = {
  /** What all tenants share. */
  capacity: number;
  /**
   * What is kept beside it for tenants that have nothing inside, so that none waits until another one's work ends. None
   * unless it is given.
   */
  reserve?: number;
};

/** Of one that is inside. */
export type Pass = {
  /** Doing it again changes nothing. */
  leave(): void;
  /** From now on it weighs only so much; it never gets heavier. */
  shrinkTo(weight: number): void;
};

export type Semaphore = {
  readonly capacity: number;
  /**
   * Null when `limitMs` was over before; throws the signal's reason when it aborts. A weight of more than the capacity
   * counts as all of it.
   */
  enter(waiter: Waiter, entry?: { weight?: number; limitMs?: number }): Promise<Pass | null>;
  /** Nobody is inside, and nobody waits. */
  isIdle(): boolean;
  /** Does the work inside, once there is room. */
  run<Value>(waiter: Waiter, work: () => Promise<Value>, weight?: number): Promise<Value>;
};

type Waiting = { tenant: string; rank: number; weight: number; letIn: (pass: Pass) => void };

/**
 * The tenant that has least inside goes first; of equal ones the one that has had least time inside, so that many who
 * ask all the time are not before one that asks seldom, nor long stays before short ones. Of one tenant's the lowest
 * rank goes first, and of equal ranks the one that came first. Nobody passes whoever is next, however large that one's
 * weight is, so it is not starved. Own code, because a waiter must be able to leave when its job ends.
 */
export function createSemaphore({ capacity, reserve = 0 }: Room): Semaphore {
  const inside = createInside(capacity, reserve);
  let line: Waiting[] = [];

  const admitOne = (): boolean => {
    const first = firstOf(line, inside);
    const isFirst = first !== undefined && inside.fits(first.weight);
    const waiting = isFirst ? first : firstOf(line.filter(inside.fitsReserve), inside);
    if (!waiting) return false;
    line = line.filter((other) => other !== waiting);
    waiting.letIn(passOf(waiting, !isFirst));
    return true;
  };
  const admit = () => {
    settleBefore(line, inside);
    while (line.length > 0 && admitOne());
    inside.forgetAllBut(line);
  };
  const passOf = (entry: { tenant: string; weight: number }, isReserve: boolean): Pass => {
    const { end, shrinkTo } = inside.add(entry, isReserve);
    return { leave: () => void (end() && admit()), shrinkTo: (weight) => void (shrinkTo(weight) && admit()) };
  };
  /** Waits in a line that is not empty, or for more than there is now. */
  const wait = ({ tenant, rank, signal }: Waiter, weight: number, limitMs?: number): Promise<Pass | null> =>
    untilLetIn(signal, limitMs, (letIn) => {
      const waiting: Waiting = { tenant, rank, weight, letIn };
      line.push(waiting);
      admit();
      return () => {
        line = line.filter((other) => other !== waiting);
        admit(); // whoever stood behind may fit
      };
    });
  /** Whoever passes the line takes nothing of the room that it waits for. */
  const tryEnter = (entry: { tenant: string; weight: number }): Pass | null => {
    if (line.length === 0 && inside.fits(entry.weight)) return passOf(entry, false);
    return inside.fitsReserve(entry) ? passOf(entry, true) : null;
  };

  const semaphore: Semaphore = {
    capacity,
    async enter(waiter, { weight = 1, limitMs } = {}) {
      waiter.signal.throwIfAborted();
      const bounded = Math.min(weight, capacity);
      return tryEnter({ tenant: waiter.tenant, weight: bounded }) ?? wait(waiter, bounded, limitMs);
    },
    isIdle: () => inside.isEmpty() && line.length === 0,
    async run(waiter, work, weight = 1) {
      waiter.signal.throwIfAborted();
      const bounded = Math.min(weight, capacity);
      const pass = tryEnter({ tenant: waiter.tenant, weight: bounded }) ?? (await wait(waiter, bounded));
      try {
        return await work();
      } finally {
        pass?.leave();
      }
    },
  };
  return semaphore;
}

/** Before those who have something inside, the reserve gets back what it has lent. */
function settleBefore(line: readonly Waiting[], inside: Inside): void {
  const first = firstOf(line, inside);
  if (!first || inside.weightOf(first.tenant) > 0) inside.settle();
}

function firstOf(line: readonly Waiting[], { weightOf, turnOf }: Inside): Waiting | undefined {
  const goesBefore = (one: Waiting, other: Waiting): boolean =>
    (weightOf(one.tenant) - weightOf(other.tenant) ||
      turnOf(one.tenant) - turnOf(other.tenant) ||
      one.rank - other.rank) < 0;
  return line.reduce<Waiting | undefined>(
    (first, other) => (!first || goesBefore(other, first) ? other : first),
    undefined,
  );
}

/** `stand` enters the line and answers how to leave it. Null when the time is over. */
function untilLetIn(
  signal: AbortSignal,
  limitMs: number | undefined,
  stand: (letIn: (pass: Pass) => void) => () => void,
): Promise<Pass | null> {
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
      resolve(null);
    };
    const timer = limitMs === undefined ? undefined : setTimeout(timeOut, limitMs);
    signal.addEventListener('abort', giveUp, { once: true });
    leave = stand((pass) => {
      forget();
      resolve(pass);
    });
  });
}
