/** Locks: who holds a job ends it, who has lost it changes nothing, and what a dead worker held is done by another. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { type Job, UnrecoverableError } from 'bullmq';
import { ThumbnailBackend } from '../../src/bullmq/backend.ts';
import { bullmqCodes } from '../../src/bullmq/protocol.ts';
import { startRecovery } from '../../src/bullmq/recovery.ts';
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
const isEnded = ({ finishedAtMs }: { finishedAtMs: number | null }) => finishedAtMs !== null;
const openBackend = (lockMs = 30_000) => new ThumbnailBackend({ shard: under.shard, worker: 'by-hand', lockMs });

/** Everything that is in Redis, but for what stock BullMQ writes of a queue when it opens it. */
async function snapshot(): Promise<Record<string, unknown>> {
  const { producer: redis } = under;
  const kept: Record<string, unknown> = {};
  for (const key of (await redis.keys('*')).sort()) {
    if (key === under.shard.keys.ofQueue('meta')) continue;
    const kind = await redis.type(key);
    if (kind === 'hash') kept[key] = await redis.hgetall(key);
    if (kind === 'zset') kept[key] = await redis.zrange(key, '0', '-1', 'WITHSCORES');
    if (kind === 'list') kept[key] = await redis.lrange(key, 0, -1);
    if (kind === 'string') kept[key] = await redis.get(key);
    if (kind === 'stream') kept[key] = await redis.xlen(key);
  }
  return kept;
}

test('when our worker holds a job for long, then no stock worker takes it, and its check of stalled jobs lets it be', async () => {
  const gate = Promise.withResolvers<void>();
  const begunByStock: unknown[] = [];
  under.work(() => gate.promise.then(() => jobResult));
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'processing');
  stock.work(async (job) => void begunByStock.push(job.id), { stalledInterval: 200 });
  await pause(4000); // longer than a lock lasts
  gate.resolve();
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 1 });
  expect(begunByStock).toEqual([]);
});

test('when a stock worker holds a job for long, then none of ours takes it', async () => {
  const gate = Promise.withResolvers<void>();
  stock.work(() => gate.promise.then(() => jobResult));
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'processing');
  const recovered: string[] = [];
  under.work(async () => jobResult, { recovered: (ids) => void recovered.push(...ids) });
  await pause(2500);
  gate.resolve();
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 1 });
  expect(recovered).toEqual([]);
});

test('when a worker dies, then one of ours does its job as a suspect, and the attempt is noted', async () => {
  const id = await under.add();
  await openBackend(300).moveToActive('dead');
  const suspects: boolean[] = [];
  under.work(async ({ isSuspect }) => {
    suspects.push(isSuspect);
    return jobResult;
  });
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 2 });
  expect(suspects).toEqual([true]);
  expect((await under.attempts.read(id)).ended).toMatchObject([{ worker: 'by-hand' }]);
});

test('when a worker dies and stock BullMQ looks first, then it does the job', async () => {
  const id = await under.add();
  await openBackend(300).moveToActive('dead');
  stock.work(async () => jobResult, { stalledInterval: 200, maxStalledCount: 5 });
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 2 });
});

test('when a stock worker has found a job stalled too often, then ours does it all the same', async () => {
  const id = await under.add();
  await openBackend(100).moveToActive('dead');
  const checker = stock.byHand({ stalledInterval: 100, maxStalledCount: 0 });
  await checker.startStalledCheckTimer();
  while ((await under.producer.llen(under.shard.keys.wait)) === 0) await pause(20);
  await checker.close();
  under.work(async () => jobResult);
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed' });
});

test('when nobody could look for so long that locks ran out, then workers get the time of one look to take them again', async () => {
  const { keys, redis } = under.shard;
  const id = await under.add();
  await openBackend().moveToActive('ours');
  const before = String(Date.now() - 2200);
  await redis.multi().set(keys.recovery, before).del(keys.lock(id)).exec();
  const recovered = Promise.withResolvers<string[]>();
  const recovery = startRecovery({ shard: under.shard, onRecovered: recovered.resolve, onError: recovered.reject });
  while ((await redis.get(keys.recovery)) === before) await pause(5);
  expect(await redis.llen(keys.active)).toBe(1);
  expect(await recovered.promise).toEqual([id]);
  await recovery.stop();
});

test('when locks are renewed, then those one holds last longer, and those one does not hold are named', async () => {
  const backend = openBackend(5000);
  const [held, lost] = [await under.add(), await under.add()];
  await backend.moveToActive('one');
  await backend.moveToActive('two');
  await under.producer.set(under.shard.keys.lock(lost), 'another', 'PX', 5000);
  expect(await backend.extendLock(held, 'one', 60_000)).toBe(1);
  expect(await under.producer.pttl(under.shard.keys.lock(held))).toBeGreaterThan(30_000);
  expect(await backend.extendLock(held, 'wrong', 60_000)).toBe(0);
  expect(await backend.extendLocks([held, lost, 'unknown'], ['one', 'two', 'three'], 90_000)).toEqual([
    lost,
    'unknown',
  ]);
  expect(await under.producer.pttl(under.shard.keys.lock(held))).toBeGreaterThan(60_000);
  expect(await under.producer.pttl(under.shard.keys.lock(lost))).toBeLessThanOrEqual(5000);
});

describe.each(['completed', 'failed', 'delayed'] as const)('an end that cannot be: %s', (end) => {
  const jobOf = async (id: string): Promise<Job> => {
    const job = await stock.queue.getJob(id);
    if (!job) throw new Error(`there is no job ${id}`);
    return job;
  };
  const endWith = (backend: ThumbnailBackend, job: Job, token: string): Promise<unknown> => {
    const reason = new Problem('not_an_image').toRecord();
    if (end === 'completed') return backend.moveToCompleted(job, jobResult, false, token, true);
    if (end === 'failed') return backend.moveToFailed(job, reason, false, token, true);
    return backend.moveToDelayed(String(job.id), Date.now(), 1000, token, { fetchNext: true });
  };
  test.each([
    ['another one’s', bullmqCodes.otherLock, (id: string) => under.producer.set(under.shard.keys.lock(id), 'another')],
    [
      'gone, as after another one’s',
      bullmqCodes.noLock,
      async (id: string) => {
        await under.producer.hset(under.shard.keys.job(id), 'pb', 'another');
        await under.producer.del(under.shard.keys.lock(id));
      },
    ],
  ])(
    'when its lock is %s, then it has the code that BullMQ has, nothing changes, and its slot is free',
    async (_, code, lose) => {
      const id = await under.add();
      await under.add(); // would be next
      const backend = openBackend();
      await backend.moveToActive('ours');
      await lose(id);
      const job = await jobOf(id);
      const before = await snapshot();
      await expect(endWith(backend, job, 'ours')).rejects.toMatchObject({ name: 'JobLockLost', code });
      expect(await snapshot()).toEqual(before);
      expect(backend.held.all()).toEqual([]);

      const endTheirs = async () => {
        if (end === 'completed') return job.moveToCompleted(jobResult, 'ours', true);
        if (end === 'failed') return job.moveToFailed(new UnrecoverableError('no'), 'ours', true);
        return job.moveToDelayed(Date.now() + 1000, 'ours');
      };
      await expect(endTheirs()).rejects.toMatchObject({ code });
    },
  );

  test('when its lock has run out and nobody else was given the job, then the end counts', async () => {
    const id = await under.add();
    const backend = openBackend();
    await backend.moveToActive('ours');
    await under.producer.del(under.shard.keys.lock(id));
    await endWith(backend, await jobOf(id), 'ours');
    expect(await stock.queue.getJobCounts('active', end)).toEqual({ active: 0, [end]: 1 });
  });

  test('when the job is gone, or is not active, then it has the code that BullMQ has, and nothing of it comes back', async () => {
    const backend = openBackend();
    const [gone, waiting] = [await under.add(), await under.add()];
    await backend.moveToActive('ours');
    const jobs = [await jobOf(gone), await jobOf(waiting)] as const;
    await under.producer.del(under.shard.keys.job(gone));
    await expect(endWith(backend, jobs[0], 'ours')).rejects.toMatchObject({ code: bullmqCodes.noJob });
    expect(await under.producer.exists(under.shard.keys.job(gone))).toBe(0);
    expect(await under.producer.lrange(under.shard.keys.active, 0, -1)).toEqual([]);
    await under.producer.set(under.shard.keys.lock(waiting), 'ours');
    await expect(endWith(backend, jobs[1], 'ours')).rejects.toMatchObject({ code: bullmqCodes.notActive });
    expect((await under.record(waiting)).finishedAtMs).toBeNull();
  });
});
