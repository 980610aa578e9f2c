/** Order, attempts and pauses as BullMQ promises them to every backend. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, Problem } from '@tintype/contracts';
import { countCoreWaits } from '@tintype/testkit';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from '../queue-under-test.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
afterEach(async () => {
  await under.closeWorkers(0);
  await under.producer.flushdb();
});

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const isEnded = ({ finishedAtMs }: { finishedAtMs: number | null }) => finishedAtMs !== null;

test('when jobs of one priority wait, then they begin in the order in which they came, those added later included', async () => {
  const ids: string[] = [];
  for (let count = 20; count > 0; count--) ids.push(await under.add());
  const begun: string[] = [];
  under.work(
    async ({ id }) => {
      begun.push(id);
      if (begun.length === 10) ids.push(await under.add());
      return jobResult;
    },
    {},
    1,
  );
  for (const id of ids) await under.until(id, isEnded);
  expect(begun).toEqual(ids);
});

test('when attempts fail for a while, then there are four, with growing pauses, each of them kept, and the last error stays', async () => {
  const begunMs: number[] = [];
  const coreWaitsMs = countCoreWaits();
  const told: boolean[] = [];
  under.work(
    async ({ attempt }) => {
      begunMs.push(performance.now());
      throw new Problem('source_unreachable', { detail: `no answer ${attempt}` });
    },
    { failed: (_job, _problem, willRetry) => void told.push(willRetry) },
  );
  const id = await under.add();
  const record = await under.until(id, ({ status }) => status === 'failed');
  expect(record).toMatchObject({ attempts: 4, problem: { code: 'source_unreachable', message: 'no answer 4' } });
  while (told.length < 4) await pause(5);
  expect(told).toEqual([true, true, true, false]);
  const waitedMs = coreWaitsMs();
  const pauses = begunMs.slice(1).map((ms, index) => ms - (begunMs[index] ?? 0));
  for (const [index, leastMs] of [250, 500, 1000].entries()) {
    expect(pauses[index] ?? 0).toBeGreaterThanOrEqual(leastMs - 5);
    expect(pauses[index] ?? 0).toBeLessThan(2 * leastMs + 2000 + waitedMs);
  }
  const { ended } = await under.attempts.read(id);
  expect(ended.map(({ problem = '' }) => Problem.fromRecord(problem).message)).toEqual(
    [1, 2, 3, 4].map((attempt) => `no answer ${attempt}`),
  );
});

test('when an attempt fails for good, then there is no other one', async () => {
  let begun = 0;
  under.work(async () => {
    begun += 1;
    throw new Problem('not_an_image');
  });
  const id = await under.add();
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'failed', attempts: 1 });
  await pause(100);
  expect(begun).toBe(1);
});

test('when something is thrown that is no problem, then it is tried again, and told as an internal error', async () => {
  under.work(async ({ attempt }) => {
    if (attempt < 2) throw new TypeError('x is not a function');
    if (attempt < 3) throw 'words';
    return jobResult;
  });
  const id = await under.add();
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 3, problem: null });
  const { ended } = await under.attempts.read(id);
  for (const { problem = '' } of ended) expect(Problem.fromRecord(problem).code).toBe('internal_error');
});

test('when a source asks for a pause, then the next attempt comes after it, not before, and soon', async () => {
  const begunMs: number[] = [];
  const coreWaitsMs = countCoreWaits();
  under.work(async () => {
    begunMs.push(performance.now());
    if (begunMs.length === 1) throw new Problem('source_unreachable', { retryAfterSeconds: 1 });
    return jobResult;
  });
  const id = await under.add();
  await under.until(id, isEnded);
  const pausedMs = (begunMs[1] ?? 0) - (begunMs[0] ?? 0);
  expect(pausedMs).toBeGreaterThanOrEqual(995);
  expect(pausedMs).toBeLessThan(2500 + coreWaitsMs());
});

test('when many jobs are put off for different times, then each comes when it is due, and none stays behind', async () => {
  const seconds = [2, 1, 2, 1, 1];
  const coreWaitsMs = countCoreWaits();
  const first = new Map<string, number>();
  const pausedMs = new Map<string, number>();
  under.work(async ({ id, data }) => {
    const began = first.get(id);
    if (began === undefined) {
      first.set(id, performance.now());
      throw new Problem('source_unreachable', { retryAfterSeconds: Number(data.metadata?.seconds) });
    }
    pausedMs.set(id, performance.now() - began);
    return jobResult;
  });
  const ids = await Promise.all(seconds.map((each) => under.add({ metadata: { seconds: each } })));
  for (const id of ids) await under.until(id, isEnded);
  const waitedMs = coreWaitsMs();
  for (const [index, id] of ids.entries()) {
    const askedMs = 1000 * (seconds[index] ?? 0);
    expect(pausedMs.get(id)).toBeGreaterThanOrEqual(askedMs - 5);
    expect(pausedMs.get(id)).toBeLessThan(askedMs + 1500 + waitedMs);
  }
});

test('when an id is added again, then nothing changes, whatever has become of it', async () => {
  const id = newThumbnailId();
  expect(await under.queue.add(id, jobData)).toBe(true);
  expect(await under.queue.add(id, { ...jobData, tenant: 'b' })).toBe(false);
  under.work(async () => jobResult);
  const record = await under.until(id, isEnded);
  expect(await under.queue.add(id, jobData)).toBe(false);
  expect(await under.record(id)).toEqual(record);
  expect(record.data.tenant).toBe('default');
  expect(await under.producer.zcard(under.shard.keys.prioritized)).toBe(0);
});

test('when a job is slow, then its step is written, and it is gone with the attempt’s end', async () => {
  const seen = Promise.withResolvers<void>();
  under.work(async (job) => {
    job.enterStep('fetch');
    job.enterStep('decode');
    await seen.promise;
    return jobResult;
  });
  const id = await under.add();
  const record = await under.until(id, ({ progress }) => progress !== null);
  expect(record).toMatchObject({ status: 'processing', progress: { step: 'decode' } });
  seen.resolve();
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed' });
});

test('when the queue has run dry many times, then each new job is begun at once', async () => {
  under.work(async () => jobResult);
  for (let round = 0; round < 8; round++) {
    await pause(50);
    const [addedMs, coreWaitsMs] = [performance.now(), countCoreWaits()];
    await under.until(await under.add(), isEnded);
    expect(performance.now() - addedMs).toBeLessThan(2000 + coreWaitsMs());
  }
});

test('when ids without a record stand before a job, then they are forgotten, and the job is done', async () => {
  const { producer: redis } = under;
  const { keys } = under.shard;
  const lost = Array.from({ length: 1000 }, () => newThumbnailId());
  await redis.zadd(keys.prioritized, ...lost.slice(0, 600).flatMap((id) => [0, id]));
  await redis.lpush(keys.wait, ...lost.slice(600, 900));
  await redis.zadd(keys.delayed, ...lost.slice(900).flatMap((id) => [1, id]));
  const id = await under.add();
  const begun: string[] = [];
  under.work(async (job) => {
    begun.push(job.id);
    return jobResult;
  });
  await under.until(id, isEnded);
  expect(begun).toEqual([id]);
  expect(await under.queue.depth()).toEqual({ waiting: 0, delayed: 0, active: 0 });
  for (const gone of lost.slice(0, 3)) expect(await redis.exists(keys.job(gone), keys.lock(gone))).toBe(0);
});
