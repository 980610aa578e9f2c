/** The steps together on a real storage and Redis, without the queue around them. */
import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  newThumbnailId,
  Problem,
  renditionOf,
  type ThumbnailJobData,
  type ThumbnailJobResult,
  UnreadableRecord,
} from '@tintype/contracts';
import {
  createBlobReferrers,
  createFinishedWork,
  createRememberedSources,
  createRetrying,
  createThumbnailQueue,
  createThumbnailRemoval,
  type ThumbnailJob,
  writeJobData,
} from '@tintype/jobs';
import { connectWorker, disconnect, keysOf, openShard, type RedisConnection } from '@tintype/redis';
import { createSafeFetch } from '@tintype/safe-fetch';
import { type BlobStore, createDiskStore, isStorageFailure } from '@tintype/storage';
import {
  childrenOf,
  firstChildOf,
  flatPng,
  makeTestFolder,
  photograph,
  slowJpeg,
  startTestRedis,
} from '@tintype/testkit';
import { createFetchSlots } from '../src/fetch-slots.ts';
import { createChildPlace } from '../src/picture/child-place.ts';
import { unconfined } from '../src/picture/confinement.ts';
import { createPictureRunner, type PictureSettings } from '../src/picture/picture-runner.ts';
import { createThreadPlace } from '../src/picture/thread-place.ts';
import { createProcessor } from '../src/processor.ts';
import { createSemaphore } from '../src/semaphore.ts';
import { createSourceMemory } from '../src/source-memory.ts';
import { startStepClock } from '../src/step-clock.ts';
import { createWatermarkReader } from '../src/steps/watermarks.ts';

const settings: PictureSettings = {
  limits: { maxMegapixels: 10, maxMegapixelsUnstreamed: 1, maxDecodeBytes: 2 ** 29, timeoutMs: 120_000 },
  reducesJpegs: true,
};

let server: Awaited<ReturnType<typeof startTestRedis>>;
let redis: RedisConnection;
let folder: string;
let blobs: BlobStore;
let process: ReturnType<typeof createProcessor>;
const threads = createThreadPlace({
  count: 1,
  timeoutMs: settings.limits.timeoutMs,
  onDeath: (err) => troubles.push(err),
});
const troubles: unknown[] = [];
const unreadable: unknown[] = [];
beforeAll(async () => {
  [server, folder] = await Promise.all([startTestRedis(), makeTestFolder()]);
  redis = connectWorker(server.url);
  blobs = createDiskStore(folder);
  const retrying = createRetrying({ isTransient: isStorageFailure, onTrouble: (err) => void troubles.push(err) });
  process = createProcessor({
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
      threads,
      children: createChildPlace({ ...settings, dataBytes: null, confinement: unconfined, env: {} }),
    }),
    finishedWork: createFinishedWork(openShard(redis), (err) => void unreadable.push(err)),
    sources: createRememberedSources(openShard(redis)),
    trustsSources: false,
    onUnreadable: (err) => void unreadable.push(err),
    referrers: createBlobReferrers(openShard(redis)),
    retrying,
    readWatermarks: createWatermarkReader({ blobs, retrying }),
  });
});
afterAll(async () => {
  await disconnect(redis);
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const usual = { name: 'default', width: 100, height: 100, fit: 'cover', format: 'auto' } as const;

async function uploadJob(
  bytes: Buffer,
  steps: string[] = [],
  changes: Partial<ThumbnailJobData> = {},
): Promise<ThumbnailJob> {
  const upload = sha256Of(bytes);
  await blobs.put(upload, bytes);
  const data: ThumbnailJobData = {
    tenant: 'default',
    source: { upload, bytes: bytes.length },
    order: { renditions: [usual], colours: {} },
    priority: 'normal',
    expiresAtMs: Date.now() + 60_000,
    ...changes,
  };
  const id = newThumbnailId();
  await createThumbnailQueue(openShard(redis)).add(id, data);
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
async function record(job: ThumbnailJob, result: ThumbnailJobResult): Promise<void> {
  const key = keysOf(0).job(job.id);
  await redis.hset(key, {
    data: writeJobData(job.data),
    timestamp: 1,
    finishedOn: 2,
    returnvalue: JSON.stringify(result),
  });
}

test('when a job is processed, then every step runs in order and is timed, and the file is there', async () => {
  const steps: string[] = [];
  const result = await process(await uploadJob(await photograph(400, 300), steps));
  expect(steps).toEqual(['fetch', 'recall', 'decode', 'resize', 'colours', 'store']);
  expect(Object.keys(result.timingsMs)).toEqual(steps);
  const [rendition] = result.renditions;
  expect(sha256Of(await blobs.read(rendition?.sha256 ?? ''))).toBe(rendition?.sha256);
  expect(await redis.hlen(keysOf(0).referrers(rendition?.sha256 ?? ''))).toBe(1);
});

test('when the same job runs twice, then it writes the same file', async () => {
  const job = await uploadJob(await photograph(300, 300, 2));
  const [first, second] = [await process(job), await process(job)];
  expect(second.renditions).toEqual(first.renditions);
});

test('when equal work is done, then it is recalled, and its file is retained for the new job too', async () => {
  const bytes = await photograph(300, 300, 3);
  const first = await uploadJob(bytes);
  const made = await process(first);
  await record(first, made);
  const steps: string[] = [];
  const again = await process(await uploadJob(bytes, steps));
  expect([again.cache, steps]).toEqual(['hit', ['fetch', 'recall']]);
  expect(again.colours).toEqual(made.colours);
  expect(await redis.hlen(keysOf(0).referrers(made.renditions[0]?.sha256 ?? ''))).toBe(2);
});

const coloursOnly = { order: { renditions: [], colours: {} } };

test('when only colours are wanted, then no thumbnail is made; known ones are not found again, whatever the size was', async () => {
  const bytes = await photograph(300, 300, 6);
  const alone = await uploadJob(bytes, [], coloursOnly);
  const first = await process(alone);
  expect([first.renditions, first.cache]).toEqual([[], 'miss']);
  await record(alone, first);

  const steps: string[] = [];
  const sizedJob = await uploadJob(bytes, steps, {
    order: { renditions: [{ name: 'default', ...renditionOf({ width: 50 }) }], colours: {} },
  });
  const sized = await process(sizedJob);
  await record(sizedJob, sized);
  expect([steps, sized.cache]).toEqual([['fetch', 'recall', 'decode', 'resize', 'store'], 'miss']);
  expect([sized.colours, sized.thumbhash]).toEqual([first.colours, first.thumbhash]);

  const again = await process(await uploadJob(bytes, [], coloursOnly));
  expect([again.cache, again.renditions, again.colours]).toEqual(['hit', [], first.colours]);
});

const named = (name: string, width: number) => ({ name, ...renditionOf({ width }) });
const ordering = (...renditions: ReturnType<typeof named>[]) => ({ order: { renditions, colours: {} } });

test('when some of several thumbnails were made before, then only the others are made; all are the job’s own', async () => {
  const bytes = await photograph(300, 300, 16);
  const first = await uploadJob(bytes, [], ordering(named('default', 60), named('wide', 90)));
  const made = await process(first);
  expect(made.renditions.map(({ name, width }) => [name, width])).toEqual([
    ['default', 60],
    ['wide', 90],
  ]);
  await record(first, made);

  const steps: string[] = [];
  const second = await uploadJob(bytes, steps, ordering(named('new', 30), named('again', 90)));
  const partly = await process(second);
  expect([steps, partly.cache]).toEqual([['fetch', 'recall', 'decode', 'resize', 'store'], 'miss']);
  expect(partly.renditions).toMatchObject([
    { name: 'new', width: 30 },
    { ...made.renditions[1], name: 'again' },
  ]);
  expect(partly.colours).toEqual(made.colours);
  expect(await redis.hexists(keysOf(0).referrers(made.renditions[1]?.sha256 ?? ''), second.id)).toBe(1);
  await record(second, partly);

  const third = await uploadJob(bytes, [], ordering(named('a', 30), named('b', 60), named('c', 90)));
  const all = await process(third);
  expect([all.cache, all.renditions.map(({ name, width }) => [name, width])]).toEqual([
    'hit',
    [
      ['a', 30],
      ['b', 60],
      ['c', 90],
    ],
  ]);
});

test('when one of several files is gone, then that one is made anew and the others serve', async () => {
  const bytes = await photograph(300, 300, 17);
  const order = ordering(named('default', 60), named('wide', 90));
  const first = await uploadJob(bytes, [], order);
  const made = await process(first);
  await record(first, made);
  await blobs.erase(made.renditions[1]?.sha256 ?? '');
  const again = await process(await uploadJob(bytes, [], order));
  expect([again.cache, again.renditions]).toEqual(['miss', made.renditions]);
  expect(await blobs.size(made.renditions[1]?.sha256 ?? '')).not.toBeNull();
});

test('when an attempt fails, then what it found stays noted, since another worker may have the job by now', async () => {
  const bytes = await photograph(300, 300, 18);
  const first = await uploadJob(bytes, [], ordering(named('default', 60)));
  const made = await process(first);
  await record(first, made);
  const failing = await uploadJob(bytes, [], ordering(named('default', 60), named('wide', 90)));
  const broken = {
    ...failing,
    enterStep: (step: string) => {
      if (step === 'decode') throw new Problem('internal_error');
    },
  };
  await expect(process(broken)).rejects.toThrow();
  const referring = () => redis.hkeys(keysOf(0).referrers(made.renditions[0]?.sha256 ?? ''));
  expect(await referring()).toEqual([first.id, failing.id]);
  const eraseBlob = blobs.erase;
  const removal = createThumbnailRemoval({
    shard: openShard(redis),
    eraseBlob,
    onError: (err) => void troubles.push(err),
  });
  expect(await removal.remove(failing.id)).toBe(true);
  expect(await referring()).toEqual([first.id]);
});

test('when an earlier result cannot be read, then it is told, and the work is done anew', async () => {
  const bytes = await photograph(300, 300, 19);
  const first = await uploadJob(bytes);
  await record(first, await process(first));
  await redis.hset(keysOf(0).job(first.id), 'returnvalue', '{"v":7}');
  expect((await process(await uploadJob(bytes))).cache).toBe('miss');
  expect(unreadable).toHaveLength(1);

  let joined = 0;
  const shared = {
    ...(await uploadJob(bytes)),
    joinDownload: async (takeOver = false) => {
      joined += 1;
      if (!takeOver) throw new UnreadableRecord('of a later version');
      return null;
    },
  };
  expect((await process(shared)).renditions).toHaveLength(1);
  expect([joined, unreadable.length]).toEqual([2, 2]);
});

test('when the earlier file or record is gone, then the work is done anew', async () => {
  const bytes = await photograph(300, 300, 4);
  const first = await uploadJob(bytes);
  const made = await process(first);
  expect((await process(await uploadJob(bytes))).cache).toBe('miss');
  await record(first, made);
  await blobs.erase(made.renditions[0]?.sha256 ?? '');
  const again = await process(await uploadJob(bytes));
  expect(again.cache).toBe('miss');
  expect(await blobs.size(again.renditions[0]?.sha256 ?? '')).not.toBeNull();
});

test('when the uploaded file is gone, then the job fails for good', async () => {
  const job = await uploadJob(await flatPng('#000000'));
  await blobs.erase('upload' in job.data.source ? job.data.source.upload : '');
  await expect(process(job)).rejects.toMatchObject({ code: 'internal_error', retryable: false });
});

test('when the watermark of a job is damaged, then the job fails for good, and tells which it is', async () => {
  const mark = (await flatPng('#ff0000')).subarray(0, 60);
  const sha256 = sha256Of(mark);
  await blobs.put(sha256, mark);
  const renditions = [{ ...usual, watermark: { sha256 } }];
  const job = await uploadJob(await flatPng('#00ff00'), [], { order: { renditions, colours: {} } });
  await expect(process(job)).rejects.toMatchObject({
    ...{ code: 'unreadable_watermark', retryable: false },
    message: `The watermark with the sha256 ${sha256} cannot be read.`,
  });
});

test('when the picture is over the limits or damaged, then the problem says which', async () => {
  await expect(process(await uploadJob(await flatPng('#ffffff', 4000, 3000)))).rejects.toMatchObject({
    code: 'too_many_pixels',
  });
  const photo = await photograph(300, 200, 5);
  await expect(process(await uploadJob(photo.subarray(0, 4000)))).rejects.toBeInstanceOf(Problem);
});

test('when a job is a suspect, then it is alone in a child: its death is its own, and nobody else notices', async () => {
  const suspect = { ...(await uploadJob(slowJpeg(1000))), isSuspect: true };
  const own = globalThis.process;
  const redisServer = childrenOf(own.pid);
  const crash = process(suspect);
  own.kill(await firstChildOf(own.pid, redisServer), 'SIGKILL');
  const neighbour = process(await uploadJob(await photograph(300, 300, 7)));
  await expect(crash).rejects.toMatchObject({ code: 'worker_crashed', retryable: false });
  expect(await neighbour).toMatchObject({ cache: 'miss', renditions: [{ width: 100, height: 100 }] });
});

test.each([
  ['libvips makes it', 300, 300],
  ['its JPEG is reduced without libvips', 900, 700],
])(
  'when a suspect is innocent and %s, then it comes out as it would have without suspicion',
  async (_, width, height) => {
    const bytes = await photograph(width, height, 8);
    const steps: string[] = [];
    const suspected = await process({ ...(await uploadJob(bytes, steps)), isSuspect: true });
    const free = await process(await uploadJob(bytes));
    expect({ ...suspected, timingsMs: {} }).toEqual({ ...free, timingsMs: {} });
    expect(steps).toEqual(['fetch', 'recall', 'decode', 'resize', 'colours', 'store']);
    expect(Object.keys(suspected.timingsMs).sort()).toEqual([
      'colours',
      'decode',
      'fetch',
      'recall',
      'resize',
      'store',
    ]);
  },
);

test('when the job is to end, then no further step begins', async () => {
  const abort = new AbortController();
  const clock = startStepClock({ enterStep: () => undefined, signal: abort.signal });
  await clock.run('fetch', async () => abort.abort(new Problem('internal_error')));
  await expect(clock.run('decode', async () => 'decoded')).rejects.toMatchObject({ code: 'internal_error' });
});

test('when the storage is away for a while, then the job waits and is done without being begun again', async () => {
  const steps: string[] = [];
  const job = await uploadJob(await photograph(300, 300, 7), steps);
  let isAway = false;
  const working = process({
    ...job,
    enterStep: (step) => {
      steps.push(step);
      if (step !== 'decode') return;
      isAway = true;
      renameSync(`${folder}/incoming`, `${folder}/away`);
    },
  });
  while (troubles.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isAway).toBe(true);
  await rename(`${folder}/away`, `${folder}/incoming`);
  const result = await working;
  expect(steps).toEqual(['fetch', 'recall', 'decode', 'resize', 'colours', 'store']);
  expect(await blobs.size(result.renditions[0]?.sha256 ?? '')).not.toBeNull();
});
