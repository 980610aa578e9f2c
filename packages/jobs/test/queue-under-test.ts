/** A Redis of its own with everything of this room on it, for one test file. */
import { newThumbnailId, type ThumbnailJobData, type ThumbnailJobResult } from '@tintype/contracts';
import { connectProducer, connectWorker, disconnect, openShard, type RedisConnection } from '@tintype/redis';
import { startTestRedis } from '@tintype/testkit';
import {
  createAttemptReader,
  createJobControl,
  createJobReader,
  createQueuePauses,
  createThumbnailQueue,
  createThumbnailWorker,
  followJobEnds,
  type JobRecord,
  type ThumbnailProcessor,
  type ThumbnailWorker,
  type WorkerEvents,
} from '../src/index.ts';

export const jobData: ThumbnailJobData = {
  tenant: 'default',
  source: { url: 'https://example.org/a.jpg' },
  order: { renditions: [{ name: 'default', width: 100, height: 100, fit: 'cover', format: 'auto' }], colours: {} },
  priority: 'normal',
  expiresAtMs: Date.now() + 86_400_000,
};

/** What is said of an upload when it is retained. */
export const countedUpload = { tenant: 'default', bytes: 1, quotaBytes: null };

const sha256 = 'a'.repeat(64);
export const jobResult: ThumbnailJobResult = {
  source: { sha256, bytes: 10, width: 4, height: 3, format: 'png', hasAlpha: false },
  renditions: [{ name: 'default', width: 100, height: 100, format: 'jpeg', bytes: 5, sha256: 'b'.repeat(64) }],
  colours: {
    dominant: null,
    background: null,
    average: null,
    accent: null,
    palette: [],
    text: null,
    contrast: null,
    scheme: null,
    transparentShare: 0,
  },
  thumbhash: '',
  cache: 'miss',
  timingsMs: { fetch: 1 },
};

export type QueueUnderTest = Awaited<ReturnType<typeof startQueueUnderTest>>;

export async function startQueueUnderTest() {
  const server = await startTestRedis();
  // On a busy machine Redis may take longer than a client of ours would wait.
  const producer = connectProducer(server.url, { commandTimeoutMs: 60_000 });
  await new Promise((resolve) => producer.once('ready', resolve));
  const shard = openShard(producer);
  const queue = createThumbnailQueue(shard);
  const reader = createJobReader(shard);
  const endings = followJobEnds(shard);
  const control = createJobControl(shard);
  const pauses = createQueuePauses(shard);
  const attempts = createAttemptReader(shard);
  const opened: { redis: RedisConnection; worker: ThumbnailWorker }[] = [];

  const record = async (id: string): Promise<JobRecord> => {
    const found = await reader.read(id);
    if (found.kind !== 'record') throw new Error(`${id} is ${found.kind}`);
    return found.record;
  };
  return {
    server,
    producer,
    shard,
    queue,
    reader,
    endings,
    control,
    pauses,
    attempts,
    record,
    async add(changes: Partial<ThumbnailJobData> = {}): Promise<string> {
      const id = newThumbnailId();
      await queue.add(id, { ...jobData, ...changes });
      return id;
    },
    /** `url`: another way to the same Redis. */
    work(
      process: ThumbnailProcessor,
      events: Partial<WorkerEvents> = {},
      concurrency = 4,
      url = server.url,
    ): ThumbnailWorker {
      const redis = connectWorker(url);
      const silent: WorkerEvents = {
        completed: () => undefined,
        failed: () => undefined,
        claimed: () => undefined,
        recovered: () => undefined,
        error: () => undefined,
      };
      const worker = createThumbnailWorker({
        shard: openShard(redis),
        name: `test-${opened.length}`,
        version: '0.0.0',
        concurrency,
        process,
        events: { ...silent, ...events },
      });
      opened.push({ redis, worker });
      worker.start();
      return worker;
    },
    /** Ends the workers of a test; what is still active after `graceMs` goes back into the queue. */
    async closeWorkers(graceMs?: number): Promise<void> {
      for (const { worker } of opened) await worker.close(graceMs);
    },
    /** The record once it satisfies the condition. */
    async until(id: string, condition: (record: JobRecord) => boolean): Promise<JobRecord> {
      for (;;) {
        const now = await record(id);
        if (condition(now)) return now;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async stop(): Promise<void> {
      for (const { worker, redis } of opened) {
        await worker.close();
        await disconnect(redis);
      }
      await endings.close();
      await disconnect(producer);
      await server.stop();
    },
  };
}
