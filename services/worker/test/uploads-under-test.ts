/** Uploads with a real queue, storage and sweep: the worker renders what a test says, and time passes when it says so. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { expect } from '@jest/globals';
import { newThumbnailId, Problem, type ThumbnailJobData, type ThumbnailJobResult } from '@tintype/contracts';
import {
  createBlobReferrers,
  createJobReader,
  createThumbnailQueue,
  createThumbnailWorker,
  type Sweep,
  startSweep,
  type ThumbnailProcessor,
  type ThumbnailWorker,
} from '@tintype/jobs';
import { connectWorker, disconnect, openShard, type RedisConnection, type Shard } from '@tintype/redis';
import { type BlobStore, createDiskStore } from '@tintype/storage';
import { makeTestFolder, startTestRedis } from '@tintype/testkit';

/** What each upload here is counted with. */
export const countedUpload = { tenant: 'default', bytes: 7, quotaBytes: null };

export const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex');

export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

export class UploadsUnderTest {
  readonly redis: RedisConnection;
  readonly shard: Shard;
  readonly blobs: BlobStore;
  /** Of ends whose uploads nobody has looked at. */
  readonly outbox: string;
  sweep: Sweep;
  /** What the sweep erases with; a test may put something before it. */
  erase: BlobStore['erase'];
  readonly reported: unknown[] = [];
  /** Codes of the problems with which attempts failed. */
  readonly failures: string[] = [];
  readonly workers: ThumbnailWorker[] = [];
  readonly #stopAll: () => Promise<void>;

  private constructor(redis: RedisConnection, folder: string, stopAll: () => Promise<void>) {
    this.redis = redis;
    this.shard = openShard(redis);
    this.blobs = createDiskStore(folder);
    this.outbox = `${this.shard.keys.outboxPrefix}uploads`;
    this.erase = this.blobs.erase;
    this.sweep = this.#startSweep();
    this.#stopAll = stopAll;
  }

  static async start(): Promise<UploadsUnderTest> {
    const [server, folder] = await Promise.all([startTestRedis(), makeTestFolder()]);
    const redis = connectWorker(server.url);
    await redis.ping();
    return new UploadsUnderTest(redis, folder, async () => {
      await disconnect(redis);
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    });
  }

  #startSweep(): Sweep {
    return startSweep({
      shard: this.shard,
      eraseBlob: (sha256, isUnneeded) => this.erase(sha256, isUnneeded),
      onError: (err) => void this.reported.push(err),
      intervalMs: 1_000_000,
    });
  }

  /** Before each test. */
  async begin(): Promise<void> {
    await this.sweep.stop();
    this.erase = this.blobs.erase;
    this.sweep = this.#startSweep();
  }

  /** After each test, which has looked at what was reported. */
  async end(): Promise<void> {
    for (const worker of this.workers.splice(0)) await worker.close(0);
    await this.sweep.stop();
    await this.redis.flushdb();
    expect(this.reported.splice(0)).toEqual([]);
    this.failures.length = 0;
  }

  stop(): Promise<void> {
    return this.#stopAll();
  }

  /** As the API does it: named, written, queued. */
  async upload(text: string, changes: Partial<ThumbnailJobData> = {}, keepsUploads = false) {
    const [id, sha256] = [newThumbnailId(), sha256Of(text)];
    await createBlobReferrers(this.shard).retainUpload(sha256, id, countedUpload);
    await this.blobs.put(sha256, Buffer.from(text));
    await createThumbnailQueue(this.shard, { keepsUploads }).add(id, {
      tenant: 'default',
      source: { upload: sha256, bytes: text.length },
      order: { renditions: [{ name: 'default', width: 9, height: 9, fit: 'cover', format: 'auto' }], colours: {} },
      priority: 'normal',
      expiresAtMs: Date.now() + 86_400_000,
      ...changes,
    });
    return { id, sha256 };
  }

  /** Makes a rendition with these bytes of an upload that must be there. */
  rendering(text: string): ThumbnailProcessor {
    return async ({ id, data: { source } }) => {
      if (!('upload' in source)) throw new Problem('internal_error');
      await this.blobs.read(source.upload);
      const sha256 = sha256Of(text);
      await createBlobReferrers(this.shard).retain(sha256, id, text.length);
      await this.blobs.put(sha256, Buffer.from(text));
      return resultOf(source.upload, sha256);
    };
  }

  work(process: ThumbnailProcessor): ThumbnailWorker {
    const ignore = () => undefined;
    const worker = createThumbnailWorker({
      shard: this.shard,
      name: `test-${this.workers.length}`,
      version: '0.0.0',
      concurrency: 4,
      process,
      events: {
        completed: ignore,
        failed: (_job, { code }) => void this.failures.push(code),
        claimed: ignore,
        recovered: ignore,
        error: ignore,
      },
    });
    this.workers.push(worker);
    worker.start();
    return worker;
  }

  async isThere(sha256: string): Promise<boolean> {
    return (await this.blobs.size(sha256)) !== null;
  }

  async statusOf(id: string): Promise<string> {
    const found = await createJobReader(this.shard).read(id);
    return found.kind === 'record' ? found.record.status : found.kind;
  }

  untilStatus(id: string, status: string): Promise<void> {
    return until(async () => (await this.statusOf(id)) === status);
  }

  /** As if the ends so far were a minute ago, and whoever has taken them dead. */
  async letTimePass(...ids: string[]): Promise<void> {
    for (const id of ids) {
      for (const field of ['finishedOn', 'cancelledAt']) {
        const atMs = await this.redis.hget(this.shard.keys.job(id), field);
        if (atMs !== null) await this.redis.hset(this.shard.keys.job(id), field, Number(atMs) - 60_000);
      }
    }
    for (const entry of await this.redis.zrange(this.outbox, '0', '-1')) await this.redis.zadd(this.outbox, 1, entry);
  }

  /** Makes the look of an hour after the upload due. */
  async anHourLater(): Promise<void> {
    const checks = (await this.redis.zrange(this.shard.keys.expiry, '0', '-1')).filter((entry) => entry.includes('/'));
    for (const entry of checks) await this.redis.zadd(this.shard.keys.expiry, 1, entry);
    await this.sweep.run();
  }

  openEnds(): Promise<number> {
    return this.redis.zcard(this.outbox);
  }

  notesOf(sha256: string): Promise<string[]> {
    return this.redis.hkeys(this.shard.keys.referrers(sha256));
  }
}

function resultOf(source: string, sha256: string): ThumbnailJobResult {
  return {
    source: { sha256: source, bytes: 10, width: 4, height: 3, format: 'png', hasAlpha: false },
    renditions: [{ name: 'default', width: 9, height: 9, format: 'jpeg', bytes: 5, sha256 }],
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
    timingsMs: {},
  };
}
