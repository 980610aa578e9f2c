/** The jobs that a worker has claimed and not left yet: how many more it may claim, and what it knows of each. */
import type { HeldJob } from './attempt-ends.ts';

export type HeldJobs = {
  add(job: Held): void;
  /** It has left; nothing when it is held by another claim by now. */
  remove(job: HeldJob): void;
  all(): HeldJob[];
  tokenOf(id: string): string | null;
  envelopeOf(id: string): string | null;
  attemptsMadeOf(id: string): number;
  /**
   * The tenants, as envelopes name them, that have any of these jobs: those of others may be held beside. None while
   * there is room for anybody's, or no place left beside.
   */
  tenantsToPass(): string[];
  /** Counts a job that is being claimed as held, until the function that it answers is called. */
  reserve(): () => void;
  /** Whether another one may be claimed. */
  hasRoom(): boolean;
  /** Whether another one may be claimed when one leaves: not after the limit was lowered. */
  hasRoomOnceOneLeaves(): boolean;
  /** Resolves when there is room, after `timeoutMs`, or when woken. */
  room(timeoutMs: number): Promise<void>;
  wake(): void;
  /** So many may be held at once from now on; those that are held stay. */
  setLimit(limit: number): void;
};

/** Places beside a limit that is large enough, as a part of it: for tenants of which no job is held. */
const placesBeside = { part: 1 / 4, fromLimit: 8 };

type Held = HeldJob & { envelope: string | null; attemptsMade: number };

/** As the envelope names it; jobs without one are nobody's. */
function tenantOf(envelope: string | null): string {
  return envelope?.split(' ', 3)[2] ?? '';
}

export function createHeldJobs(firstLimit: number): HeldJobs {
  const jobs = new Map<string, Held & { tenant: string }>();
  let limit = firstLimit;
  let reserved = 0;
  let wake = () => {};
  const hasRoom = () => jobs.size + reserved < limit;
  return {
    add: (job) => void jobs.set(job.id, { ...job, tenant: tenantOf(job.envelope) }),
    remove({ id, token }) {
      if (jobs.get(id)?.token === token) jobs.delete(id);
      if (hasRoom()) wake();
    },
    all: () => [...jobs.values()],
    tokenOf: (id) => jobs.get(id)?.token ?? null,
    envelopeOf: (id) => jobs.get(id)?.envelope ?? null,
    attemptsMadeOf: (id) => jobs.get(id)?.attemptsMade ?? 0,
    tenantsToPass() {
      const beside = jobs.size + reserved - limit;
      if (limit < placesBeside.fromLimit || beside < 0 || beside >= limit * placesBeside.part) return [];
      return [...new Set([...jobs.values()].map(({ tenant }) => tenant))];
    },
    reserve() {
      reserved += 1;
      return () => {
        reserved -= 1;
        if (hasRoom()) wake();
      };
    },
    hasRoom,
    hasRoomOnceOneLeaves: () => jobs.size + reserved <= limit,
    async room(timeoutMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      wake = resolve;
      if (hasRoom()) resolve();
      await promise;
      clearTimeout(timer);
    },
    wake: () => wake(),
    setLimit(next) {
      limit = next;
      if (hasRoom()) wake();
    },
  };
}
