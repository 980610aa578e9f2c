/** The producer's side: puts thumbnail jobs into the queue. */
import { type JobPriority, type ThumbnailJobData, thumbnailQueueName } from '@tintype/contracts';
import { keysOf, type RedisConnection, shardPrefix } from '@tintype/redis';
import { Queue } from 'bullmq';
import { maxAttemptsKept } from './attempt-log.ts';
import { eventsKept } from './job-endings.ts';
import { maxAttempts } from './job-failures.ts';

/** Lower numbers go first. None is 0: jobs without a priority sit in a list where position and removal cost O(n). */
const priorityNumbers: Record<JobPriority, number> = { high: 1, normal: 1000, low: 100_000 };

export type ThumbnailQueue = {
  /** Resolves when the job is in Redis. The id must be new; the index of expiry is written before the job. */
  add(id: string, data: ThumbnailJobData): Promise<void>;
  /** Jobs that wait, for a worker or for their next attempt, and jobs that are worked on. */
  depth(): Promise<QueueDepth>;
  /** Worker processes that are connected now. */
  workers(): Promise<number>;
  close(): Promise<void>;
};

export type QueueDepth = { waiting: number; delayed: number; active: number };

/** The queue of one shard. Never removes a finished job by itself: that is the sweep's work. */
export function createThumbnailQueue(redis: RedisConnection, shard = 0): ThumbnailQueue {
  const keys = keysOf(shard);
  const { get, close } = onDemand(() => openQueue(redis, shard));
  return {
    async add(id, data) {
      const queue = await get();
      // Both are sent in this order over one connection: the index is there before the job is.
      const indexed = redis.zadd(keys.expiry, data.expiresAtMs, id);
      const added = queue.add('thumbnail', data, { jobId: id, priority: priorityNumbers[data.priority] });
      await Promise.all([indexed, added]);
    },
    async depth() {
      const counts = await (await get()).getJobCounts('prioritized', 'delayed', 'active');
      return { waiting: counts.prioritized ?? 0, delayed: counts.delayed ?? 0, active: counts.active ?? 0 };
    },
    workers: async () => (await get()).getWorkersCount(),
    close,
  };
}

async function openQueue(redis: RedisConnection, shard: number): Promise<Queue<ThumbnailJobData>> {
  const queue = new Queue<ThumbnailJobData>(thumbnailQueueName, {
    connection: redis,
    prefix: shardPrefix(shard),
    streams: { events: { maxLen: eventsKept } },
    defaultJobOptions: {
      attempts: maxAttempts,
      backoff: { type: 'asked' }, // by job-failures.ts; removeOnComplete and removeOnFail stay unset: nothing is removed
      stackTraceLimit: maxAttemptsKept,
    },
  });
  queue.on('error', () => undefined); // connection errors reach each caller by its own command
  await queue.waitUntilReady();
  return queue;
}

/** A BullMQ object whose first contact with Redis failed is broken for good: it is opened when needed, and anew after a failure. */
function onDemand(open: () => Promise<Queue<ThumbnailJobData>>) {
  let opened: Promise<Queue<ThumbnailJobData>> | null = null;
  return {
    get(): Promise<Queue<ThumbnailJobData>> {
      opened ??= open().catch((err) => {
        opened = null;
        throw err;
      });
      return opened;
    },
    async close(): Promise<void> {
      await (await opened?.catch(() => null))?.close();
    },
  };
}
