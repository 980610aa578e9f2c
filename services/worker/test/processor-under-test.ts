/** A worker's processor with all that it needs, on a real storage and Redis, and jobs for it. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { newThumbnailId, type ThumbnailJobData, type ThumbnailJobResult } from '@tintype/contracts';
import {
  createBlobReferrers,
  createFinishedWork,
  createRememberedSources,
  createRetrying,
  createThumbnailQueue,
  type ThumbnailJob,
  writeJobData,
} from '@tintype/jobs';
import { connectWorker, disconnect, keysOf, openShard, type RedisConnection } from '@tintype/redis';
import { createSafeFetch } from '@tintype/safe-fetch';
import { type BlobStore, createDiskStore, isStorageFailure } from '@tintype/storage';
import { makeTestFolder, startTestRedis } from '@tintype/testkit';
import { createFetchSlots } from '../src/fetch-slots.ts';
import { createChildPlace } from '../src/picture/child-place.ts';
import { unconfined } from '../src/picture/confinement.ts';
import { createPictureRunner, type PictureSettings } from '../src/picture/picture-runner.ts';
import { createThreadPlace } from '../src/picture/thread-place.ts';
import { createProcessor } from '../src/processor.ts';
import { createSemaphore } from '../src/semaphore.ts';
import { createSourceMemory } from '../src/source-memory.ts';
import { createWatermarkReader } from '../src/steps/watermarks.ts';

const settings: PictureSettings = {
  limits: { maxMegapixels: 10, maxMegapixelsUnstreamed: 1, maxDecodeBytes: 2 ** 29, timeoutMs: 120_000 },
  reducesJpegs: true,
};

export const usualRendition = { name: 'default', width: 100, height: 100, fit: 'cover', format: 'auto' } as const;

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export class ProcessorUnderTest {
  readonly redis: RedisConnection;
  readonly folder: string;
  readonly blobs: BlobStore;
  /** What the worker had to say of its storage and threads. */
  readonly troubles: unknown[] = [];
  /** What it could not read of earlier work. */
  readonly unreadable: unknown[] = [];
  readonly process: ReturnType<typeof createProcessor>;
  readonly #stopRedis: () => Promise<void>;
  readonly #threads = createThreadPlace({
    count: 1,
    timeoutMs: settings.limits.timeoutMs,
    onDeath: (err) => this.troubles.push(err),
  });

  private constructor(redis: RedisConnection, folder: string, stopRedis: () => Promise<void>) {
    this.redis = redis;
    this.folder = folder;
    this.blobs = createDiskStore(folder);
    this.process = this.#createProcessor();
    this.#stopRedis = stopRedis;
  }

  static async start(): Promise<ProcessorUnderTest> {
    const [server, folder] = await Promise.all([startTestRedis(), makeTestFolder()]);
    return new ProcessorUnderTest(connectWorker(server.url), folder, server.stop);
  }

  async stop(): Promise<void> {
    await this.#threads.stop();
    await disconnect(this.redis);
    await this.#stopRedis();
    await rm(this.folder, { recursive: true, force: true });
  }

  #createProcessor() {
    const { blobs, redis } = this;
    const onUnreadable = (err: unknown) => void this.unreadable.push(err);
    const retrying = createRetrying({
      isTransient: isStorageFailure,
      onTrouble: (err) => void this.troubles.push(err),
    });
    return createProcessor({
      safeFetch: createSafeFetch({ allow: [], ports: [80], maxBytes: 1e6, timeoutMs: 1000, userAgent: 'test' }),
      blobs,
      fetchSlots: createFetchSlots({ fetches: 2, perHost: 2, slow: 2, onSlow: () => undefined }),
      sourceMemory: createSourceMemory(1e6),
      makePicture: createPictureRunner({
        ...settings,
        concurrency: 2,
        longPictures: 2,
        longPictureMs: 250,
        memory: createSemaphore({ capacity: settings.limits.maxDecodeBytes }),
        threads: this.#threads,
        children: createChildPlace({ ...settings, dataBytes: null, confinement: unconfined, env: {} }),
      }),
      finishedWork: createFinishedWork(openShard(redis), onUnreadable),
      sources: createRememberedSources(openShard(redis)),
      trustsSources: false,
      onUnreadable,
      referrers: createBlobReferrers(openShard(redis)),
      retrying,
      readWatermarks: createWatermarkReader({ blobs, retrying }),
    });
  }

  async uploadJob(bytes: Buffer, steps: string[] = [], changes: Partial<ThumbnailJobData> = {}): Promise<ThumbnailJob> {
    const upload = sha256Of(bytes);
    await this.blobs.put(upload, bytes);
    const data: ThumbnailJobData = {
      tenant: 'default',
      source: { upload, bytes: bytes.length },
      order: { renditions: [usualRendition], colours: {} },
      priority: 'normal',
      expiresAtMs: Date.now() + 60_000,
      ...changes,
    };
    const id = newThumbnailId();
    await createThumbnailQueue(openShard(this.redis)).add(id, data);
    return {
      id,
      tenant: data.tenant,
      data,
      attempt: 1,
      isSuspect: false,
      rank: 1,
      queuedMs: 0,
      joinDownload: async () => null,
      enterStep: (step) => void steps.push(step),
      signal: new AbortController().signal,
    };
  }

  /** What BullMQ does with a result: puts it into the job's hash. */
  async record(job: ThumbnailJob, result: ThumbnailJobResult): Promise<void> {
    await this.redis.hset(keysOf(0).job(job.id), {
      data: writeJobData(job.data),
      timestamp: 1,
      finishedOn: 2,
      returnvalue: JSON.stringify(result),
    });
  }
}
