/** The producer's side: puts thumbnail jobs into the queue, and tells how long it is. */
import type { ThumbnailJobData } from '@tintype/contracts';
import type { Shard } from '@tintype/redis';
import { type JobUrgency, laneOf } from '../fair-order.ts';
import { recordVersionOf, writeJobData } from '../record/stored-job.ts';
import { createInsert } from './insert.ts';

export type ThumbnailQueue = {
  /**
   * Resolves when the job is in Redis, in the index of expiry too. Adding an id again changes nothing, and answers
   * false.
   */
  add(id: string, job: ThumbnailJobData, urgency?: JobUrgency): Promise<boolean>;
  /** Jobs that wait, for a worker or for their next attempt, and jobs that are worked on. */
  depth(): Promise<QueueDepth>;
};

export type QueueDepth = { waiting: number; delayed: number; active: number };

/** The name of the only kind of job there is. */
const jobName = 'thumbnail';

/** The queue of one shard. Never removes a finished job by itself: that is the sweep's work. */
export function createThumbnailQueue(shard: Shard): ThumbnailQueue {
  const insert = createInsert(shard);
  return {
    add(id, job, urgency = 'single') {
      const { tenant, expiresAtMs, source, outbox = [] } = job;
      return insert({
        id,
        name: jobName,
        data: writeJobData(job),
        version: recordVersionOf(job),
        tenant,
        lane: laneOf(job.priority, urgency),
        expiresAtMs,
        blobs: 'upload' in source ? [source.upload] : [],
        outbox,
      });
    },
    depth: () => readDepth(shard),
  };
}

/** How many jobs are where now: one round trip. */
export async function readDepth({ redis, keys }: Shard): Promise<QueueDepth> {
  const [prioritized, abandoned, newer, delayed, active] = await Promise.all([
    redis.zcard(keys.prioritized),
    redis.llen(keys.wait),
    redis.zcard(keys.newer),
    redis.zcard(keys.delayed),
    redis.llen(keys.active),
  ]);
  return { waiting: prioritized + abandoned + newer, delayed, active };
}
