/** Waiting for the end of a job without polling. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, Problem } from '@tintype/contracts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
const outcomes = new Map<string, 'complete' | 'fail'>();
const never = new AbortController().signal;
/** A waiter that is not woken fails its test by the test's own limit. */
const longerThanATestMs = 120_000;
beforeAll(async () => {
  under = await startQueueUnderTest();
  under.work(async (job) => {
    if (outcomes.get(job.id) === 'fail') throw new Problem('not_an_image');
    return jobResult;
  });
});
afterAll(() => under.stop());

test.each(['complete', 'fail'] as const)(
  'when a job will %s while one waits, then the waiter wakes long before its time',
  async (outcome) => {
    const id = newThumbnailId();
    outcomes.set(id, outcome);
    const watch = under.endings.watch(id);
    await under.queue.add(id, jobData);
    do await watch.ended(longerThanATestMs, never);
    while ((await under.record(id)).finishedAtMs === null);
    watch.close();
    expect((await under.record(id)).status).toBe(outcome === 'fail' ? 'failed' : 'completed');
  },
);

test('when the job ended between the start of the watch and the wait, then the wait is over at once', async () => {
  const id = newThumbnailId();
  const watch = under.endings.watch(id);
  await under.queue.add(id, jobData);
  await under.until(id, ({ status }) => status === 'completed');
  await watch.ended(longerThanATestMs, never);
  watch.close();
});

test('when the connection was lost while a job ended, then its waiter looks again as soon as there is one', async () => {
  const id = newThumbnailId();
  const watch = under.endings.watch(id);
  const ended = watch.ended(longerThanATestMs, never);
  await under.producer.client('KILL', 'TYPE', 'PUBSUB');
  await ended;
  watch.close();
});

test('when nothing happens, then the wait ends by its time or by the client’s going', async () => {
  const watch = under.endings.watch(newThumbnailId());
  await watch.ended(20, never);
  const gone = new AbortController();
  setTimeout(() => gone.abort(), 20);
  await watch.ended(20_000, gone.signal);
  await watch.ended(20_000, AbortSignal.abort());
  watch.close();
});
