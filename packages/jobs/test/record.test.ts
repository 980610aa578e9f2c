/** The job hash as the only record: status, attempts, result and failure come from it alone. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, Problem } from '@tintype/contracts';
import { keysOf } from '@tintype/redis';
import { createJobReader, type JobRecord } from '../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
afterEach(() => under.closeWorkers());

test('when a job waits, then it is queued with its position and no attempt', async () => {
  const first = await under.add({ priority: 'high' });
  const second = await under.add({ priority: 'high' });
  const low = await under.add({ priority: 'low' });
  expect(await under.record(first)).toMatchObject({
    status: 'queued',
    position: 0,
    attempts: 0,
    startedAtMs: null,
    result: null,
    problem: null,
  });
  expect([(await under.record(second)).position, (await under.record(low)).position]).toEqual([1, 2]);
  under.work(async () => jobResult);
  for (const id of [first, second, low]) await under.until(id, ({ status }) => status === 'completed');
});

test('when a trace follows from the id of its request, then it is not stored, and read all the same', async () => {
  const requestId = '8f3aaff2-47db-49bf-b9ab-b0e7182d4ab2';
  const own = '00-8f3aaff247db49bfb9abb0e7182d4ab2-b9abb0e7182d4ab2-00';
  const callers = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  for (const [traceparent, isStored] of [[own, false] as const, [callers, true] as const]) {
    const id = await under.add({ requestId, traceparent });
    expect((await under.record(id)).data).toMatchObject({ requestId, traceparent });
    const data = await under.producer.hget(under.shard.keys.job(id), 'data');
    expect(data?.includes('traceparent')).toBe(isStored);
    under.work(async () => jobResult);
    await under.until(id, ({ status }) => status === 'completed');
  }
});

test('when a worker has it, then it is processing; when it returns, completed with the result', async () => {
  const gate = Promise.withResolvers<void>();
  under.work(async () => {
    await gate.promise;
    return jobResult;
  });
  const id = await under.add({ metadata: { order: 7 } });
  const busy = await under.until(id, ({ status }) => status === 'processing');
  expect(busy).toMatchObject({ attempts: 1, position: null });
  gate.resolve();
  const done = await under.until(id, ({ status }) => status === 'completed');
  expect(done).toMatchObject({
    attempts: 1,
    result: jobResult,
    problem: null,
    data: { ...jobData, metadata: { order: 7 } },
  });
  expect(done.finishedAtMs).toBeGreaterThanOrEqual(done.startedAtMs ?? 0);
});

test('when a problem cannot be mended by trying again, then it fails at the first attempt and keeps its detail', async () => {
  under.work(async () => {
    throw new Problem('corrupt_image', { detail: 'cut off' });
  });
  const failed = await under.until(await under.add(), ({ status }) => status === 'failed');
  expect(failed.attempts).toBe(1);
  expect(failed.problem).toMatchObject({ code: 'corrupt_image', message: 'cut off', retryable: false });
});

test('when a problem may pass, then the job is queued again and later done', async () => {
  let attempts = 0;
  under.work(async () => {
    attempts += 1;
    if (attempts === 1) throw new Problem('source_unreachable');
    return jobResult;
  });
  const id = await under.add();
  const waiting = await under.until(id, (record) => record.attempts === 1 && record.status === 'queued');
  expect(waiting.problem).toBeNull();
  expect(await under.until(id, ({ status }) => status === 'completed')).toMatchObject({ attempts: 2, problem: null });
});

test('when the processor has a defect, then the record is opaque and the log has the cause', async () => {
  const reported = Promise.withResolvers<Problem>();
  under.work(
    async () => {
      throw new TypeError('undefined is not a picture');
    },
    { failed: (_job, problem) => reported.resolve(problem) },
  );
  await under.add();
  expect((await reported.promise).cause).toMatchObject({ message: 'undefined is not a picture' });
});

test('when poisoned data waits in the queue, then it fails as a problem and the next job is done', async () => {
  const poisoned = newThumbnailId();
  await under.queue.add(poisoned, { ...jobData, expiresAtMs: 0.5 });
  const failed = Promise.withResolvers<string>();
  under.work(async () => jobResult, { failed: ({ id }) => failed.resolve(id) });
  const next = await under.add();
  await under.until(next, ({ status }) => status === 'completed');
  expect(await failed.promise).toBe(poisoned);
  const failedReason = await under.producer.hget(keysOf(0).job(poisoned), 'failedReason');
  expect(failedReason).toContain('unreadable_record');
});

test('when an id was never used, then nothing is known of it', async () => {
  expect(await under.reader.read(newThumbnailId())).toEqual({ kind: 'unknown' });
});

test('when many are read at once, then each is what it is alone, and no more come than go well into one answer', async () => {
  const half = 'm'.repeat(30_000);
  const ids = [await under.add(), newThumbnailId(), await under.add({ metadata: { half } }), newThumbnailId()];
  await under.producer.set(keysOf(0).tombstone(ids[3] ?? ''), 'default');
  const alone = await Promise.all(ids.map(under.reader.read));
  expect(alone.map(({ kind }) => kind)).toEqual(['record', 'unknown', 'record', 'gone']);
  expect(await under.reader.readSome(ids)).toEqual(alone);
  const more = [await under.add({ metadata: { half } }), await under.add()];
  const some = await under.reader.readSome([...ids, ...more]);
  expect(some).toHaveLength(ids.length + 1);
  under.work(async () => jobResult);
  for (const id of more) await under.until(id, ({ status }) => status === 'completed');
  expect(await under.reader.readSome(more)).toEqual([
    await under.reader.read(more[0] ?? ''),
    await under.reader.read(more[1] ?? ''),
  ]);
});

test('when a completed job is read again and again, then it is one object, until something has changed in Redis', async () => {
  const reader = createJobReader(under.shard, { knownBytes: 5000 });
  const recordIn = async (id: string) => {
    const found = await reader.read(id);
    if (found.kind !== 'record') throw new Error(found.kind);
    return found.record;
  };
  const waiting = await under.add();
  for (let times = 0; times < 3; times += 1) await reader.read(waiting);
  under.work(async () => jobResult);
  const ids = [waiting, await under.add(), await under.add({ metadata: { long: 'é'.repeat(1000) } })];
  const alone = new Map<string, JobRecord>();
  for (const id of ids) alone.set(id, await under.until(id, ({ status }) => status === 'completed'));
  const seen = await recordIn(waiting);
  expect([seen, reader.keeps(seen)]).toEqual([alone.get(waiting), false]);
  const kept = await recordIn(waiting);
  for (let times = 0; times < 2; times += 1) {
    const many = await reader.readSome(ids);
    expect(many).toEqual(ids.map((id) => ({ kind: 'record', record: alone.get(id) })));
    expect(many[0]?.kind === 'record' && many[0].record === kept).toBe(true);
  }
  expect(reader.keeps(kept)).toBe(true);
  const [first = '', second = '', third = ''] = ids;
  await under.producer.hset(keysOf(0).job(first), 'returnvalue', '{"half');
  await under.producer.hset(keysOf(0).job(second), 'deletedAt', Date.now());
  await under.producer.del(keysOf(0).job(third));
  expect((await reader.readSome(ids)).map(({ kind }) => kind)).toEqual(['unreadable', 'gone', 'unknown']);
  expect(reader.keeps(kept)).toBe(false);
});

test('when more is read again than is to be known, then what nobody has asked for longest is read anew', async () => {
  const reader = createJobReader(under.shard, { knownBytes: 2000 });
  under.work(async () => jobResult);
  const ids = [await under.add(), await under.add(), await under.add()];
  for (const id of ids) await under.until(id, ({ status }) => status === 'completed');
  await reader.readSome(ids);
  const found = await reader.readSome(ids);
  const kept = found.map((one) => one.kind === 'record' && reader.keeps(one.record));
  expect(kept.slice(0, 2)).toEqual([false, expect.any(Boolean)]);
  expect(kept[2]).toBe(true);
});

test('when a step lasts, then its progress is in the record; when it does not, Redis never hears of it', async () => {
  const gate = Promise.withResolvers<void>();
  under.work(async (job) => {
    job.enterStep('fetch');
    job.enterStep('decode');
    await gate.promise;
    return jobResult;
  });
  const id = await under.add();
  const { progress } = await under.until(id, (record) => record.progress !== null);
  expect(progress).toEqual({ percent: 33, step: 'decode' });
  gate.resolve();
  await under.until(id, ({ status }) => status === 'completed');
});
