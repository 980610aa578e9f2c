/** Whatever happens to jobs, in whatever order, the counters are what is there; and nothing is there at the end. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, Problem, type ThumbnailJobData } from '@tintype/contracts';
import { keysOf } from '@tintype/redis';
import {
  createBlobReferrers,
  createReconciliation,
  createThumbnailQueue,
  createThumbnailRemoval,
  createUsageReader,
  noQuotas,
  type Quotas,
  startSweep,
  writeJobData,
} from '../../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from '../queue-under-test.ts';
import { bytesOfJob, countersOf, recountByHand } from './recount-by-hand.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
afterEach(async () => {
  await under.closeWorkers();
  await under.producer.flushall();
});

const tenants = ['one', 'another one@ö', 'three'];
const blobs = Array.from({ length: 6 }, (_, i) => ({ sha256: String(i).repeat(64), bytes: 1000 + i }));
const eraseBlob = async () => undefined;
const onError = (err: unknown) => {
  throw err;
};

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

/** A worker whose jobs need some of the blobs, and end as their metadata say. */
function startWorker() {
  const referrers = createBlobReferrers(under.shard);
  return under.work(async ({ id, data }) => {
    const { needs = '', ends } = data.metadata ?? {};
    for (const at of String(needs))
      await referrers.retain(blobs[Number(at)]?.sha256 ?? '', id, blobs[Number(at)]?.bytes ?? 0);
    if (ends === 'fails') throw new Problem('corrupt_image');
    return jobResult;
  });
}

const isOver = async (id: string) => {
  const found = await under.reader.read(id);
  return found.kind !== 'record' || ['completed', 'failed', 'cancelled'].includes(found.record.status);
};

function randomJob(roll: (below: number) => number): Partial<ThumbnailJobData> {
  const needs = blobs.flatMap((_, at) => (roll(3) === 0 ? [at] : [])).join('');
  return {
    tenant: tenants[roll(tenants.length)] ?? '',
    expiresAtMs: Date.now() + (roll(4) === 0 ? 50 : 86_400_000),
    metadata: { needs, ends: roll(3) === 0 ? 'fails' : 'well', note: 'ö'.repeat(roll(200)) },
  };
}

test.each([1, 2, 3, 4, 5])(
  'when jobs are added, done, failed, retried, cancelled, deleted twice and swept (seed %i), then what is counted is what is there',
  async (seed) => {
    const roll = dice(seed);
    const referrers = createBlobReferrers(under.shard);
    const removal = createThumbnailRemoval({ shard: under.shard, eraseBlob, onError });
    const sweep = startSweep({ shard: under.shard, eraseBlob, onError, intervalMs: 1_000_000 });
    startWorker();
    const ids: string[] = [];
    const anyId = () => ids[roll(ids.length)] ?? '';
    const operations: (() => Promise<unknown>)[] = [
      async () => ids.push(await under.add(randomJob(roll))),
      async () => {
        const id = newThumbnailId();
        const { sha256 = '', bytes = 0 } = blobs[roll(blobs.length)] ?? {};
        const job = { ...jobData, ...randomJob(roll), source: { upload: sha256, bytes } };
        const counted = { tenant: job.tenant, bytes, quotaBytes: null };
        await referrers.retainUpload(sha256, id, counted);
        if (roll(2) === 0) await referrers.retainUpload(sha256, id, counted);
        await under.queue.add(id, job);
        ids.push(id);
      },
      async () => under.queue.add(anyId() || newThumbnailId(), { ...jobData, tenant: 'one' }),
      () => under.control.cancel(anyId()),
      async () => (await removal.remove(anyId())) && removal.remove(anyId()),
      () => Promise.all(ids.slice(0, 3).flatMap((id) => [removal.remove(id), removal.remove(id)])),
      async () => under.control.retryAll(tenants[roll(3)] ?? '', 'corrupt_image'),
      () => sweep.run(),
    ];
    for (let step = 0; step < 150; step += 1) {
      // Every other step adds a job.
      const operation = operations[step % 2 === 0 ? roll(2) : roll(operations.length)];
      if (ids.length > 0 || step % 2 === 0) await operation?.();
    }
    for (const id of ids) while (!(await isOver(id))) await new Promise((resolve) => setTimeout(resolve, 5));
    const there = await recountByHand(under.producer);
    expect(Object.keys(there).length).toBeGreaterThan(1);
    expect(await countersOf(under.producer)).toEqual(there);

    const all = (await under.producer.keys(`${keysOf(0).jobPrefix}0*`)).map((name) => name.split(':').at(-1) ?? '');
    expect(all.length).toBeGreaterThan(20);
    for (const id of all) while (!(await removal.remove(id))) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const id of ids) await removal.remove(id);
    expect([await countersOf(under.producer), await recountByHand(under.producer)]).toEqual([{}, {}]);
    expect(await createUsageReader(under.shard)('one')).toEqual({ jobs: 0, redisBytes: 0, diskBytes: 0 });
    await sweep.stop();
  },
);

test('when an upload’s job never comes into being, then its bytes are given back with its file', async () => {
  const referrers = createBlobReferrers(under.shard);
  const id = newThumbnailId();
  await referrers.retainUpload('a'.repeat(64), id, { tenant: 'one', bytes: 700, quotaBytes: 1000 });
  const more = referrers.retainUpload('b'.repeat(64), newThumbnailId(), {
    tenant: 'one',
    bytes: 301,
    quotaBytes: 1000,
  });
  await expect(more).rejects.toMatchObject({ code: 'quota_exceeded' });
  expect(await under.producer.exists(keysOf(0).referrers('b'.repeat(64)))).toBe(0);
  await referrers.retainUpload('b'.repeat(64), newThumbnailId(), { tenant: 'one', bytes: 300, quotaBytes: 1000 });
  expect((await countersOf(under.producer)).one?.diskBytes).toBe(1000);
  await Promise.all([1, 2].map(() => referrers.release('a'.repeat(64), id, eraseBlob)));
  expect((await countersOf(under.producer)).one?.diskBytes).toBe(300);
});

test('when two jobs of a tenant share a file, then it counts for each, and is given back with each', async () => {
  const referrers = createBlobReferrers(under.shard);
  const [first, second] = [await under.add(), await under.add()];
  for (const id of [first, second, first]) await referrers.retain('c'.repeat(64), id, 500);
  expect((await countersOf(under.producer)).default?.diskBytes).toBe(1000);
  await referrers.release('c'.repeat(64), first, eraseBlob);
  await referrers.release('c'.repeat(64), first, eraseBlob);
  expect((await countersOf(under.producer)).default?.diskBytes).toBe(500);
});

const smallJob = { ...jobData, metadata: { note: 'x'.repeat(40) } };

test.each<[keyof Quotas, Partial<Quotas>, number]>([
  ['jobs', { jobs: 100 }, 100],
  ['redisBytes', { redisBytes: 500_000 }, Math.floor(500_000 / bytesOfJob(writeJobData(smallJob)))],
])('when 200 jobs come at once and the quota of %s is small, then not one more is kept', async (_, quota, most) => {
  const queue = createThumbnailQueue(under.shard, { quotas: () => ({ ...noQuotas, ...quota }) });
  const added = await Promise.allSettled(Array.from({ length: 200 }, () => queue.add(newThumbnailId(), smallJob)));
  const refused = added.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(added.length - refused.length).toBe(most);
  expect(refused.every((reason) => reason instanceof Problem && reason.code === 'quota_exceeded')).toBe(true);
  expect((await createUsageReader(under.shard)('default')).jobs).toBe(most);
  expect(await under.producer.zcard(keysOf(0).expiry)).toBe(most);
});

test('when the counters were right, then the reconciliation leaves them, whatever happens meanwhile', async () => {
  startWorker();
  const roll = dice(9);
  const removal = createThumbnailRemoval({ shard: under.shard, eraseBlob, onError });
  const ids: string[] = [];
  for (let n = 0; n < 300; n += 1)
    ids.push(await under.add({ ...randomJob(roll), expiresAtMs: Date.now() + 86_400_000 }));
  const reconciliation = createReconciliation({ shard: under.shard, eraseBlob, listBlobs: async function* () {} });
  let isOverNow = false;
  const traffic = async () => {
    while (!isOverNow) {
      ids.push(await under.add(randomJob(roll)));
      await removal.remove(ids[roll(ids.length)] ?? '');
    }
  };
  const running = traffic();
  for (let turn = 0; turn < 3; turn += 1) expect((await reconciliation.run()).counters).toBe(0);
  isOverNow = true;
  await running;
  for (const id of ids) while (!(await isOver(id))) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await countersOf(under.producer)).toEqual(await recountByHand(under.producer));
});

test('when the counters are wrong, or records are there that nobody has counted, then the reconciliation puts them right', async () => {
  const referrers = createBlobReferrers(under.shard);
  const removal = createThumbnailRemoval({ shard: under.shard, eraseBlob, onError });
  const reconciliation = createReconciliation({ shard: under.shard, eraseBlob, listBlobs: async function* () {} });
  const { producer } = under;
  const jobs = await Promise.all(tenants.flatMap((tenant) => [under.add({ tenant }), under.add({ tenant })]));
  for (const id of jobs) await referrers.retain('d'.repeat(64), id, 123);
  // As 0.1.0 has written it, which counts nothing.
  const old = newThumbnailId();
  const data = JSON.stringify({ tenant: 'three', source: { url: 'https://example.org/a.jpg' }, expiresAtMs: 1 });
  await producer.hset(keysOf(0).job(old), { data, name: 'thumbnail', timestamp: 1, finishedOn: 2 });
  const right = await countersOf(producer);
  await producer.hset(`${keysOf(0).usagePrefix}one`, { jobs: 77, jobBytes: 5, diskBytes: 9_999_999 });
  await producer.del(`${keysOf(0).usagePrefix}${encodeURIComponent(tenants[1] ?? '')}`);

  // The old record, and two tenants.
  expect((await reconciliation.run()).counters).toBe(3);
  expect(await countersOf(producer)).toEqual(await recountByHand(producer));
  expect(await countersOf(producer)).toMatchObject({ one: right.one, [tenants[1] ?? '']: right[tenants[1] ?? ''] });
  expect((await reconciliation.run()).counters).toBe(0);
  for (const id of [...jobs, old, old]) await removal.remove(id);
  expect(await countersOf(producer)).toEqual({});
});

test('when a record of 0.1.0 goes that was never counted, then nothing is given back for it', async () => {
  const removal = createThumbnailRemoval({ shard: under.shard, eraseBlob, onError });
  await under.add({ tenant: 'three' });
  const right = await countersOf(under.producer);
  const old = newThumbnailId();
  const data = JSON.stringify({ tenant: 'three', source: { url: 'https://example.org/a.jpg' }, expiresAtMs: 1 });
  await under.producer.hset(keysOf(0).job(old), { data, name: 'thumbnail', timestamp: 1, finishedOn: 2 });
  expect(await removal.remove(old)).toBe(true);
  expect(await countersOf(under.producer)).toEqual(right);
});
