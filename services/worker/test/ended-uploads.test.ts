/** Uploads go when their jobs have ended for good, and no earlier: with a real queue, storage and sweep. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newThumbnailId, Problem, type ThumbnailJobData, type ThumbnailJobResult } from '@tintype/contracts';
import {
  createBlobReferrers,
  createJobControl,
  createJobReader,
  createReconciliation,
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

let server: Awaited<ReturnType<typeof startTestRedis>>;
let redis: RedisConnection;
let shard: Shard;
let folder: string;
let blobs: BlobStore;
let sweep: Sweep;
let outbox: string;
/** What the sweep erases with; a test may put something before it. */
let erase: BlobStore['erase'];
const reported: unknown[] = [];
const failures: string[] = [];
const workers: ThumbnailWorker[] = [];
beforeAll(async () => {
  [server, folder] = await Promise.all([startTestRedis(), makeTestFolder()]);
  redis = connectWorker(server.url);
  shard = openShard(redis);
  await shard.redis.ping();
  blobs = createDiskStore(folder);
  outbox = `${shard.keys.outboxPrefix}uploads`;
});
beforeEach(() => {
  erase = blobs.erase;
  sweep = startSweep({
    shard,
    eraseBlob: (sha256, isUnneeded) => erase(sha256, isUnneeded),
    onError: (err) => void reported.push(err),
    intervalMs: 1_000_000,
  });
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.close(0);
  await sweep.stop();
  await redis.flushdb();
  expect(reported.splice(0)).toEqual([]);
  failures.length = 0;
});
afterAll(async () => {
  await disconnect(redis);
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex');
const isThere = async (sha256: string) => (await blobs.size(sha256)) !== null;

/** Of all uploads here. */
const counted = { tenant: 'default', bytes: 7, quotaBytes: null };

/** As the API does it: named, written, queued. */
async function upload(text: string, changes: Partial<ThumbnailJobData> = {}, keepsUploads = false) {
  const [id, sha256] = [newThumbnailId(), sha256Of(text)];
  await createBlobReferrers(shard).retainUpload(sha256, id, counted);
  await blobs.put(sha256, Buffer.from(text));
  await createThumbnailQueue(shard, { keepsUploads }).add(id, {
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
const rendering =
  (text: string): ThumbnailProcessor =>
  async ({ id, data: { source } }) => {
    if (!('upload' in source)) throw new Problem('internal_error');
    await blobs.read(source.upload);
    const sha256 = sha256Of(text);
    await createBlobReferrers(shard).retain(sha256, id, text.length);
    await blobs.put(sha256, Buffer.from(text));
    return resultOf(source.upload, sha256);
  };

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

function work(process: ThumbnailProcessor): ThumbnailWorker {
  const ignore = () => undefined;
  const worker = createThumbnailWorker({
    shard,
    name: `test-${workers.length}`,
    version: '0.0.0',
    concurrency: 4,
    process,
    events: {
      completed: ignore,
      failed: (_job, { code }) => void failures.push(code),
      claimed: ignore,
      recovered: ignore,
      error: ignore,
    },
  });
  workers.push(worker);
  worker.start();
  return worker;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const statusOf = async (id: string) => {
  const found = await createJobReader(shard).read(id);
  return found.kind === 'record' ? found.record.status : found.kind;
};
const untilStatus = (id: string, status: string) => until(async () => (await statusOf(id)) === status);

/** As if the ends so far were a minute ago, and whoever has taken them dead. */
async function letTimePass(...ids: string[]): Promise<void> {
  for (const id of ids) {
    for (const field of ['finishedOn', 'cancelledAt']) {
      const atMs = await redis.hget(shard.keys.job(id), field);
      if (atMs !== null) await redis.hset(shard.keys.job(id), field, Number(atMs) - 60_000);
    }
  }
  for (const entry of await redis.zrange(outbox, '0', '-1')) await redis.zadd(outbox, 1, entry);
}
const openEnds = () => redis.zcard(outbox);
const notesOf = (sha256: string) => redis.hkeys(shard.keys.referrers(sha256));

test('when an upload’s job has completed, then the upload goes after a while, and the rendition stays', async () => {
  work(rendering('a thumbnail'));
  const { id, sha256 } = await upload('picture');
  await untilStatus(id, 'completed');
  await sweep.run();
  expect([await isThere(sha256), await openEnds()]).toEqual([true, 1]);
  await letTimePass(id);
  await sweep.run();
  expect([await isThere(sha256), await isThere(sha256Of('a thumbnail'))]).toEqual([false, true]);
  expect([await notesOf(sha256), await openEnds(), await statusOf(id)]).toEqual([[], 0, 'completed']);
});

test('when its job has failed, then it stays; it goes when that was retried and has completed', async () => {
  let isBad = true;
  work(async (job) => {
    if (isBad) throw new Problem('not_an_image');
    return rendering('a thumbnail')(job);
  });
  const { id, sha256 } = await upload('picture');
  await untilStatus(id, 'failed');
  await letTimePass(id);
  await sweep.run();
  expect([await isThere(sha256), await openEnds()]).toEqual([true, 0]);
  isBad = false;
  await createJobControl(shard).retry(id, 'default', 'not_an_image');
  await untilStatus(id, 'completed');
  await letTimePass(id);
  await sweep.run();
  expect(await isThere(sha256)).toBe(false);
});

test('when jobs have equal uploads, then the file stays until none of them needs it', async () => {
  let isBad = true;
  work(async (job) => {
    if (job.tenant === 'theirs' && isBad) throw new Problem('not_an_image');
    return rendering(`thumbnail of ${job.tenant}`)(job);
  });
  const [mine, theirs] = [await upload('picture'), await upload('picture', { tenant: 'theirs' })];
  await untilStatus(mine.id, 'completed');
  await untilStatus(theirs.id, 'failed');
  await letTimePass(mine.id, theirs.id);
  await sweep.run();
  expect([await isThere(mine.sha256), await notesOf(mine.sha256)]).toEqual([true, [theirs.id]]);
  isBad = false;
  await createJobControl(shard).retry(theirs.id, 'theirs', 'not_an_image');
  await untilStatus(theirs.id, 'completed');
  await letTimePass(theirs.id);
  await sweep.run();
  expect(await isThere(mine.sha256)).toBe(false);
});

test('when a rendition has the very bytes of the upload, then the file stays as long as the job', async () => {
  work(rendering('picture'));
  const { id, sha256 } = await upload('picture');
  await untilStatus(id, 'completed');
  await letTimePass(id);
  await sweep.run();
  expect([await isThere(sha256), await openEnds()]).toEqual([true, 0]);
  await redis.zadd(shard.keys.expiry, 1, id);
  await sweep.run();
  expect(await isThere(sha256)).toBe(false);
});

test('when a waiting job is cancelled, then its upload goes', async () => {
  const { id, sha256 } = await upload('picture');
  await createJobControl(shard).cancel(id);
  await letTimePass(id);
  await sweep.run();
  expect([await isThere(sha256), await openEnds(), await statusOf(id)]).toEqual([false, 0, 'cancelled']);
});

test('when a job is cancelled while a worker is at it, then the upload stays until that has let go', async () => {
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  work(async (job) => {
    begun.resolve();
    await gate.promise;
    return rendering('a thumbnail')(job);
  });
  const { id, sha256 } = await upload('picture');
  await begun.promise;
  await createJobControl(shard).cancel(id);
  await letTimePass(id);
  await sweep.run();
  expect([await isThere(sha256), await openEnds()]).toEqual([true, 1]);
  gate.resolve();
  await until(async () => (await redis.exists(shard.keys.lock(id))) === 0);
  await letTimePass(id);
  await sweep.run();
  expect([await isThere(sha256), await openEnds()]).toEqual([false, 0]);
  expect(failures).not.toContain('internal_error');
});

test('when a worker has lost its job, then what it makes of it erases nothing that the next one needs', async () => {
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let count = 0;
  work(async (job) => {
    count += 1;
    begun.resolve();
    await gate.promise;
    return rendering('a thumbnail')(job);
  });
  const { id, sha256 } = await upload('picture');
  await begun.promise;
  await redis.set(shard.keys.lock(id), 'another', 'PX', 60_000);
  gate.resolve();
  await until(() => isThere(sha256Of('a thumbnail')));
  await workers[0]?.close(0);
  await letTimePass(id);
  await sweep.run();
  expect([await isThere(sha256), await openEnds(), await statusOf(id)]).toEqual([true, 0, 'processing']);
  await redis.del(shard.keys.lock(id));
  work(rendering('a thumbnail'));
  await untilStatus(id, 'completed');
  expect(count).toBe(1);
  await letTimePass(id);
  await sweep.run();
  expect(await isThere(sha256)).toBe(false);
});

test('when whoever was to erase it dies or cannot, then somebody else does later', async () => {
  work(rendering('a thumbnail'));
  const { id, sha256 } = await upload('picture');
  await untilStatus(id, 'completed');
  await letTimePass(id);
  erase = async () => {
    throw new Error('the disk does not answer');
  };
  await sweep.run();
  expect(reported.splice(0)).toHaveLength(1);
  expect([await isThere(sha256), await openEnds()]).toEqual([true, 1]);
  erase = blobs.erase;
  await sweep.run();
  expect(await isThere(sha256)).toBe(true); // it is leased
  await redis.del(shard.keys.erasing(sha256)); // which ends by itself, ten seconds after its owner has died
  await letTimePass(id);
  await sweep.run();
  expect([await isThere(sha256), await openEnds()]).toEqual([false, 0]);
});

test.each([
  ['still holds its note', false],
  ['stood still until its note had run out', true],
])(
  'when the same bytes come at the moment of erasing, and the eraser %s, then they are there',
  async (_name, isLate) => {
    work(rendering('a thumbnail'));
    const { id, sha256 } = await upload('picture');
    await untilStatus(id, 'completed');
    await letTimePass(id);
    const [atIt, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    erase = (name, isUnneeded) =>
      blobs.erase(name, async () => {
        atIt.resolve();
        await goOn.promise;
        return isUnneeded?.() ?? true;
      });
    const erasing = sweep.run();
    await atIt.promise;
    for (const worker of workers.splice(0)) await worker.close();
    if (isLate) await redis.del(shard.keys.erasing(sha256));
    const again = upload('picture');
    if (isLate) await again;
    else await new Promise((resolve) => setTimeout(resolve, 60));
    goOn.resolve();
    await erasing;
    const second = await again;
    expect([await isThere(sha256), await notesOf(sha256)]).toEqual([true, [second.id]]);
    work(rendering('a thumbnail'));
    await untilStatus(second.id, 'completed');
  },
);

test('when the job expires before its upload was erased, then both are gone, and nothing is left to do', async () => {
  work(rendering('a thumbnail'));
  const { id, sha256 } = await upload('picture', { expiresAtMs: Date.now() + 1 });
  await untilStatus(id, 'completed');
  await sweep.run();
  expect([await statusOf(id), await isThere(sha256), await openEnds()]).toEqual(['gone', false, 1]);
  await letTimePass();
  await sweep.run();
  expect([await openEnds(), await redis.exists(shard.keys.referrers(sha256))]).toEqual([0, 0]);
});

test('when a job is removed that had an upload, then its removal leaves no word for anybody', async () => {
  const { id } = await upload('picture');
  await redis.zadd(shard.keys.expiry, 1, id);
  await sweep.run();
  expect([await statusOf(id), await openEnds()]).toEqual(['gone', 0]);
});

test('when uploads were erased, then the reconciliation has nothing to say and nothing to do', async () => {
  work(rendering('a thumbnail'));
  const { id, sha256 } = await upload('picture');
  await untilStatus(id, 'completed');
  await letTimePass(id);
  await sweep.run();
  const told: number[] = [];
  const reconciliation = createReconciliation({
    shard,
    listBlobs: blobs.list,
    eraseBlob: blobs.erase,
    minAgeMs: 0,
    onManyFiles: (unneeded) => void told.push(unneeded),
  });
  const left = (await reconciliation.run()).files; // of other tests
  expect(left).toBeGreaterThanOrEqual(0);
  expect(await reconciliation.run()).toEqual({
    notes: 0,
    files: 0,
    jobs: 0,
    failures: 0,
    batches: 0,
    lists: 0,
    counters: 0,
  });
  expect([told, await isThere(sha256), await isThere(sha256Of('a thumbnail'))]).toEqual([[], false, true]);
});

/** Makes the look of an hour after the upload due. */
async function anHourLater(): Promise<void> {
  const checks = (await redis.zrange(shard.keys.expiry, '0', '-1')).filter((entry) => entry.includes('/'));
  for (const entry of checks) await redis.zadd(shard.keys.expiry, 1, entry);
  await sweep.run();
}

test('when a worker of 0.1.0 completes it, which leaves no word, then it is found an hour after it came', async () => {
  work(rendering('a thumbnail'));
  const { id, sha256 } = await upload('picture');
  await untilStatus(id, 'completed');
  await redis.del(outbox);
  await letTimePass(id);
  await sweep.run();
  expect(await isThere(sha256)).toBe(true);
  await anHourLater();
  expect([await isThere(sha256), await statusOf(id)]).toEqual([false, 'completed']);
});

test('when a request is sent again whose job has ended, then its file goes an hour later', async () => {
  work(rendering('a thumbnail'));
  const { id, sha256 } = await upload('picture');
  await untilStatus(id, 'completed');
  await letTimePass(id);
  await sweep.run();
  await createBlobReferrers(shard).retainUpload(sha256, id, counted);
  await blobs.put(sha256, Buffer.from('picture'));
  await anHourLater();
  expect([await isThere(sha256), await notesOf(sha256)]).toEqual([false, []]);
});

test('when uploads are kept, or the job has failed, then also the look of an hour later leaves them', async () => {
  work(async (job) => {
    if (job.data.metadata?.fails) throw new Problem('not_an_image');
    return rendering('a thumbnail')(job);
  });
  const kept = await upload('kept', {}, true);
  const failed = await upload('failed', { metadata: { fails: true } });
  await untilStatus(kept.id, 'completed');
  await untilStatus(failed.id, 'failed');
  await letTimePass(kept.id, failed.id);
  await anHourLater();
  expect([await isThere(kept.sha256), await isThere(failed.sha256), await openEnds()]).toEqual([true, true, 0]);
});

test('when hundreds have ended, then one run erases them all', async () => {
  work(rendering('a thumbnail'));
  const all = await Promise.all(Array.from({ length: 230 }, (_, at) => upload(`picture ${at}`)));
  for (const { id } of all) await untilStatus(id, 'completed');
  await letTimePass(...all.map(({ id }) => id));
  await sweep.run();
  const left = await Promise.all(all.map(({ sha256 }) => isThere(sha256)));
  expect([left.filter((there) => there).length, await openEnds()]).toEqual([0, 0]);
});
