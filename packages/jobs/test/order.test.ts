/** Who goes first: lanes by urgency, tenants in turn, nobody never. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newThumbnailId, type ThumbnailJobData } from '@tintype/contracts';
import { keysOf, shardPrefix } from '@tintype/redis';
import { isLongForm } from '@tintype/testkit';
import { Queue } from 'bullmq';
import type { JobUrgency } from '../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
beforeEach(() => under.producer.flushdb());
afterAll(() => under.stop());

const claimed: string[] = [];
afterEach(() => void claimed.splice(0));

const add = async (label: string, changes: Partial<ThumbnailJobData> = {}, urgency: JobUrgency = 'single') => {
  const id = newThumbnailId();
  await under.queue.add(id, { ...jobData, ...changes, metadata: { label } }, urgency);
  return id;
};
const addMany = async (count: number, label: string, changes: Partial<ThumbnailJobData> = {}) => {
  for (let left = count; left > 0; left -= 1000) {
    await Promise.all(Array.from({ length: Math.min(left, 1000) }, () => add(label, changes)));
  }
};

/** Lets one worker with one slot do so many jobs; answers their labels in the order in which they began. */
async function serve(count: number): Promise<string[]> {
  const done = Promise.withResolvers<void>();
  const begun: string[] = [];
  const worker = under.work(
    async ({ data }) => {
      begun.push(String(data.metadata?.label));
      if (begun.length >= count) done.resolve();
      if (begun.length > count) await new Promise(() => undefined);
      return jobResult;
    },
    {},
    1,
  );
  await done.promise;
  await worker.close(0);
  return begun.slice(0, count);
}

const countOf = (labels: string[], label: string) => labels.filter((one) => one === label).length;

test('when jobs of all priorities wait, then high ones go before normal ones before low ones, whoever came first', async () => {
  for (const priority of ['low', 'normal', 'high'] as const) await addMany(20, priority, { priority });
  const order = await serve(60);
  expect(order).toEqual([...Array(20).fill('high'), ...Array(20).fill('normal'), ...Array(20).fill('low')]);
});

test('when jobs of one priority wait, then those somebody waits for go first, and batches last', async () => {
  for (const urgency of ['batch', 'single', 'waiting'] as const) await add(urgency, {}, urgency);
  expect(await serve(3)).toEqual(['waiting', 'single', 'batch']);
});

/** Who waited for all of them would not be among the next. */
const many = isLongForm ? 10_000 : 2000;

test('when one tenant has thousands of jobs queued, then another one’s only job is done within two jobs’ time', async () => {
  await addMany(many, 'A', { tenant: 'A' });
  await serve(50);
  await add('B', { tenant: 'B' });
  expect(await serve(2)).toContain('B');
});

test('when thousands of low jobs are queued, then a high one is the next', async () => {
  await addMany(many, 'low', { priority: 'low' });
  await serve(50);
  await add('high', { priority: 'high' });
  expect(await serve(1)).toEqual(['high']);
});

test('when two tenants are busy, then they share evenly, however long one of them has been there', async () => {
  await addMany(1000, 'A', { tenant: 'A' });
  await serve(200);
  await addMany(400, 'B', { tenant: 'B' });
  const order = await serve(300);
  expect(Math.abs(countOf(order, 'A') - countOf(order, 'B'))).toBeLessThanOrEqual(2);
});

test('when a tenant comes back after the queue was empty, then nothing is held against it, and nothing is owed to it', async () => {
  await addMany(300, 'A', { tenant: 'A' });
  await serve(300);
  await addMany(50, 'A', { tenant: 'A' });
  await addMany(50, 'B', { tenant: 'B' });
  const order = await serve(40);
  expect(Math.abs(countOf(order, 'A') - countOf(order, 'B'))).toBeLessThanOrEqual(2);
});

test('when high jobs never cease, then a low one has its turn all the same', async () => {
  const low = await add('low', { priority: 'low' });
  await addMany(21_000, 'high', { priority: 'high' });
  const rank = await under.producer.zrank(keysOf(0).prioritized, low);
  expect(rank).toBeGreaterThan(15_000);
  expect(rank).toBeLessThan(21_000);
});

test('when flows have caught up, then nothing is kept of them', async () => {
  for (let tenant = 0; tenant < 50; tenant++) await add('x', { tenant: `t${tenant}` });
  await serve(50);
  await addMany(2, 'A', { tenant: 'A' });
  await serve(1);
  await add('A', { tenant: 'A' });
  expect(await under.producer.zcard(keysOf(0).fair)).toBeLessThanOrEqual(4);
});

test('when BullMQ adds a job itself, then its hash has the same fields as ours, but for the envelope', async () => {
  const bull = new Queue('thumbnails', { connection: under.producer, prefix: shardPrefix(0) });
  const [theirs, ours] = [newThumbnailId(), await under.add()];
  await bull.add('thumbnail', jobData, { jobId: theirs, priority: 1 });
  const fields = async (id: string) => Object.keys(await under.producer.hgetall(keysOf(0).job(id))).sort();
  expect((await fields(ours)).filter((field) => field !== 'env')).toEqual(await fields(theirs));
  await bull.close();
});
