/** What is announced of a job, path by path: in order, each end once. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newThumbnailId, Problem, type ThumbnailJobData } from '@tintype/contracts';
import { connectWorker, disconnect } from '@tintype/redis';
import { ThumbnailBackend } from '../../src/bullmq/backend.ts';
import {
  createJobEventStream,
  createThumbnailRemoval,
  Postponed,
  startSweep,
  type ThumbnailJob,
} from '../../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from '../queue-under-test.ts';

let under: QueueUnderTest;
let start: string;
const published: string[] = [];
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
const subscriber = () => connectWorker(under.server.url);
let listening: ReturnType<typeof subscriber>;
beforeEach(async () => {
  start = await createJobEventStream(under.shard).end();
  published.length = 0;
  listening = subscriber();
  listening.on('message', (_channel, id) => void published.push(id));
  await listening.subscribe(under.shard.keys.endings);
});
afterEach(async () => {
  await disconnect(listening);
  await under.closeWorkers(0);
  await under.producer.flushdb();
});

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const isEnded = ({ finishedAtMs }: { finishedAtMs: number | null }) => finishedAtMs !== null;
const noErase = { eraseBlob: async () => undefined, onError: () => undefined };

/** What was announced of a job since the test began. */
async function eventsOf(id: string): Promise<string[]> {
  const events = await createJobEventStream(under.shard).read(start, 10_000);
  return events.filter((event) => event.id === id).map(({ event }) => event);
}

/** Adds a job, waits until it has ended, and a little longer for what should not come. */
async function follow(changes: Partial<ThumbnailJobData> = {}): Promise<string[]> {
  const id = await under.add(changes);
  await under.until(id, isEnded);
  await pause(50);
  return eventsOf(id);
}

const untilAborted = ({ signal }: ThumbnailJob) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

test('when a job succeeds, then it is queued, processing, completed; and its end is published once', async () => {
  under.work(async () => jobResult);
  expect(await follow()).toEqual(['queued', 'processing', 'completed']);
  expect(published).toHaveLength(1);
});

test('when it fails for a while and then succeeds, then it is queued again in between', async () => {
  under.work(async ({ attempt }) => {
    if (attempt < 3) throw new Problem('source_unreachable');
    return jobResult;
  });
  const twice = ['queued', 'processing', 'queued', 'processing'];
  expect(await follow()).toEqual([...twice, 'queued', 'processing', 'completed']);
  expect(published).toHaveLength(1);
});

test('when it fails for good, then it is failed; when it is retried, it is queued again, and ends again', async () => {
  under.work(async ({ attempt }) => {
    if (attempt === 1) throw new Problem('not_an_image');
    return jobResult;
  });
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'failed');
  const failed = ['queued', 'processing', 'failed'];
  expect(await eventsOf(id)).toEqual(failed);
  expect(await under.control.retry(id, 'default', 'not_an_image')).toBe(true);
  await under.until(id, ({ status }) => status === 'completed');
  expect(await eventsOf(id)).toEqual([...failed, 'queued', 'processing', 'completed']);
  expect(published).toEqual([id, id]);
});

test('when it is slow, then its progress is announced', async () => {
  under.work(async (job) => {
    job.enterStep('fetch');
    await pause(1200);
    return jobResult;
  });
  expect(await follow()).toEqual(['queued', 'processing', 'progress', 'completed']);
});

test('when it is cancelled while it waits, then that is its end, once', async () => {
  const id = await under.add();
  await under.control.cancel(id);
  await under.control.cancel(id);
  expect(await eventsOf(id)).toEqual(['queued', 'cancelled']);
  await pause(20);
  expect(published).toEqual([id]);
});

test.each(['stops', 'goes on, is slow, and completes'])(
  'when it is cancelled while it runs and its worker %s, then that is its end, once',
  async (how) => {
    const ended = Promise.withResolvers<void>();
    under.work(
      async (job) => {
        if (how === 'stops') return untilAborted(job);
        await untilAborted(job).catch(() => undefined);
        job.enterStep('decode');
        await pause(1200);
        return jobResult;
      },
      { failed: () => ended.resolve() },
    );
    const id = await under.add();
    await under.until(id, ({ status }) => status === 'processing');
    await under.control.cancel(id);
    await ended.promise;
    await pause(50);
    expect(await eventsOf(id)).toEqual(['queued', 'processing', 'cancelled']);
    expect(published).toEqual([id]);
  },
);

test('when it waits for another one’s download, then it is queued again, and both end once', async () => {
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  under.work(async (job) => {
    const shared = await job.joinDownload();
    if (shared) return shared;
    begun.push(job.id);
    await gate.promise;
    return jobResult;
  });
  const leader = await under.add();
  while (begun.length === 0) await pause(5);
  const follower = await under.add();
  while ((await under.producer.zcard(under.shard.keys.delayed)) === 0) await pause(5);
  gate.resolve();
  for (const id of [leader, follower]) await under.until(id, isEnded);
  expect(await eventsOf(leader)).toEqual(['queued', 'processing', 'completed']);
  expect(await eventsOf(follower)).toEqual(['queued', 'processing', 'queued', 'processing', 'completed']);
});

test('when its worker stops, or puts it off, then it is queued again', async () => {
  let begun = 0;
  const stopping = under.work(async () => {
    begun += 1;
    if (begun === 1) throw new Postponed(100);
    return new Promise<never>(() => undefined);
  });
  const id = await under.add();
  while (begun < 2) await pause(5);
  await stopping.close(0);
  under.work(async () => jobResult);
  await under.until(id, isEnded);
  const [queued, processing] = ['queued', 'processing'];
  expect(await eventsOf(id)).toEqual([queued, processing, queued, processing, queued, processing, 'completed']);
});

test('when its worker dies, then it is queued again by whoever finds it', async () => {
  const id = await under.add();
  await new ThumbnailBackend({ shard: under.shard, worker: 'dead', lockMs: 100 }).moveToActive('dead');
  under.work(async () => jobResult);
  await under.until(id, isEnded);
  expect(await eventsOf(id)).toEqual(['queued', 'processing', 'queued', 'processing', 'completed']);
});

test('when the sweep removes it, or it is deleted, then it is expired, once, whatever it was before', async () => {
  under.work(async () => jobResult);
  const swept = newThumbnailId();
  await under.queue.add(swept, { ...jobData, expiresAtMs: Date.now() - 1 });
  const deleted = await under.add();
  for (const id of [swept, deleted]) await under.until(id, isEnded);
  const sweep = startSweep({ shard: under.shard, ...noErase, intervalMs: 1_000_000 });
  await sweep.run();
  await sweep.run();
  await sweep.stop();
  const removal = createThumbnailRemoval({ shard: under.shard, ...noErase });
  for (const _ of [0, 1]) await removal.remove(deleted);
  for (const id of [swept, deleted])
    expect(await eventsOf(id)).toEqual(['queued', 'processing', 'completed', 'expired']);
  await under.closeWorkers();
  const waiting = await under.add();
  await removal.remove(waiting);
  expect(await eventsOf(waiting)).toEqual(['queued', 'expired']);
});

test('when it is cancelled and then removed while it runs, then it ends once as cancelled, and is expired, and no more', async () => {
  const gate = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  under.work(() => gate.promise.then(() => jobResult), {
    completed: () => done.resolve(),
    failed: () => done.resolve(),
  });
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'processing');
  await under.control.cancel(id);
  await createThumbnailRemoval({ shard: under.shard, ...noErase }).remove(id);
  gate.resolve();
  await done.promise;
  await pause(50);
  expect(await eventsOf(id)).toEqual(['queued', 'processing', 'cancelled', 'expired']);
});

test('when it expires while it runs, then what its worker makes of it is not announced any more', async () => {
  const gate = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  under.work(() => gate.promise.then(() => jobResult), { completed: () => done.resolve() });
  const id = await under.add({ outbox: ['webhooks'] });
  await under.until(id, ({ status }) => status === 'processing');
  await createThumbnailRemoval({ shard: under.shard, ...noErase }).remove(id);
  gate.resolve();
  await done.promise;
  await pause(50);
  expect(await eventsOf(id)).toEqual(['queued', 'processing', 'expired']);
  expect(published).toEqual([id]);
});

test('when a worker that has lost a job still tells of its progress after the end, then nothing is announced', async () => {
  under.work(async () => jobResult);
  const id = await under.add();
  await under.until(id, isEnded);
  const backend = new ThumbnailBackend({ shard: under.shard, worker: 'late', lockMs: 100 });
  await backend.updateProgress(id, { percent: 50, step: 'decode' });
  expect(await eventsOf(id)).toEqual(['queued', 'processing', 'completed']);
  await backend.updateProgress(newThumbnailId(), { percent: 50, step: 'decode' });
});

test('when events are read in pieces, then each is read once and in order; what comes later is read from the end', async () => {
  under.work(async () => jobResult);
  const ids = await Promise.all(Array.from({ length: 30 }, () => under.add()));
  for (const id of ids) await under.until(id, isEnded);
  const stream = createJobEventStream(under.shard);
  const all = await stream.read('0-0', 1000);
  const read = [];
  for (let cursor = '0-0'; ; ) {
    const some = await stream.read(cursor, 7);
    if (some.length === 0) break;
    read.push(...some);
    cursor = some.at(-1)?.cursor ?? cursor;
  }
  expect(read).toEqual(all);
  expect(all).toHaveLength(90);
  const end = await stream.end();
  expect(await stream.read(end, 10)).toEqual([]);
  const id = await under.add();
  expect(await stream.read(end, 1)).toMatchObject([{ id, event: 'queued' }]);
});

test('when nobody reads 30 000 events, then the stream takes less than a megabyte', async () => {
  const backend = new ThumbnailBackend({ shard: under.shard, worker: 'by-hand', lockMs: 60_000 });
  const ids = await Promise.all(Array.from({ length: 50 }, () => under.add()));
  for (let round = 0; round < 60; round++) {
    await Promise.all(
      Array.from({ length: 500 }, (_, n) => backend.updateProgress(ids[n % 50] ?? '', { percent: 1, step: 'fetch' })),
    );
  }
  const { keys, redis } = under.shard;
  expect(await redis.xlen(keys.jobEvents)).toBeLessThan(11_000);
  expect(await redis.xlen(keys.jobEvents)).toBeGreaterThanOrEqual(10_000);
  expect(await redis.memory('USAGE', keys.jobEvents, 'SAMPLES', 0)).toBeLessThan(1_000_000);
});
