/** Jobs that pass no other tenant's: one share for each tenant, and each tenant's own order within it. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newThumbnailId, Problem, type ThumbnailJobData } from '@tintype/contracts';
import { keysOf } from '@tintype/redis';
import type { JobUrgency } from '../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
beforeEach(() => under.producer.flushdb());
afterEach(() => under.closeWorkers(0));
afterAll(() => under.stop());

type Job = { label: string; tenant: string } & Partial<Pick<ThumbnailJobData, 'priority'>> & {
    urgency?: JobUrgency;
    passesOthers?: boolean;
  };

async function add({ label, urgency = 'single', passesOthers = false, ...changes }: Job): Promise<string> {
  const id = newThumbnailId();
  await under.queue.add(id, { ...jobData, ...changes, metadata: { label } }, urgency, passesOthers);
  return id;
}

const addMany = (count: number, job: Job) => Promise.all(Array.from({ length: count }, () => add(job)));
const countOf = (labels: string[], label: string) => labels.filter((one) => one === label).length;
const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

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

const high = { priority: 'high' } as const;

test('when a tenant floods with high jobs, then each job of another is done within two jobs’ time of its turn', async () => {
  await addMany(500, { label: 'A normal', tenant: 'A' });
  await serve(20);
  await addMany(2000, { label: 'A high', tenant: 'A', ...high });
  await addMany(100, { label: 'B', tenant: 'B' });
  const order = await serve(220);
  const places = order.flatMap((label, place) => (label === 'B' ? [place] : []));
  expect(places).toHaveLength(100);
  for (const [turn, place] of places.entries()) expect(place).toBeLessThanOrEqual(2 * (turn + 1) + 2);
  expect(order).not.toContain('A normal');
});

test('when a tenant has the right, then its high jobs pass all that wait', async () => {
  await addMany(100, { label: 'B', tenant: 'B' });
  await addMany(200, { label: 'A high', tenant: 'A', ...high, passesOthers: true });
  expect(countOf(await serve(200), 'A high')).toBe(200);
});

test('when several tenants flood in every way, then a lone job of another waits for two jobs of each at most', async () => {
  const tenants = ['A', 'B', 'C', 'D'];
  for (const tenant of tenants) {
    await addMany(60, { label: 'flood', tenant });
    await addMany(60, { label: 'flood', tenant, urgency: 'waiting' });
    await addMany(60, { label: 'flood', tenant, ...high });
    await addMany(60, { label: 'flood', tenant, ...high, urgency: 'waiting' });
  }
  for (let round = 0; round < 5; round++) {
    await serve(37);
    await add({ label: 'lone', tenant: 'lone' });
    const order = await serve(2 * tenants.length + 2);
    expect(order).toContain('lone');
  }
});

test('when a tenant waits for everything and calls it high, then its share is that of one that does not', async () => {
  for (const urgency of ['single', 'waiting'] as const) {
    for (const priority of ['normal', 'high'] as const)
      await addMany(100, { label: 'A', tenant: 'A', priority, urgency });
  }
  await addMany(400, { label: 'B', tenant: 'B' });
  const order = await serve(600);
  for (let end = 50; end <= 600; end += 50) {
    const [a, b] = [countOf(order.slice(0, end), 'A'), countOf(order.slice(0, end), 'B')];
    expect(Math.abs(a - b)).toBeLessThanOrEqual(4);
  }
});

test('when high jobs come one at a time, then the tenant gets no more by them, and they do not wait for its others', async () => {
  await addMany(300, { label: 'A', tenant: 'A' });
  await addMany(300, { label: 'B', tenant: 'B' });
  const order: string[] = [];
  for (let round = 0; round < 60; round++) {
    await add({ label: 'A high', tenant: 'A', ...high });
    const served = await serve(3);
    expect(served).toContain('A high');
    order.push(...served);
  }
  const ofA = countOf(order, 'A') + countOf(order, 'A high');
  expect(Math.abs(ofA - countOf(order, 'B'))).toBeLessThanOrEqual(4);
});

test('when a tenant’s jobs of all kinds wait, then they go in its own order, and in each kind as they came', async () => {
  const kinds = [
    { prefix: 'normal', priority: 'normal', urgency: 'single' },
    { prefix: 'awaited', priority: 'normal', urgency: 'waiting' },
    { prefix: 'high', priority: 'high', urgency: 'single' },
    { prefix: 'high awaited', priority: 'high', urgency: 'waiting' },
  ] as const;
  for (const { prefix, priority, urgency } of kinds) {
    for (const label of numbered(prefix, 20)) await add({ label, tenant: 'A', priority, urgency });
  }
  expect(await serve(80)).toEqual(kinds.toReversed().flatMap(({ prefix }) => numbered(prefix, 20)));
});

test('when low and batch jobs wait, then they let everybody’s others go first', async () => {
  await addMany(5, { label: 'low', tenant: 'A', priority: 'low', urgency: 'waiting' });
  await addMany(5, { label: 'batch', tenant: 'A', urgency: 'batch' });
  await addMany(20, { label: 'B', tenant: 'B' });
  await addMany(5, { label: 'A', tenant: 'A' });
  const order = await serve(35);
  expect(countOf(order.slice(0, 25), 'A') + countOf(order.slice(0, 25), 'B')).toBe(25);
  expect(order.slice(25)).toEqual([...Array(5).fill('batch'), ...Array(5).fill('low')]);
});

test('when a job is first in the queue, then the position that is told of it says so', async () => {
  await addMany(50, { label: 'A', tenant: 'A' });
  const id = await add({ label: 'A high', tenant: 'A', ...high });
  expect((await under.record(id)).position).toBeLessThanOrEqual(1);
});

test('when a failed job is tried again, then it passes others of its tenant alone, as it did', async () => {
  const ids = await Promise.all([
    add({ label: 'A high', tenant: 'A', ...high }),
    add({ label: 'C high', tenant: 'C', ...high, passesOthers: true }),
  ]);
  const failing = under.work(async () => {
    throw new Problem('corrupt_image');
  });
  for (const id of ids) await under.until(id, ({ status }) => status === 'failed');
  await failing.close();
  await addMany(10, { label: 'B', tenant: 'B' });
  await addMany(10, { label: 'A', tenant: 'A' });
  await under.control.retry(ids[0], 'A', 'corrupt_image');
  await under.control.retry(ids[1], 'C', 'corrupt_image');
  const order = await serve(3);
  expect(order[0]).toBe('C high');
  expect(order.slice(1)).toContain('A high');
  expect(order).not.toContain('A');
});

test('when tenants differ in what their names are written with, then no turn is mistaken for another', async () => {
  await addMany(20, { label: 'plain', tenant: 'a b' });
  await addMany(20, { label: 'high', tenant: 'a%20b', ...high });
  const order = await serve(20);
  expect(Math.abs(countOf(order, 'plain') - countOf(order, 'high'))).toBeLessThanOrEqual(2);
});

test('when turns have been used up, then what is kept of them ends by itself', async () => {
  await addMany(5, { label: 'A', tenant: 'A' });
  await addMany(5, { label: 'A high', tenant: 'A', ...high });
  await serve(10);
  const key = `${keysOf(0).turnPrefix}A`;
  expect(await under.producer.hgetall(key)).toEqual({ 1: '20' });
  expect(await under.producer.ttl(key)).toBeGreaterThan(0);
});
