/** Whether there is room for more: refused early, while everything that was accepted can still be kept. */
import { type JobPriority, Problem } from '@tintype/contracts';
import type { GreedyTenants, QueueMonitor, ScarceRoom } from '@tintype/jobs';

/** What the storage has: of `SpaceMonitor`. */
type Space = { freeBytes: number; totalBytes: number };

export type AdmissionOptions = {
  monitor: QueueMonitor;
  space: { sample(): Space | null };
  greedy: Pick<GreedyTenants, 'isGreedy'>;
  /** Most jobs that may wait. */
  queueMax: number;
  /** Part of Redis' memory that may be used. */
  memoryMax: number;
  /** Part of the disk that must stay free. */
  diskFreeMin: number;
};

export type Admission = {
  /**
   * Throws `queue_full` or `storage_full` when there is no room for another job of this tenant. Costs no round trip: it
   * goes by the last sample, and by what came in since.
   */
  requireRoom(tenant: string): void;
  /** For what is kept in Redis and is no job: why there is no room for more of it; null while there is. */
  memoryShortage(tenant: string): Problem | null;
  /**
   * Roughly how long a job at this position waits, in milliseconds to two digits; null when that is not known, as while
   * its lane is paused.
   */
  etaMs(position: number, priority: JobPriority): number | null;
};

/** When to come back if nobody knows how fast the queue drains, in seconds. */
const unknownRetrySeconds = 10;
const longestRetrySeconds = 300;
/** A client that comes back shall find some room, and not the last place. */
const roomShare = 0.1;

export function createAdmission(options: AdmissionOptions): Admission {
  const { monitor, queueMax } = options;
  let counted: { sample: unknown; since: number } = { sample: null, since: 0 };
  const shortages = createShortages(options);

  const retryAfter = (surplus: number): number => {
    const drain = monitor.drainPerSecond();
    if (drain === null) return unknownRetrySeconds;
    return Math.min(Math.max(1, Math.ceil(surplus / drain)), longestRetrySeconds);
  };

  const requirePlace = (): void => {
    const sample = monitor.sample();
    if (sample === null) return;
    if (counted.sample !== sample) counted = { sample, since: 0 };
    const waiting = sample.waiting + counted.since;
    if (waiting >= queueMax) {
      throw new Problem('queue_full', {
        detail: `${waiting} jobs wait already.`,
        retryAfterSeconds: retryAfter(waiting - (1 - roomShare) * queueMax),
      });
    }
  };

  return {
    requireRoom(tenant) {
      requirePlace();
      const shortage = shortages.redis(tenant) ?? shortages.disk(tenant);
      if (shortage) throw shortage;
      counted.since += 1;
    },
    memoryShortage: shortages.redis,
    etaMs(position, priority) {
      const drain = monitor.drainPerSecond();
      const paused = monitor.sample()?.paused ?? [];
      // A high job stands in the lane `normal` where it may not pass those of other tenants.
      const isPaused = paused.includes(priority) || (priority === 'high' && paused.includes('normal'));
      return drain === null || isPaused ? null : Number(((1000 * (position + 1)) / drain).toPrecision(2));
    },
  };
}

/**
 * In the last part of the room before it is used up, tenants are refused who keep more than their equal share: so the
 * greedy one is stopped first, and the others do not notice.
 */
export const sparedShare = 0.1;

/** How full: `nearly` in the last part of the room, `full` behind it. */
type Fullness = 'roomy' | 'nearly' | 'full';

/** How full Redis and the disk are by the last samples; what is not known counts as roomy. */
export function fullnessOf(options: Omit<AdmissionOptions, 'greedy' | 'queueMax'>): Record<ScarceRoom, () => Fullness> {
  const { monitor, space, memoryMax, diskFreeMin } = options;
  /** `used` of `room`, both as parts of the whole. */
  const fullness = (used: number, room: number): Fullness =>
    used >= room ? 'full' : used >= room * (1 - sparedShare) ? 'nearly' : 'roomy';
  return {
    redis() {
      const share = monitor.sample()?.memoryShare ?? null;
      return share === null ? 'roomy' : fullness(share, memoryMax);
    },
    disk() {
      const sample = space.sample();
      return sample === null ? 'roomy' : fullness(1 - sample.freeBytes / sample.totalBytes, 1 - diskFreeMin);
    },
  };
}

const scarceWords = {
  redis: { code: 'queue_full', name: 'The memory of Redis' },
  disk: { code: 'storage_full', name: 'The disk' },
} as const;

function createShortages(options: AdmissionOptions): Record<ScarceRoom, (tenant: string) => Problem | null> {
  const fullness = fullnessOf(options);
  const shortageIn = (room: ScarceRoom) => (tenant: string) => {
    const { code, name } = scarceWords[room];
    const now = fullness[room]();
    if (now === 'full') {
      return new Problem(code, { detail: `${name} is nearly used up.`, retryAfterSeconds: unknownRetrySeconds });
    }
    if (now === 'roomy' || !options.greedy.isGreedy(tenant, room)) return null;
    return new Problem(code, {
      detail: `${name} is running short, and you keep more than your equal share of it: delete some, or wait.`,
      retryAfterSeconds: unknownRetrySeconds,
    });
  };
  return { redis: shortageIn('redis'), disk: shortageIn('disk') };
}
