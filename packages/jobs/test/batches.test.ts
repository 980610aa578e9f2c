/** Batches: whatever happens to their items, the counts are what is there, and each end is told once. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { batchItemId, newThumbnailId, Problem, shardOf, type ThumbnailJobData } from '@tintype/contracts';
import {
  batchesOutbox,
  createBatchControl,
  createBatchQueue,
  createBatchReader,
  createOutbox,
  createReconciliation,
  createThumbnailRemoval,
  noQuotas,
  type Quotas,
  startSweep,
} from '../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';
import { countersOf } from './usage/recount-by-hand.ts';

let under: QueueUnderTest;
let quotas: Quotas = noQuotas;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
afterEach(async () => {
  quotas = noQuotas;
  await under.closeWorkers();
  await under.producer.flushall();
});

const tenant = 'a shop@ö';
const removalOptions = () => ({
  shard: under.shard,
  eraseBlob: async () => undefined,
  onError: (err: unknown) => {
    throw err;
  },
});
const batchQueue = () => createBatchQueue(under.shard, { keepsUploads: false, quotas: () => quotas });
const batchControl = () => createBatchControl(removalOptions());

type Wanted = { total: number; refused?: Map<number, Problem>; changes?: (index: number) => Partial<ThumbnailJobData> };

async function begin({ total, refused = new Map() }: Wanted): Promise<string> {
  const id = newThumbnailId();
  const expiresAtMs = jobData.expiresAtMs;
  await batchQueue().begin({ id, tenant, requestId: 'r', expiresAtMs, metadata: { set: 'one' }, total, refused });
  return id;
}

function jobsOf(id: string, indexes: number[], changes: Wanted['changes'] = () => ({})) {
  return indexes.map((index) => ({ index, job: { ...jobData, tenant, batch: id, ...changes(index) } }));
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

async function addBatch(wanted: Wanted): Promise<string> {
  const id = await begin(wanted);
  const indexes = range(wanted.total).filter((index) => !wanted.refused?.has(index));
  await batchQueue().add({ id, tenant }, jobsOf(id, indexes, wanted.changes), true);
  return id;
}

async function readBatch(id: string) {
  const found = await createBatchReader(under.shard).read(id, 0, 500);
  if (found.kind !== 'record') throw new Error(`the batch is ${found.kind}`);
  return found.record;
}

async function untilEnded(id: string) {
  for (;;) {
    const batch = await readBatch(id);
    if (batch.endedAtMs !== null) return batch;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Ends of batches that somebody must hear of; each is dealt with. */
async function toldEnds(): Promise<string[]> {
  const outbox = createOutbox(under.shard, batchesOutbox);
  const entries = await outbox.take(100, 60_000);
  for (const entry of entries) await outbox.done(entry);
  return entries.map(({ event, id }) => `${event} ${id}`);
}

/** To whole milliseconds, as scripts have it. */
async function redisTimeMs(): Promise<number> {
  const [seconds, micros] = (await under.producer.time()).map(Number);
  return 1000 * (seconds ?? 0) + Math.floor((micros ?? 0) / 1000);
}

/** What the records of a batch's items say. */
async function countedByHand(id: string, total: number) {
  const counts = { total, queued: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 };
  const { items } = await readBatch(id);
  for (const item of items) {
    const found = await under.reader.read(item.id);
    if (item.problem) counts.failed += 1;
    else if (found.kind === 'record') counts[found.record.status] += 1;
  }
  return counts;
}

test('when a batch is added, then its items are queued in their order behind single jobs, and the last end wakes who waits', async () => {
  const refused = new Map([[1, new Problem('invalid_request', { detail: '/items/1/url is wrong.' })]]);
  const id = await addBatch({ total: 120, refused });
  const single = await under.add({ tenant });
  const batch = await readBatch(id);
  const counts = { total: 120, queued: 119, processing: 0, completed: 0, failed: 1, cancelled: 0 };
  expect(batch).toMatchObject({ tenant, counts, isBegun: false, metadata: { set: 'one' }, endedAtMs: null });
  expect(batch.items[1]).toMatchObject({ index: 1, problem: { code: 'invalid_request' } });
  const waiting = await under.producer.zunion(2, under.shard.keys.prioritized, under.shard.keys.newer);
  const added = range(120).filter((index) => index !== 1);
  expect(waiting).toEqual([single, ...added.map((index) => batchItemId(id, index))]);

  const watch = under.endings.watch(id);
  under.work(async ({ data }) => {
    if (data.batch === undefined) throw new Problem('corrupt_image');
    return jobResult;
  });
  await watch.ended(600_000, new AbortController().signal);
  watch.close();
  expect(await readBatch(id)).toMatchObject({
    counts: { ...counts, queued: 0, completed: 119 },
    isBegun: true,
    endedAtMs: expect.any(Number),
  });
  expect(await toldEnds()).toEqual([`completed ${id}`]);
});

test('when all items of a batch are bad, then it has ended at once', async () => {
  const bad = new Problem('invalid_option');
  const id = await begin({ total: 2, refused: new Map(range(2).map((index) => [index, bad])) });
  expect(await readBatch(id)).toMatchObject({
    counts: { total: 2, failed: 2, queued: 0 },
    endedAtMs: expect.any(Number),
  });
  expect(await toldEnds()).toEqual([`completed ${id}`]);
});

test('when who adds a batch dies half-way, then what is there is seen, and the same again finishes it', async () => {
  const id = await begin({ total: 100 });
  await batchQueue().add({ id, tenant }, jobsOf(id, range(50)), true);
  under.work(async () => jobResult);
  for (const index of range(50)) await under.until(batchItemId(id, index), ({ status }) => status === 'completed');
  expect(await readBatch(id)).toMatchObject({ counts: { total: 100, completed: 50, queued: 50 }, endedAtMs: null });

  const { endedAtMs, ...again } = { endedAtMs: null, id, tenant };
  const expiresAtMs = jobData.expiresAtMs;
  const isNew = await batchQueue().begin({
    ...again,
    requestId: 'r',
    expiresAtMs,
    metadata: {},
    total: 100,
    refused: new Map(),
  });
  await batchQueue().add(again, jobsOf(id, range(100)), true);
  expect([isNew, endedAtMs]).toEqual([false, null]);
  expect((await untilEnded(id)).counts).toMatchObject({ total: 100, completed: 100, queued: 0 });
  expect((await countersOf(under.producer))[tenant]?.jobs).toBe(100);
});

test('when a batch is cancelled while it is being added, then what is missing never comes', async () => {
  const id = await begin({ total: 100 });
  await batchQueue().add({ id, tenant }, jobsOf(id, range(50)), true);
  expect(await batchControl().cancel(id)).toBe(true);
  await batchQueue().add({ id, tenant }, jobsOf(id, range(100)), true);
  await batchQueue().refuse(id, new Map([[99, new Problem('invalid_option')]]));
  expect(await batchControl().cancel(id)).toBe(true);
  expect(await readBatch(id)).toMatchObject({ counts: { total: 100, cancelled: 100, queued: 0 }, isCancelled: true });
  expect(await under.producer.zcard(under.shard.keys.prioritized)).toBe(0);
  expect(await toldEnds()).toEqual([`completed ${id}`]);
});

test('when the tenant’s quota has room for some items, then the others have that as their problem', async () => {
  quotas = { ...noQuotas, jobs: 60 };
  const id = await addBatch({ total: 100 });
  const { counts, items } = await readBatch(id);
  expect(counts).toMatchObject({ total: 100, queued: 60, failed: 40 });
  expect(items.filter(({ problem }) => problem?.code === 'quota_exceeded').map(({ index }) => index)).toEqual(
    range(100).slice(60),
  );
  quotas = { ...noQuotas, redisBytes: 1 };
  await expect(begin({ total: 1 })).rejects.toMatchObject({ code: 'quota_exceeded' });
});

test('when a batch is removed or has expired, then nothing of it is left but that it was there', async () => {
  const removed = await addBatch({ total: 30 });
  await addBatch({ total: 30, changes: () => ({ expiresAtMs: Date.now() }) });
  const control = batchControl();
  await Promise.all([control.remove(removed), control.remove(removed)]);
  expect(await createBatchReader(under.shard).read(removed, 0, 1)).toEqual({ kind: 'gone', tenant });
  const { producer, shard } = under;
  // The batch itself outlives its items here, since it was told a later time than they have.
  for (const entry of await producer.zrange(shard.keys.expiry, '0', '-1'))
    await producer.zadd(shard.keys.expiry, '1', entry);
  const sweep = startSweep({ ...removalOptions(), intervalMs: 1_000_000 });
  await sweep.run();
  await sweep.stop();
  const left = (await producer.keys('*')).filter(
    (key) => !/:gone:|:job-events$|:usage:|:marker$|:fair$|:totals$|:ends/.test(key),
  );
  expect(left).toEqual([]);
  expect(await countersOf(producer)).toEqual({});
  expect(await createBatchReader(shard).read(newThumbnailId(), 0, 1)).toEqual({ kind: 'unknown' });
});

test.each([
  ['were added', 3],
  ['were added before it was cancelled', 2],
])(
  'when all items that %s have been deleted, then the batch goes a day later, counts and all',
  async (_which, added) => {
    const id = await begin({ total: 4, refused: new Map([[0, new Problem('invalid_option')]]) });
    const dayMs = 86_400_000;
    const monthAwayMs = jobData.expiresAtMs + 29 * dayMs;
    const jobs = jobsOf(id, range(4).slice(1, 1 + added), () => ({ expiresAtMs: monthAwayMs }));
    await batchQueue().add({ id, tenant }, jobs, true);
    const removal = createThumbnailRemoval(removalOptions());
    const expiryOf = async () => Number(await under.producer.zscore(under.shard.keys.expiry, `batch:${id}`));
    const [last, ...others] = range(4).slice(1, 1 + added);
    for (const index of others) await removal.remove(batchItemId(id, index));
    for (const index of others) await removal.remove(batchItemId(id, index));
    if (added < 3) await batchControl().cancel(id);
    expect([await expiryOf(), (await readBatch(id)).expiresAtMs]).toEqual([monthAwayMs, monthAwayMs]);
    const beforeMs = await redisTimeMs();
    await removal.remove(batchItemId(id, last ?? 0));
    const { counts, expiresAtMs } = await readBatch(id);
    expect(counts).toMatchObject({ total: 4, failed: 1, cancelled: 3, queued: 0 });
    expect(expiresAtMs).toBe(await expiryOf());
    expect(expiresAtMs - dayMs).toBeGreaterThanOrEqual(beforeMs);
    expect(expiresAtMs - dayMs).toBeLessThanOrEqual(await redisTimeMs());
  },
);

test('when an older release’s sweep has forgotten a batch, then the reconciliation finds it, and counts what it takes', async () => {
  const id = await addBatch({ total: 2, refused: new Map([[0, new Problem('invalid_option')]]) });
  const { producer, shard } = under;
  const before = await countersOf(producer);
  await producer.zrem(shard.keys.expiry, `batch:${id}`);
  const listBlobs = async function* () {};
  const found = await createReconciliation({ ...removalOptions(), listBlobs, minAgeMs: 1e9 }).run();
  expect(found).toMatchObject({ batches: 1, counters: 0 });
  expect(Number(await producer.zscore(shard.keys.expiry, `batch:${id}`))).toBe(jobData.expiresAtMs);
  expect(await countersOf(producer)).toEqual(before);
});

test('when who erases a batch dies half-way, then the sweep finishes it', async () => {
  const id = await addBatch({ total: 3 });
  const { producer, shard } = under;
  // What the first step of a removal leaves.
  await producer.hset(`${shard.keys.batchPrefix}${id}`, 'deletedAt', '1');
  await producer.zadd(shard.keys.expiry, '1', `batch:${id}`);
  expect(await createBatchReader(shard).read(id, 0, 1)).toEqual({ kind: 'gone', tenant });
  const sweep = startSweep({ ...removalOptions(), intervalMs: 1_000_000 });
  await sweep.run();
  await sweep.stop();
  for (const index of range(3)) expect((await under.reader.read(batchItemId(id, index))).kind).toBe('gone');
  expect(await producer.exists(`${shard.keys.batchPrefix}${id}`)).toBe(0);
});

/** Numbers below a limit, the same ones for a seed (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

test.each([1, 2, 3])(
  'when items are done, fail, are retried, cancelled, deleted and damaged in any order (seed %i), then the counts are what is there',
  async (seed) => {
    const roll = dice(seed);
    const total = 40;
    const id = await addBatch({ total, changes: () => ({ metadata: { fails: roll(3) === 0 } }) });
    const removal = createThumbnailRemoval(removalOptions());
    under.work(async ({ data }) => {
      if (data.metadata?.fails === true) throw new Problem('corrupt_image');
      return jobResult;
    });
    const anyItem = () => batchItemId(id, roll(total));
    const deleted = new Set<string>();
    const operations: (() => Promise<unknown>)[] = [
      () => under.control.cancel(anyItem()),
      () => under.control.retry(anyItem(), tenant, 'corrupt_image'),
      () => under.control.retryAll(tenant, 'corrupt_image'),
      async () => {
        const item = anyItem();
        await under.control.cancel(item);
        // Gone for every reader, also where a worker still holds it and the sweep is to come back.
        await removal.remove(item);
        deleted.add(item);
      },
      () => batchQueue().add({ id, tenant }, jobsOf(id, range(total)), true),
    ];
    for (const _ of range(60)) {
      await operations[roll(operations.length)]?.();
      const { counts } = await readBatch(id);
      const { total: all, ...parts } = counts;
      expect(Object.values(parts).reduce((sum, count) => sum + count, 0)).toBe(all);
      expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
    }
    const { counts } = await untilEnded(id);
    const byHand = await countedByHand(id, total);
    // Of a deleted one nobody knows what it was counted as; all others are counted as they are.
    for (const way of ['completed', 'failed', 'cancelled'] as const) {
      expect(counts[way]).toBeGreaterThanOrEqual(byHand[way]);
    }
    expect(counts.completed + counts.failed + counts.cancelled).toBe(total);
    expect(byHand.completed + byHand.failed + byHand.cancelled + deleted.size).toBe(total);
    expect(await toldEnds()).toEqual([`completed ${id}`]);

    const failed = (await readBatch(id)).counts.failed;
    const retried = await under.control.retryAll(tenant, 'corrupt_image');
    if (retried.retried > 0) await untilEnded(id);
    expect((await readBatch(id)).counts.failed).toBe(failed);
    expect(await toldEnds()).toEqual(retried.retried > 0 ? [`completed ${id}`] : []);
  },
);

test('ids of items are ids of the batch’s shard and time, in its order, and differ from batch to batch', () => {
  const id = newThumbnailId(7);
  const ids = range(500).map((index) => batchItemId(id, index));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids.map((one) => one.slice(20))).size).toBe(500);
  expect(shardOf(ids[499] ?? '')).toBe(7);
  expect(batchItemId(newThumbnailId(7), 0).slice(24)).not.toBe(ids[0]?.slice(24));
});
