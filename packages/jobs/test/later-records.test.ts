/** Jobs that only a newer version can read are kept from older workers, and done as soon as none of those is left. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, renditionOf, type ThumbnailJobData } from '@tintype/contracts';
import { countCoreWaits, someOf } from '@tintype/testkit';
import { ThumbnailBackend } from '../src/bullmq/backend.ts';
import { createInsert } from '../src/bullmq/insert.ts';
import { laneOf } from '../src/fair-order.ts';
import { createThumbnailRemoval, recordVersionOf, writeJobData } from '../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
let firstRelease: NodeJS.Timeout | undefined;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
afterEach(async () => {
  clearInterval(firstRelease);
  await under.closeWorkers(0);
  await under.producer.flushdb();
});

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const isEnded = ({ finishedAtMs }: { finishedAtMs: number | null }) => finishedAtMs !== null;
const size = (width: number) => renditionOf({ width });
const twoSizes: ThumbnailJobData['order'] = {
  renditions: [
    { name: 'default', ...size(100) },
    { name: 'small', ...size(20) },
  ],
  colours: {},
};

/** A worker of release 0.1.0 looks each second for the jobs of dead workers, and says when. */
async function startFirstRelease(): Promise<void> {
  const look = () => under.producer.set(under.shard.keys.firstRecovery, under.shard.nowMs());
  await look();
  firstRelease = setInterval(() => void look(), 1000);
}

/** Where the job waits. */
async function placeOf(id: string): Promise<'prioritized' | 'newer' | 'delayed' | null> {
  const { keys, redis } = under.shard;
  for (const set of ['prioritized', 'newer', 'delayed'] as const) {
    if ((await redis.zscore(keys[set], id)) !== null) return set;
  }
  return null;
}

/** A job of a version that is not known yet. */
async function addOfVersion(version: number): Promise<string> {
  const id = newThumbnailId();
  const data = JSON.stringify({ v: version, tenant: 'default', expiresAtMs: jobData.expiresAtMs, sizes: ['a', 'b'] });
  const lane = laneOf('normal', 'single');
  const { expiresAtMs } = jobData;
  const insert = createInsert(under.shard);
  await insert({ id, name: 'thumbnail', data, version, tenant: 'default', lane, expiresAtMs, blobs: [], outbox: [] });
  return id;
}

const later: [string, Partial<ThumbnailJobData>][] = [
  ['wants two renditions', { order: twoSizes }],
  ['has an outbox', { outbox: ['webhooks'] }],
  ['wants more colours than eight', { order: { ...jobData.order, colours: { count: 16 } } }],
  ['ignores colours', { order: { ...jobData.order, colours: { ignore: ['background'], tolerance: 4 } } }],
  ['wants another frame', { order: { ...jobData.order, frame: 'middle' } }],
  ['accepts damage', { order: { ...jobData.order, on_damage: 'accept' } }],
];

test.each(later)('when a job %s, then it is of the second version', (_, changes) => {
  expect(recordVersionOf({ ...jobData, ...changes })).toBe(2);
});

test.each(someOf(later, 2))(
  'when a worker of release 0.1.0 lives and a job %s, then it waits until that one has gone, and is done soon after',
  async (_, changes) => {
    await startFirstRelease();
    const seen: ThumbnailJobData[] = [];
    under.work(async ({ data }) => {
      seen.push(data);
      return jobResult;
    });
    const [later, usual] = [await under.add(changes), await under.add()];
    await under.until(usual, isEnded);
    await pause(1500);
    expect(await placeOf(later)).toBe('newer');
    expect(await under.record(later)).toMatchObject({ status: 'queued', attempts: 0 });
    expect(await under.queue.depth()).toMatchObject({ waiting: 1 });
    clearInterval(firstRelease);
    const [goneMs, coreWaitsMs] = [performance.now(), countCoreWaits()];
    expect(await under.until(later, isEnded)).toMatchObject({ status: 'completed', attempts: 1 });
    expect(performance.now() - goneMs).toBeLessThan(8000 + coreWaitsMs());
    expect(seen[1]).toEqual({ ...jobData, ...changes });
  },
);

test('when no worker lives, then such a job waits, others too, and the first worker to start does both', async () => {
  const ids = [await under.add({ order: twoSizes }), await under.add()];
  expect(await Promise.all(ids.map(placeOf))).toEqual(['newer', 'prioritized']);
  under.work(async () => jobResult);
  for (const id of ids) expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 1 });
});

test('when workers of this release alone live, then such a job waits no longer than others', async () => {
  const gate = Promise.withResolvers<void>();
  under.work(() => gate.promise.then(() => jobResult), {}, 1);
  await under.until(await under.add(), ({ status }) => status === 'processing');
  expect(await placeOf(await under.add({ order: twoSizes }))).toBe('prioritized');
  gate.resolve();
});

test('when such a job has waited for its next attempt and a worker of release 0.1.0 has come meanwhile, then it is kept from it', async () => {
  const { keys, redis } = under.shard;
  const id = await under.add({ order: twoSizes });
  await redis.multi().zrem(keys.newer, id).zadd(keys.delayed, 1, id).exec();
  await startFirstRelease();
  await new ThumbnailBackend({ shard: under.shard, worker: 'by-hand', lockMs: 30_000 }).moveToActive('ours');
  expect(await placeOf(id)).toBe('newer');
});

test('when such a job is cancelled or removed while it is kept back, then it is nowhere any more', async () => {
  const removal = createThumbnailRemoval({
    shard: under.shard,
    eraseBlob: async () => undefined,
    onError: () => undefined,
  });
  const [cancelled, removed] = [await under.add({ order: twoSizes }), await under.add({ order: twoSizes })];
  expect(await under.control.cancel(cancelled)).toBe('cancelled');
  expect(await removal.remove(removed)).toBe(true);
  expect(await Promise.all([cancelled, removed].map(placeOf))).toEqual([null, null]);
  const begun: string[] = [];
  under.work(async ({ id }) => {
    begun.push(id);
    return jobResult;
  });
  await pause(300);
  const usual = await under.add();
  await under.until(usual, isEnded);
  expect(begun).toEqual([usual]);
});

test('when a job of a version that nobody knows comes into a worker’s hands, then it is kept for later without an attempt', async () => {
  const id = await addOfVersion(99);
  await under.producer.zrem(under.shard.keys.newer, id);
  await under.producer.zadd(under.shard.keys.prioritized, 1, id); // as a worker would find it that started meanwhile
  const failed: string[] = [];
  under.work(async () => jobResult, { failed: (job) => void failed.push(job.id) });
  while ((await placeOf(id)) !== 'newer') await pause(5);
  const [started, made] = await under.producer.hmget(under.shard.keys.job(id), 'ats', 'atm');
  expect([Number(started), Number(made ?? 0), failed]).toEqual([0, 0, []]);
  const lookup = await under.reader.read(id);
  expect(lookup).toMatchObject({ kind: 'unreadable', envelope: { version: 99, tenant: 'default' } });
  expect(await under.until(await under.add(), isEnded)).toMatchObject({ status: 'completed' });
  expect(await under.queue.depth()).toEqual({ waiting: 1, delayed: 0, active: 0 });
});

test('when very many jobs are of a version that nobody knows, then those behind them that can be read are let in all the same', async () => {
  await startFirstRelease();
  for (let count = 450; count > 0; count--) await addOfVersion(99);
  const id = await under.add({ order: twoSizes, priority: 'low' });
  expect(await placeOf(id)).toBe('newer');
  clearInterval(firstRelease);
  await under.producer.del(under.shard.keys.firstRecovery);
  under.work(async () => jobResult);
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed' });
  expect(await under.producer.zcard(under.shard.keys.newer)).toBe(450);
});

test('when the worker of such a job dies while one of release 0.1.0 lives, then it waits for a newer one', async () => {
  const worker = under.work(async () => jobResult);
  await under.until(await under.add(), isEnded);
  const id = newThumbnailId();
  await worker.close();
  await under.producer.hset(under.shard.keys.heartbeats, 'test', `2 ${under.shard.nowMs()} 1 1 0`);
  await under.queue.add(id, { ...jobData, order: twoSizes });
  await new ThumbnailBackend({ shard: under.shard, worker: 'dead', lockMs: 100 }).moveToActive('dead');
  await startFirstRelease();
  under.work(async () => jobResult);
  while ((await placeOf(id)) !== 'newer') await pause(20);
  expect(await under.record(id)).toMatchObject({ status: 'queued' });
  expect(writeJobData((await under.record(id)).data)).toBe(writeJobData({ ...jobData, order: twoSizes }));
});
