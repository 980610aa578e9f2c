/** Our queue and stock BullMQ on the same keys: either side does what the other has added, and sees what came of it. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { UnrecoverableError } from 'bullmq';
import { createBlobReferrers, createThumbnailRemoval, type ThumbnailJob } from '../../src/index.ts';
import { jobResult, type QueueUnderTest, startQueueUnderTest } from '../queue-under-test.ts';
import { openStockBullmq, type StockBullmq } from './stock-bullmq.ts';

let under: QueueUnderTest;
let stock: StockBullmq;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
beforeEach(() => {
  stock = openStockBullmq(under.server.url);
});
afterEach(async () => {
  await under.closeWorkers(0);
  await stock.close();
  await under.producer.flushdb();
});
afterAll(() => under.stop());

test('when a stock worker does a job of ours, then our reader has its result', async () => {
  const seen = Promise.withResolvers<unknown>();
  stock.work(async (job) => {
    seen.resolve(job.data);
    return jobResult;
  });
  const id = await under.add();
  const record = await under.until(id, ({ finishedAtMs }) => finishedAtMs !== null);
  expect(record).toMatchObject({ status: 'completed', attempts: 1, result: jobResult, problem: null });
  expect(await seen.promise).toMatchObject({ tenant: 'default', source: { url: 'https://example.org/a.jpg' } });
  expect((await under.reader.readRemains(id))?.blobs).toEqual([jobResult.renditions[0]?.sha256]);
});

test('when a stock worker answers what is no result of ours, then the record is unreadable, and nothing is thrown', async () => {
  stock.work(async () => 'done');
  const id = await under.add();
  while ((await stock.queue.getJobCounts('completed')).completed === 0) await pause(10);
  expect(await under.reader.read(id)).toMatchObject({ kind: 'unreadable', envelope: { tenant: 'default' } });
});

test.each([
  ['a problem of ours', new Problem('not_an_image').toRecord(), 'not_an_image'],
  ['words of its own', 'out of paper', 'internal_error'],
])('when a stock worker fails a job of ours with %s, then our reader tells of it', async (_, words, code) => {
  stock.work(async () => {
    throw new UnrecoverableError(words);
  });
  const id = await under.add();
  const record = await under.until(id, ({ finishedAtMs }) => finishedAtMs !== null);
  expect(record).toMatchObject({ status: 'failed', attempts: 1, result: null, problem: { code } });
});

test.each([undefined, 7])(
  'when stock BullMQ adds a job with priority %s, then our worker does it',
  async (priority) => {
    const seen = Promise.withResolvers<ThumbnailJob>();
    under.work(async (job) => {
      seen.resolve(job);
      return jobResult;
    });
    const id = await stock.add({ metadata: { label: 'stock' } }, priority);
    const record = await under.until(id, ({ finishedAtMs }) => finishedAtMs !== null);
    expect(record).toMatchObject({ status: 'completed', attempts: 1, result: jobResult });
    expect(await seen.promise).toMatchObject({ id, attempt: 1, isSuspect: false, rank: priority ?? 0 });
    const job = await stock.queue.getJob(id);
    // Times are stored in the order of the steps; all else is the result word for word.
    expect(job?.returnvalue).toMatchObject({ ...jobResult, timingsMs: {}, times: expect.arrayContaining([1]) });
    expect(await job?.getState()).toBe('completed');
    expect(job?.finishedOn).toBeGreaterThanOrEqual(job?.processedOn ?? Number.POSITIVE_INFINITY);
    // It had no envelope; now it has, so that it can be removed without a trace.
    expect((await under.reader.readRemains(id))?.envelope).toMatchObject({
      tenant: 'default',
      blobs: [jobResult.renditions[0]?.sha256],
    });
  },
);

test('when stock BullMQ puts a completed job of ours back, then it is done once more, whatever happens on the way', async () => {
  let runs = 0;
  under.work(async () => {
    runs += 1;
    if (runs === 2) throw new Problem('source_unreachable', { retryAfterSeconds: 1 });
    return jobResult;
  });
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'completed');
  await (await stock.queue.getJob(id))?.retry('completed');
  await under.until(id, ({ status }) => status === 'completed' && runs === 3);
});

test('when a job that stock BullMQ has added is removed in the middle of its work, then its files are too', async () => {
  const sha256 = 'd'.repeat(64);
  const retained = Promise.withResolvers<void>();
  under.work(async ({ id }) => {
    await createBlobReferrers(under.shard).retain(sha256, id, 1);
    retained.resolve();
    throw new Problem('source_unreachable', { retryAfterSeconds: 60 });
  });
  const id = await stock.add();
  await retained.promise;
  await under.until(id, ({ status, attempts }) => status === 'queued' && attempts === 1);
  const erased: string[] = [];
  const eraseBlob = async (blob: string) => void erased.push(blob);
  const removal = createThumbnailRemoval({ shard: under.shard, eraseBlob, onError: () => undefined });
  expect(await removal.remove(id)).toBe(true);
  expect(erased).toEqual([sha256]);
});

test('when our worker fails a job for good, then stock BullMQ sees why and how often it was tried', async () => {
  under.work(async ({ attempt }) => {
    throw new Problem(attempt === 1 ? 'source_unreachable' : 'not_an_image');
  });
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'failed');
  const job = await stock.queue.getJob(id);
  expect(Problem.fromRecord(job?.failedReason ?? '').code).toBe('not_an_image');
  expect([job?.attemptsMade, job?.attemptsStarted, job?.stacktrace?.length]).toEqual([2, 2, 2]);
  expect(await job?.isFailed()).toBe(true);
  expect(job?.processedBy).toMatch(/^test-\d+$/);
  expect(await stock.queue.getFailed()).toMatchObject([{ id }]);
});

test('when jobs are everywhere, then stock BullMQ counts them where they are', async () => {
  const hold = Promise.withResolvers<void>();
  under.work(
    async ({ data }) => {
      const label = data.metadata?.label;
      if (label === 'fails') throw new Problem('not_an_image');
      if (label === 'again') throw new Problem('source_unreachable', { retryAfterSeconds: 30 });
      if (label === 'held') await hold.promise;
      return jobResult;
    },
    {},
    1,
  );
  const add = (label: string) => under.add({ metadata: { label } });
  for (const label of ['done', 'done', 'fails', 'again']) {
    const id = await add(label);
    await under.until(id, ({ status, attempts }) => status !== 'processing' && attempts === 1);
  }
  const held = await add('held');
  await under.until(held, ({ status }) => status === 'processing');
  for (let left = 5; left > 0; left--) await add('waits');
  for (let left = 2; left > 0; left--) await stock.add(); // in the list of those that go first
  expect(await stock.queue.getJobCounts()).toMatchObject({
    active: 1,
    completed: 2,
    delayed: 1,
    failed: 1,
    prioritized: 5,
    waiting: 2,
  });
  expect(await under.queue.depth()).toEqual({ waiting: 7, delayed: 1, active: 1 });
  hold.resolve();
});

test('when our side works, then BullMQ’s own stream of events is not written; when theirs does, it is', async () => {
  const completed = Promise.withResolvers<string>();
  const events = stock.listen();
  events.on('completed', ({ jobId }) => completed.resolve(jobId));
  await events.waitUntilReady();
  const ours = under.work(async () => jobResult);
  await under.until(await under.add(), ({ status }) => status === 'completed');
  expect(await under.producer.exists(under.shard.keys.ofQueue('events'))).toBe(0);
  await ours.close();
  stock.work(async () => jobResult);
  const id = await under.add();
  expect(await completed.promise).toBe(id);
});

test('when both kinds of workers are at it, then each job is done once', async () => {
  const done: string[] = [];
  under.work(async ({ id }) => {
    done.push(id);
    return jobResult;
  });
  stock.work(
    async ({ id }) => {
      done.push(String(id));
      return jobResult;
    },
    { concurrency: 4 },
  );
  const ids = (
    await Promise.all(Array.from({ length: 100 }, () => [under.add(), stock.add({}, 3), stock.add()]).flat())
  ).sort();
  for (const id of ids) await under.until(id, ({ status }) => status === 'completed');
  expect(done.sort()).toEqual(ids);
  expect(await stock.queue.getJobCounts('active', 'waiting', 'prioritized', 'completed')).toEqual({
    active: 0,
    waiting: 0,
    prioritized: 0,
    completed: 300,
  });
});

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
