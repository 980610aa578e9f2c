/** Who may download now: so many at once, and so many of one host. Slow downloads give their slot away. */
import { randomInt } from 'node:crypto';
import { Postponed } from '@tintype/jobs';
import { createSemaphore, type Pass, type Room, type Semaphore, type Waiter } from './semaphore.ts';

export type FetchSlotsOptions = {
  /** Downloads at once, not counting slow ones. */
  fetches: number;
  /** Downloads at once from one host, slow ones included. */
  perHost: number;
  /** Slow downloads that may go on beside. */
  slow: number;
  /** Told how many slow ones there are: so many more jobs may be taken on. */
  onSlow: (count: number) => void;
};

export type FetchSlots = {
  /** Throws `Postponed` when the host keeps others waiting: the job leaves the worker and comes back later. */
  run<Value>(host: string, waiter: Waiter, work: () => Promise<Value>): Promise<Value>;
};

/** Beside the slots of all, and of each host, for tenants that download nothing now: such a part of them. */
const reservedPart = 1 / 4;
/** A download that lasts longer is slow: it costs hardly more than its connection, and gives its slot to another. */
const slowAfterMs = 1000;
/** A host of which a tenant took or freed no slot for so long is stuck for it; a lively one is worth a little wait. */
const stuckAfterMs = 500;
const longestWaitMs = 1000;
/** How long jobs of a stuck host stay away: longer, the more of them there are. */
const firstDelayMs = 500;
const longestDelayMs = 5000;

/** How a tenant gets on with a host. */
type Progress = { movedAtMs: number; postponed: number };
type Host = { slots: Semaphore; tenants: Map<string, Progress> };

export function createFetchSlots({ fetches, perHost, slow, onSlow }: FetchSlotsOptions): FetchSlots {
  const all = createSemaphore(roomOf(fetches));
  const slowDownloads = createSlowDownloads(slow, onSlow);
  const hosts = new Map<string, Host>();

  const hostNamed = (name: string): Host => {
    const known = hosts.get(name);
    if (known) return known;
    const slots = createSemaphore(roomOf(perHost));
    const made = { slots, tenants: new Map<string, Progress>() };
    hosts.set(name, made);
    return made;
  };

  const enterHost = async (host: Host, waiter: Waiter): Promise<Pass> => {
    const progress = progressOf(host, waiter.tenant);
    const isStuck = performance.now() - progress.movedAtMs > stuckAfterMs;
    const pass = await host.slots.enter(waiter, { limitMs: isStuck ? 0 : longestWaitMs });
    if (!pass) {
      progress.postponed += 1;
      const delayMs = firstDelayMs * Math.ceil(progress.postponed / perHost);
      throw new Postponed(Math.min(delayMs, longestDelayMs) + randomInt(firstDelayMs));
    }
    progress.movedAtMs = performance.now();
    return pass;
  };

  const forgetIfIdle = (name: string, host: Host): void => {
    if (host.slots.isIdle()) hosts.delete(name);
  };

  const leaveHost = (name: string, host: Host, pass: Pass, { tenant }: Waiter): void => {
    host.tenants.set(tenant, { movedAtMs: performance.now(), postponed: 0 });
    pass.leave();
    forgetIfIdle(name, host);
  };

  return {
    async run(name, waiter, work) {
      const host = hostNamed(name);
      const pass = await enterHost(host, waiter).catch((err) => {
        forgetIfIdle(name, host);
        throw err;
      });
      try {
        const slot = await all.enter(waiter);
        return await slowDownloads.run(work, slot);
      } finally {
        leaveHost(name, host, pass, waiter);
      }
    },
  };
}

function roomOf(capacity: number): Room {
  return { capacity, reserve: Math.ceil(capacity * reservedPart) };
}

/** Of a tenant that comes for the first time nothing is stuck: it is worth its wait. */
function progressOf({ tenants }: Host, tenant: string): Progress {
  const known = tenants.get(tenant);
  if (known) return known;
  const made = { movedAtMs: performance.now(), postponed: 0 };
  tenants.set(tenant, made);
  return made;
}

/** Where a download goes on that has become slow: beside the slots, of which it gives its own back. */
function createSlowDownloads(mostSlow: number, onSlow: (count: number) => void) {
  let slowOnes = 0;
  const change = (by: 1 | -1): void => {
    slowOnes += by;
    onSlow(slowOnes);
  };
  return {
    /** Of one that has entered; leaves its slot when it is over. */
    async run<Value>(work: () => Promise<Value>, slot: Pass | null): Promise<Value> {
      let isSlow = false;
      const timer = setTimeout(() => {
        if (slowOnes >= mostSlow) return;
        isSlow = true;
        slot?.leave();
        change(1);
      }, slowAfterMs);
      try {
        return await work();
      } finally {
        clearTimeout(timer);
        slot?.leave();
        if (isSlow) change(-1);
      }
    },
  };
}
