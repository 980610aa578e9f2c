/** Cancelling reaches a job wherever it is, and leaves nothing behind that BullMQ would stumble over. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, Problem } from '@tintype/contracts';
import { keysOf } from '@tintype/redis';
import { readJobTotals, startSweep, type ThumbnailJob } from '../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

const keys = keysOf(0);
let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
afterEach(() => under.closeWorkers());

/** In which of BullMQ's sets and lists the job still is. */
async function whereabouts(id: string): Promise<string[]> {
  const { producer: redis } = under;
  const found = await Promise.all([
    redis.zscore(keys.prioritized, id),
    redis.zscore(keys.delayed, id),
    redis.lpos(keys.wait, id),
    redis.lpos(keys.active, id),
    redis.get(keys.lock(id)),
  ]);
  return ['prioritized', 'delayed', 'wait', 'active', 'lock'].filter((_, index) => found[index] !== null);
}

/** Works until the job is told to end. */
const untilAborted = ({ signal }: ThumbnailJob) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

test('when a running job is cancelled from another process, then its work is aborted, it is not tried again and counts as cancelled', async () => {
  const before = (await readJobTotals(under.shard)).outcomes.find(({ outcome }) => outcome === 'cancelled');
  const ended = Promise.withResolvers<[Problem, boolean]>();
  under.work(untilAborted, { failed: (_job, problem, willRetry) => ended.resolve([problem, willRetry]) });
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'processing');
  expect(await under.control.cancel(id)).toBe('cancelled');
  expect((await under.record(id)).status).toBe('cancelled');
  const [problem, willRetry] = await ended.promise;
  expect([problem.code, willRetry]).toEqual(['cancelled', false]);
  expect(await whereabouts(id)).toEqual([]);
  expect((await under.record(id)).status).toBe('cancelled');
  expect((await readJobTotals(under.shard)).outcomes).toContainEqual({
    outcome: 'cancelled',
    code: '',
    count: (before?.count ?? 0) + 1,
  });
  expect(await under.control.retryAll('default', 'cancelled')).toEqual({ retried: 0, remaining: 0 });
});

test('when a waiting job is cancelled, then it never begins, whoever waits for it wakes, and a second cancel changes nothing', async () => {
  const id = await under.add();
  const watch = under.endings.watch(id);
  expect(await under.control.cancel(id)).toBe('cancelled');
  await watch.ended(120_000, new AbortController().signal);
  watch.close();
  const record = await under.record(id);
  expect(record).toMatchObject({ status: 'cancelled', attempts: 0, result: null, problem: { code: 'cancelled' } });
  expect(record.finishedAtMs).not.toBeNull();
  expect(await whereabouts(id)).toEqual([]);
  expect(await under.control.cancel(id)).toBe('already');

  const begun: string[] = [];
  under.work(async (job) => {
    begun.push(job.id);
    return jobResult;
  });
  await under.until(await under.add(), ({ status }) => status === 'completed');
  expect(begun).not.toContain(id);
});

test('when a job is cancelled while it waits for its next attempt, then there is none', async () => {
  let attempts = 0;
  under.work(async () => {
    attempts += 1;
    throw new Problem('source_unreachable', { retryAfterSeconds: 1 });
  });
  const id = await under.add();
  await under.until(id, (record) => record.attempts === 1 && record.status === 'queued');
  expect(await under.control.cancel(id)).toBe('cancelled');
  expect(await whereabouts(id)).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect([attempts, (await under.record(id)).status]).toEqual([1, 'cancelled']);
});

test('when the work is done although the job was cancelled, then it stays cancelled without a result', async () => {
  const gate = Promise.withResolvers<void>();
  const [begun, heard] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ended = Promise.withResolvers<Problem>();
  under.work(
    async ({ signal }) => {
      signal.addEventListener('abort', () => heard.resolve());
      begun.resolve();
      await gate.promise;
      return jobResult;
    },
    { failed: (_job, problem) => ended.resolve(problem) },
  );
  const id = await under.add();
  await begun.promise;
  await under.control.cancel(id);
  await heard.promise;
  gate.resolve();
  expect((await ended.promise).code).toBe('cancelled');
  const record = await under.record(id);
  expect(record).toMatchObject({ status: 'cancelled', result: null });
  expect((await under.reader.readRemains(id))?.blobs).toEqual([jobResult.renditions[0]?.sha256]);
});

test('when a job has ended or never was, then it cannot be cancelled', async () => {
  under.work(async () => jobResult);
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'completed');
  expect(await under.control.cancel(id)).toBe('ended');
  expect(await under.control.cancel(newThumbnailId())).toBe('ended');
  expect((await under.record(id)).status).toBe('completed');
});

test('when a worker takes a job that was cancelled before it could be told, then the job ends at once', async () => {
  const id = await under.add();
  // As after a worker's death in the middle of a cancel: begun, marked, and back in the queue.
  await under.producer.hset(keys.job(id), { cancelledAt: 1, ats: 1 });
  const ended = Promise.withResolvers<Problem>();
  under.work(async () => jobResult, { failed: (_job, problem) => ended.resolve(problem) });
  expect((await ended.promise).code).toBe('cancelled');
  expect((await under.record(id)).status).toBe('cancelled');
});

test('when a cancelled job is due, then the sweep removes it like any other', async () => {
  const id = newThumbnailId();
  await under.queue.add(id, { ...jobData, expiresAtMs: Date.now() - 1 });
  await under.control.cancel(id);
  const sweep = startSweep({
    shard: under.shard,
    eraseBlob: async () => undefined,
    onError: () => undefined,
    intervalMs: 1_000_000,
  });
  await sweep.run();
  await sweep.stop();
  expect(await under.reader.read(id)).toEqual({ kind: 'gone', tenant: 'default' });
  expect(await under.producer.exists(keys.job(id))).toBe(0);
});
