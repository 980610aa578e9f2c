/** Expiry: the sweep removes what is due and nothing else. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, Problem } from '@tintype/contracts';
import { connectWorker, disconnect, keysOf, type RedisConnection } from '@tintype/redis';
import { createBlobReferrers, type Sweep, startSweep } from '../src/index.ts';
import { JobCancelled } from '../src/job-exits.ts';
import { countedUpload, jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
let redis: RedisConnection;
let sweep: Sweep;
const erased: string[] = [];
const reported: unknown[] = [];
const blob = jobResult.renditions[0]?.sha256 ?? '';
beforeAll(async () => {
  under = await startQueueUnderTest();
  redis = connectWorker(under.server.url);
  sweep = startSweep({
    shard: under.shard,
    eraseBlob: async (sha256) => void erased.push(sha256),
    onError: (err) => void reported.push(err),
    intervalMs: 1_000_000,
  });
});
afterAll(async () => {
  await sweep.stop();
  await disconnect(redis);
  await under.stop();
});

const due = () => ({ expiresAtMs: Date.now() - 1 });

test('when a job of one second and one of thirty days are done, then the sweep takes only the first', async () => {
  const worker = under.work(async () => jobResult);
  const short = await under.add(due());
  const long = await under.add({ expiresAtMs: Date.now() + 30 * 86_400_000 });
  for (const id of [short, long]) await under.until(id, ({ status }) => status === 'completed');
  await worker.close();
  expect(await sweep.run()).toBe(1);
  expect(await under.reader.read(short)).toEqual({ kind: 'gone', tenant: 'default' });
  expect(await under.record(long)).toMatchObject({ status: 'completed' });
  const tombstoneTtl = await redis.ttl(keysOf(0).tombstone(short));
  expect(tombstoneTtl).toBeGreaterThan(6 * 86_400);
});

test('when an id is added again whose job has gone, then it stays gone', async () => {
  const id = await under.add(due());
  await sweep.run();
  expect(await under.queue.add(id, jobData)).toBe(false);
  expect(await under.reader.read(id)).toEqual({ kind: 'gone', tenant: 'default' });
});

test('when two jobs refer to a blob, then it is erased with the second, and an upload with its job', async () => {
  erased.length = 0;
  const upload = 'c'.repeat(64);
  const referrers = createBlobReferrers(under.shard);
  const worker = under.work(async () => jobResult);
  const first = await under.add({ ...due(), source: { upload, bytes: 3 } });
  const second = await under.add();
  for (const id of [first, second]) {
    await referrers.retain(blob, id, 1);
    await under.until(id, ({ status }) => status === 'completed');
  }
  await referrers.retain(upload, first, 1);
  await worker.close();
  await sweep.run();
  expect(erased).toEqual([upload]);
  await redis.zadd(keysOf(0).expiry, 1, second);
  await sweep.run();
  expect(erased).toEqual([upload, blob]);
  expect(await redis.exists(keysOf(0).referrers(blob), keysOf(0).erasing(blob))).toBe(0);
});

test('when a due job still waits, then it goes; when a worker has it, then it stays until later', async () => {
  const waiting = await under.add(due());
  expect(await sweep.run()).toBe(1);
  expect((await under.reader.read(waiting)).kind).toBe('gone');

  const gate = Promise.withResolvers<void>();
  const worker = under.work(async () => {
    await gate.promise;
    return jobResult;
  });
  const busy = await under.add(due());
  await under.until(busy, ({ status }) => status === 'processing');
  expect(await sweep.run()).toBe(0);
  expect(Number(await redis.zscore(keysOf(0).expiry, busy))).toBeGreaterThan(Date.now());
  gate.resolve();
  await worker.close();
});

test('when the index names a job that never came into being, then the entry is dropped', async () => {
  const id = newThumbnailId();
  await redis.zadd(keysOf(0).expiry, 1, id);
  await sweep.run();
  expect(await redis.zscore(keysOf(0).expiry, id)).toBeNull();
});

test('when an upload’s job never came into being, then the file goes; when it did, it stays', async () => {
  erased.length = 0;
  const referrers = createBlobReferrers(under.shard);
  const [orphan, kept] = ['1'.repeat(64), '2'.repeat(64)];
  await referrers.retainUpload(orphan, newThumbnailId(), countedUpload);
  const id = await under.add({ source: { upload: kept, bytes: 1 } });
  await referrers.retainUpload(kept, id, countedUpload);
  expect(await sweep.run()).toBe(0);
  expect(erased).toEqual([]);
  const checks = (await redis.zrange(keysOf(0).expiry, '0', '-1')).filter((entry) => entry.includes('/'));
  for (const entry of checks) await redis.zadd(keysOf(0).expiry, 1, entry);
  expect(await sweep.run()).toBe(0);
  expect(erased).toEqual([orphan]);
  expect((await redis.zrange(keysOf(0).expiry, '0', '-1')).filter((entry) => entry.includes('/'))).toEqual([]);
});

test('when a worker has lost its job, then what it had retained goes with the job, and it retains nothing after that', async () => {
  erased.length = 0;
  const [retained, late] = ['4'.repeat(64), '5'.repeat(64)];
  const referrers = createBlobReferrers(under.shard);
  const id = await under.add(due());
  await referrers.retain(retained, id, 1);
  expect(await sweep.run()).toBe(1);
  expect(erased).toEqual([retained]);
  await expect(referrers.retain(late, id, 1)).rejects.toThrow(JobCancelled);
  expect(await redis.exists(keysOf(0).referrers(retained), keysOf(0).referrers(late))).toBe(0);
});

test('when two attempts of a job have made different files, then both go with the job', async () => {
  erased.length = 0;
  const files = ['6'.repeat(64), '7'.repeat(64)];
  const referrers = createBlobReferrers(under.shard);
  const id = await under.add();
  const worker = under.work(async (job) => {
    // Others may wait in the queue from before.
    if (job.id !== id) return jobResult;
    await referrers.retain(files[job.attempt - 1] ?? '', id, 1);
    if (job.attempt === 1) throw new Problem('source_unreachable');
    return { ...jobResult, renditions: jobResult.renditions.map((made) => ({ ...made, sha256: files[1] ?? '' })) };
  });
  await under.until(id, ({ status }) => status === 'completed');
  await worker.close();
  await redis.zadd(keysOf(0).expiry, 1, id);
  await sweep.run();
  expect(erased.sort()).toEqual(files);
});

test('when a due record cannot be read, then it goes with its files and leaves a tombstone, and the others are swept all the same', async () => {
  erased.length = 0;
  const upload = '3'.repeat(64);
  const poisoned = await under.add({ ...due(), source: { upload, bytes: 1 } });
  await createBlobReferrers(under.shard).retain(upload, poisoned, 1);
  const other = await under.add(due());
  await redis.hset(keysOf(0).job(poisoned), 'data', '{"tenant":7}');
  await sweep.run();
  expect([reported, erased]).toEqual([[], [upload]]);
  expect(await under.reader.read(poisoned)).toEqual({ kind: 'gone', tenant: 'default' });
  expect((await under.reader.read(other)).kind).toBe('gone');
});

test('when more is due than fits in one batch, then all of it goes', async () => {
  const ids = await Promise.all(Array.from({ length: 250 }, () => under.add(due())));
  // One that was put off before may be due by now, too.
  expect(await sweep.run()).toBeGreaterThanOrEqual(250);
  const kinds = await Promise.all(ids.map(async (id) => (await under.reader.read(id)).kind));
  expect(kinds).toEqual(ids.map(() => 'gone'));
});

test('when another process sweeps, then this one leaves it alone', async () => {
  await under.add(due());
  await redis.set(keysOf(0).sweepLease, 'another', 'PX', 10_000);
  expect(await sweep.run()).toBe(0);
  await redis.del(keysOf(0).sweepLease);
  expect(await sweep.run()).toBe(1);
});

test('when a blob is being erased, then retaining it waits until that is over', async () => {
  const referrers = createBlobReferrers(under.shard);
  const gate = Promise.withResolvers<void>();
  const order: string[] = [];
  const sha256 = 'd'.repeat(64);
  const [one, other] = [await under.add(), await under.add()];
  await referrers.retain(sha256, one, 1);
  const released = referrers.release(sha256, one, async () => {
    await gate.promise;
    order.push('erased');
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  const retained = referrers.retain(sha256, other, 1).then(() => order.push('retained'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  gate.resolve();
  await Promise.all([released, retained]);
  expect(order).toEqual(['erased', 'retained']);
});

test('when an eraser stood still until others needed the blob again, then it learns so', async () => {
  const referrers = createBlobReferrers(under.shard);
  const sha256 = 'e'.repeat(64);
  const [one, other] = [await under.add(), await under.add()];
  await referrers.retain(sha256, one, 1);
  const answers: boolean[] = [];
  await referrers.release(sha256, one, async (_, isUnneeded) => {
    answers.push(await isUnneeded());
    await redis.del(keysOf(0).erasing(sha256)); // it runs out
    await referrers.retain(sha256, other, 1);
    answers.push(await isUnneeded());
  });
  expect(answers).toEqual([true, false]);
});

test('when two remove the same at once, then the second waits, and ends no note but its own', async () => {
  const referrers = createBlobReferrers(under.shard);
  const sha256 = 'f'.repeat(64);
  const id = await under.add();
  await referrers.retain(sha256, id, 1);
  const [atIt, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const order: string[] = [];
  const first = referrers.release(sha256, id, async (_, isUnneeded) => {
    atIt.resolve();
    await goOn.promise;
    order.push(`first ${await isUnneeded()}`);
  });
  await atIt.promise;
  const second = referrers.release(
    sha256,
    id,
    async (_, isUnneeded) => void order.push(`second ${await isUnneeded()}`),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  goOn.resolve();
  await Promise.all([first, second]);
  expect(order).toEqual(['first true', 'second true']);
  expect(await redis.exists(keysOf(0).erasing(sha256))).toBe(0);
});
