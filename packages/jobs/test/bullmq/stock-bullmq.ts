/** Stock BullMQ on the keys of our queue: a neighbour that knows nothing of us. */
import { newThumbnailId, type ThumbnailJobData, thumbnailQueueName } from '@tintype/contracts';
import { connectWorker, disconnect, shardPrefix } from '@tintype/redis';
import { type Job, Queue, QueueEvents, Worker, type WorkerOptions } from 'bullmq';
import { writeJobData } from '../../src/index.ts';
import { jobData } from '../queue-under-test.ts';

export type StockBullmq = ReturnType<typeof openStockBullmq>;

type Processor = (job: Job, token?: string) => Promise<unknown>;

/** A wait that is not ended by the marker is not ended at all within a test. */
const longWaitSeconds = 60;

/** `url`: of the Redis under test. */
export function openStockBullmq(url: string) {
  const redis = connectWorker(url);
  const queueOptions = { connection: redis, prefix: shardPrefix(0) };
  const queue = new Queue(thumbnailQueueName, queueOptions);
  const opened: { close(): Promise<void> }[] = [queue];
  const open = (processor: Processor | null, options: Partial<WorkerOptions>): Worker => {
    const worker = new Worker(thumbnailQueueName, processor, {
      ...queueOptions,
      drainDelay: longWaitSeconds,
      settings: { backoffStrategy: () => 1000 },
      ...options,
    });
    worker.on('error', () => undefined);
    opened.push(worker);
    return worker;
  };
  return {
    queue,
    /** Adds a thumbnail's job as BullMQ does; without a priority unless one is given. */
    async add(changes: Partial<ThumbnailJobData> = {}, priority?: number): Promise<string> {
      const jobId = newThumbnailId();
      const data: unknown = JSON.parse(writeJobData({ ...jobData, ...changes }));
      await queue.add('thumbnail', data, {
        jobId,
        attempts: 4,
        backoff: { type: 'asked' },
        ...(priority && { priority }),
      });
      return jobId;
    },
    work: (processor: Processor, options: Partial<WorkerOptions> = {}): Worker => open(processor, options),
    /** Takes jobs only when it is asked to. */
    byHand: (options: Partial<WorkerOptions> = {}): Worker => open(null, options),
    listen(): QueueEvents {
      const events = new QueueEvents(thumbnailQueueName, queueOptions);
      opened.push(events);
      return events;
    },
    async close(): Promise<void> {
      for (const one of opened.reverse()) await one.close();
      await disconnect(redis);
    },
  };
}
