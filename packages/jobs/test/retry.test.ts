/** A failed job again, and what is told of each attempt. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { keysOf } from '@tintype/redis';
import { jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
afterEach(() => under.closeWorkers());

test('when a failed job is retried, then it is done under its id, and its attempts are told one by one', async () => {
  let broken = true;
  under.work(async (job) => {
    job.enterStep('fetch');
    job.enterStep('decode');
    if (broken) throw new Problem('corrupt_image', { detail: 'cut off' });
    return jobResult;
  });
  // Half of a surrogate pair is in no alphabet, and still somebody's metadata.
  const id = await under.add({ metadata: { note: '\ud800', priority: 'low' } });
  await under.until(id, ({ status }) => status === 'failed');
  broken = false;
  expect(await under.control.retry(id, 'default', 'corrupt_image')).toBe(true);
  const done = await under.until(id, ({ status }) => status === 'completed');
  expect(done).toMatchObject({ attempts: 2, problem: null, result: jobResult });
  expect(await under.attempts.read(id)).toEqual({
    ended: [
      {
        startedAtMs: expect.any(Number),
        endedAtMs: expect.any(Number),
        worker: 'test-0',
        steps: [
          { step: 'fetch', ms: expect.any(Number) },
          { step: 'decode', ms: expect.any(Number) },
        ],
        problem: new Problem('corrupt_image', { detail: 'cut off' }).toRecord(),
      },
    ],
    worker: 'test-0',
  });
  expect(await under.control.retry(id, 'default', 'corrupt_image')).toBe(false);
});

test('when a transient failure has used up its attempts, then a retry gives it all of them again', async () => {
  let tries = 0;
  under.work(async () => {
    tries += 1;
    if (tries < 7) throw new Problem('source_unreachable');
    return jobResult;
  });
  const id = await under.add();
  expect(await under.until(id, ({ status }) => status === 'failed')).toMatchObject({ attempts: 4 });
  await under.control.retry(id, 'default', 'source_unreachable');
  expect(await under.until(id, ({ status }) => status === 'completed')).toMatchObject({ attempts: 7 });
  expect((await under.attempts.read(id)).ended).toHaveLength(6);
});

test('when the failed ones of a code are retried, then it is those of the tenant and the code, and no others', async () => {
  under.work(async ({ data }) => {
    throw new Problem(data.metadata?.slow ? 'source_timeout' : 'not_an_image');
  });
  const slow = { metadata: { slow: true } };
  const mine = [await under.add(slow), await under.add(slow)];
  const others = [await under.add(), await under.add({ ...slow, tenant: 'other' })];
  for (const id of [...mine, ...others]) await under.until(id, ({ status }) => status === 'failed');
  await under.closeWorkers();
  expect(await under.control.retryAll('default', 'source_timeout')).toEqual({ retried: 2, remaining: 0 });
  expect(await under.control.retryAll('default', 'source_timeout')).toEqual({ retried: 0, remaining: 0 });
  const statuses = await Promise.all([...mine, ...others].map(async (id) => (await under.record(id)).status));
  expect(statuses).toEqual(['queued', 'queued', 'failed', 'failed']);
});

test('when a worker dies with a job, then another one does it, and the lost attempt is told too', async () => {
  const id = await under.add();
  const { producer: redis } = under;
  const keys = keysOf(0);
  // What a worker leaves that is killed: the job among the active ones, and no lock.
  await redis.zrem(keys.prioritized, id);
  await redis.lpush(keys.active, id);
  await redis.hset(keys.job(id), { ats: 1, pb: 'dead', processedOn: Date.now() - 5000 });
  const recovered = Promise.withResolvers<string[]>();
  under.work(async () => jobResult, { recovered: recovered.resolve });
  expect(await recovered.promise).toEqual([id]);
  expect(await under.until(id, ({ status }) => status === 'completed')).toMatchObject({ attempts: 2 });
  expect((await under.attempts.read(id)).ended).toMatchObject([{ worker: 'dead', steps: [] }]);
});
