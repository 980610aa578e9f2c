/** The producer's side: puts thumbnail jobs into the queue, and tells how long it is. */
import type { ThumbnailJobData } from '@tintype/contracts';
import type { Shard } from '@tintype/redis';
import type { JobUrgency } from '../fair-order.ts';
import type { Quotas } from '../usage/quotas.ts';
import { createInsert, newJobOf } from './insert.ts';

export type ThumbnailQueue = {
  /**
   * Resolves when the job is in Redis, in the index of expiry too. Adding an id again changes nothing, even when its job
   * was deleted or has expired meanwhile, and answers false. Unless it `passesOthers`, how urgent it is orders it among
   * its tenant's own jobs alone. Throws `quota_exceeded`; nothing is added then.
   */
  add(id: string, job: ThumbnailJobData, urgency?: JobUrgency, passesOthers?: boolean): Promise<boolean>;
  /** Jobs that wait, for a worker or for their next attempt, and jobs that are worked on. */
  depth(): Promise<QueueDepth>;
};

export type QueueDepth = { waiting: number; delayed: number; active: number };

export type ThumbnailQueueOptions = {
  /** Whether uploads stay as long as their jobs, instead of until these have ended for good; false by default. */
  keepsUploads?: boolean;
  /** What a tenant may keep, now; as much as there is room for by default. */
  quotas?: () => Quotas;
};

/** The queue of one shard. Never removes a finished job by itself: that is the sweep's work. */
export function createThumbnailQueue(
  shard: Shard,
  { keepsUploads = false, quotas }: ThumbnailQueueOptions = {},
): ThumbnailQueue {
  const insert = createInsert(shard, quotas);
  return {
    add: (id, job, urgency = 'single', passesOthers = true) =>
      insert(newJobOf(id, job, { urgency, passesOthers, keepsUploads })),
    depth: () => readDepth(shard),
  };
}

/** How many jobs are where now: one round trip. */
export async function readDepth({ redis, keys }: Shard): Promise<QueueDepth> {
  const [prioritized, abandoned, newer, delayed, active, ...aside] = await Promise.all([
    redis.zcard(keys.prioritized),
    redis.llen(keys.wait),
    redis.zcard(keys.newer),
    redis.zcard(keys.delayed),
    redis.llen(keys.active),
    redis.zcard(keys.pausedHigh),
    redis.zcard(keys.pausedNormal),
    redis.zcard(keys.pausedLow),
  ]);
  const waiting = [prioritized, abandoned, newer, ...aside].reduce((sum, count) => sum + count, 0);
  return { waiting, delayed, active };
}
