/** What one side delays the other one does when it is due: our workers and stock BullMQ read the same scores. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { countCoreWaits } from '@tintype/testkit';
import { DelayedError, type Job } from 'bullmq';
import { ThumbnailBackend } from '../../src/bullmq/backend.ts';
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

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const done = async () => jobResult;
const isEnded = ({ finishedAtMs }: { finishedAtMs: number | null }) => finishedAtMs !== null;

/**
 * Until a worker that was started has looked for jobs, found none, and waits; its next look by itself is seconds away.
 */
async function untilIdle(): Promise<void> {
  for (;;) {
    const clients = String(await under.producer.client('LIST'));
    if (clients.includes('cmd=bzpopmin')) return;
    await pause(5);
  }
}

/** When a delayed job is due, in milliseconds since the epoch. */
async function dueMs(id: string): Promise<number> {
  return Number(await under.producer.zscore(under.shard.keys.delayed, id)) / 4096;
}

/** A backend with jobs claimed by hand. */
function openBackend(lockMs = 30_000): ThumbnailBackend {
  return new ThumbnailBackend({ shard: under.shard, worker: 'by-hand', lockMs });
}

/** Takes these, which are all that wait, and puts them off for no time worth mentioning. */
async function putOff(ids: string[]): Promise<void> {
  const backend = openBackend();
  for (const _ of ids) await backend.moveToActive('ours');
  for (const id of ids) await backend.moveToDelayed(id, 0, 1, 'ours');
}

test('when our worker’s attempt fails for a while, then a stock worker makes the next one when it is due, and not before', async () => {
  const worker = under.work(async () => {
    throw new Problem('source_unreachable', { retryAfterSeconds: 1 });
  });
  const id = await under.add();
  await under.until(id, ({ status, attempts }) => status === 'queued' && attempts === 1);
  await worker.close();
  const due = await dueMs(id);
  stock.work(done);
  const record = await under.until(id, isEnded);
  expect(record).toMatchObject({ status: 'completed', attempts: 2, result: jobResult });
  expect(record.startedAtMs ?? 0).toBeGreaterThanOrEqual(due - 2);
  const [failed] = (await under.attempts.read(id)).ended;
  expect(Problem.fromRecord(failed?.problem ?? '').code).toBe('source_unreachable');
});

test('when a stock worker’s attempt fails for a while, then our worker makes the next one when it is due, and not before', async () => {
  const id = await under.add();
  const theirs = await stock.byHand().getNextJob('theirs', { block: false });
  await theirs?.moveToFailed(new Error('not now'), 'theirs');
  expect(await under.record(id)).toMatchObject({ status: 'queued', attempts: 1 });
  const due = await dueMs(id);
  under.work(done);
  const record = await under.until(id, isEnded);
  expect(record).toMatchObject({ status: 'completed', attempts: 2 });
  expect(record.startedAtMs ?? 0).toBeGreaterThanOrEqual(due - 2);
});

test('when a stock processor puts its job off, then our worker goes on with it, and no attempt is spent', async () => {
  const worker = stock.work(async (job, token) => {
    await job.moveToDelayed(Date.now() + 500, token);
    throw new DelayedError();
  });
  const id = await under.add();
  while ((await under.producer.zscore(under.shard.keys.delayed, id)) === null) await pause(5);
  await worker.close();
  under.work(done);
  await under.until(id, isEnded);
  expect((await stock.queue.getJob(id))?.attemptsMade).toBe(0);
});

test('when both sides put a job off for as long at one time, then both are due at one time', async () => {
  const ids = [await under.add(), await under.add()];
  const theirs = await stock.byHand().getNextJob('theirs', { block: false });
  const backend = openBackend();
  const [, ours] = await backend.moveToActive('ours');
  expect([theirs?.id, ours]).toEqual(ids);
  const atMs = Date.now();
  await Promise.all([
    theirs?.moveToDelayed(atMs + 5000, 'theirs'),
    backend.moveToDelayed(ours, atMs, 5000, 'ours', { fieldsToUpdate: {} }),
  ]);
  const passedMs = Date.now() - atMs;
  const [theirDueMs, ourDueMs] = [await dueMs(String(theirs?.id)), await dueMs(ours)];
  expect(Math.abs(theirDueMs - atMs - 5000)).toBeLessThanOrEqual(1);
  expect(ourDueMs - atMs - 5000).toBeGreaterThanOrEqual(-1);
  expect(ourDueMs - atMs - 5000).toBeLessThanOrEqual(passedMs + 1);
  const [marked] = await under.producer.zrange(under.shard.keys.marker, '0', '-1', 'WITHSCORES');
  expect(marked).toBeDefined();
  expect(await stock.queue.getJobCounts('delayed')).toEqual({ delayed: 2 });
  expect((await stock.queue.getDelayed()).map(({ id }: Job) => id).sort()).toEqual([...ids].sort());
});

test('when a stock producer adds to an idle worker of ours, then that one begins at once', async () => {
  under.work(done);
  await untilIdle();
  for (const priority of [undefined, 5]) {
    const [addedMs, coreWaitsMs] = [Date.now(), countCoreWaits()];
    const record = await under.until(await stock.add({}, priority), isEnded);
    expect(record.status).toBe('completed');
    expect(Date.now() - addedMs).toBeLessThan(2500 + coreWaitsMs());
  }
});

test('when we add to an idle stock worker, then that one begins at once', async () => {
  stock.work(done);
  await untilIdle();
  const record = await under.until(await under.add(), isEnded);
  expect(record.status).toBe('completed');
});

test('when we put a job off while a stock worker is idle, then that one does it when it is due', async () => {
  const id = await under.add();
  const backend = openBackend();
  await backend.moveToActive('ours');
  stock.work(done);
  await untilIdle();
  await backend.moveToDelayed(id, 0, 700, 'ours');
  const [due, coreWaitsMs] = [await dueMs(id), countCoreWaits()];
  const record = await under.until(id, isEnded);
  expect(record.startedAtMs ?? 0).toBeGreaterThanOrEqual(due - 2);
  expect(record.startedAtMs ?? 0).toBeLessThan(due + 5000 + coreWaitsMs());
});

test('when a stock worker puts a job off while one of ours is idle, then ours does it when it is due', async () => {
  const id = await under.add();
  const theirs = await stock.byHand().getNextJob('theirs', { block: false });
  under.work(done);
  await untilIdle();
  await theirs?.moveToDelayed(Date.now() + 700, 'theirs');
  const [due, coreWaitsMs] = [await dueMs(id), countCoreWaits()];
  const record = await under.until(id, isEnded);
  expect(record.startedAtMs ?? 0).toBeGreaterThanOrEqual(due - 2);
  expect(record.startedAtMs ?? 0).toBeLessThan(due + 2500 + coreWaitsMs());
});

test('when more jobs are due at once than one script moves, then all are done, each once', async () => {
  const ids: string[] = [];
  for (let count = 450; count > 0; count--) ids.push(await under.add());
  await putOff(ids);
  const begun: string[] = [];
  under.work(
    async ({ id }) => {
      begun.push(id);
      return jobResult;
    },
    {},
    1,
  );
  for (const id of ids) await under.until(id, isEnded);
  expect([...begun].sort()).toEqual([...ids].sort());
});

test('when a delayed job has no record any more, then the others behind it are done', async () => {
  const [gone, kept] = [await under.add(), await under.add()];
  await putOff([gone, kept]);
  await under.producer.del(under.shard.keys.job(gone));
  under.work(done);
  await under.until(kept, isEnded);
  expect(await under.producer.zcard(under.shard.keys.delayed)).toBe(0);
});
