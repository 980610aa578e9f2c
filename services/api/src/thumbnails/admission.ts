/** Whether there is room for another job: refused early, while everything that was accepted can still be kept. */
import { Problem } from '@tintype/contracts';
import type { QueueMonitor } from '@tintype/jobs';

export type AdmissionOptions = {
  monitor: QueueMonitor;
  /** Most jobs that may wait. */
  queueMax: number;
  /** Part of Redis' memory that may be used. */
  memoryMax: number;
};

export type Admission = {
  /** Throws `queue_full`. Costs no round trip: it goes by the last sample, and by what came in since. */
  requireRoom(): void;
  /** Roughly how long a job at this position waits, in milliseconds to two digits; null when that is not known. */
  etaMs(position: number): number | null;
};

/** When to come back if nobody knows how fast the queue drains, in seconds. */
const unknownRetrySeconds = 10;
const longestRetrySeconds = 300;
/** A client that comes back shall find some room, and not the last place. */
const roomShare = 0.1;

export function createAdmission({ monitor, queueMax, memoryMax }: AdmissionOptions): Admission {
  let counted: { sample: unknown; since: number } = { sample: null, since: 0 };

  const retryAfter = (surplus: number): number => {
    const drain = monitor.drainPerSecond();
    if (drain === null) return unknownRetrySeconds;
    return Math.min(Math.max(1, Math.ceil(surplus / drain)), longestRetrySeconds);
  };

  return {
    requireRoom() {
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
      if (sample.memoryShare !== null && sample.memoryShare >= memoryMax) {
        throw new Problem('queue_full', {
          detail: 'The memory of the queue is nearly used up.',
          retryAfterSeconds: unknownRetrySeconds,
        });
      }
      counted.since += 1;
    },
    etaMs(position) {
      const drain = monitor.drainPerSecond();
      return drain === null ? null : Number(((1000 * (position + 1)) / drain).toPrecision(2));
    },
  };
}
