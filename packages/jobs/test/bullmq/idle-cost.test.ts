/** What a worker asks of Redis while it has nothing to do: a few commands a second, whatever it waits for. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, Problem } from '@tintype/contracts';
import { jobResult, type QueueUnderTest, startQueueUnderTest } from '../queue-under-test.ts';

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
const never = new Promise<never>(() => undefined);
const measuredSeconds = 3;

/** Commands that clients have sent in these seconds, by name; those that scripts call are not counted. */
async function commandsWhileWaiting(): Promise<Record<string, number>> {
  await under.producer.config('RESETSTAT');
  await pause(1000 * measuredSeconds);
  const stats = await under.producer.info('commandstats');
  const counts = [...stats.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)].map(([, name = '', calls]) => [
    name,
    Number(calls),
  ]);
  return Object.fromEntries(counts);
}

/**
 * Each second a heartbeat, a renewal and a look for dead workers' jobs; now and then the clock and a look for work.
 * What those scripts call is counted by Redis too: their sum stays below this.
 */
const mostScripts = 4 * measuredSeconds;
const mostWaits = measuredSeconds + 2;

async function expectQuiet(): Promise<void> {
  const { evalsha = 0, eval: evals = 0, bzpopmin = 0 } = await commandsWhileWaiting();
  expect(evalsha + evals).toBeLessThanOrEqual(mostScripts);
  expect(bzpopmin).toBeLessThanOrEqual(mostWaits);
}

test('when the queue is empty, then a worker is quiet', async () => {
  under.work(async () => jobResult);
  await pause(300);
  await expectQuiet();
});

test('when more jobs wait than a worker may hold, then it is quiet', async () => {
  under.work(() => never, {}, 2);
  for (let count = 10; count > 0; count--) await under.add();
  await pause(300);
  await expectQuiet();
});

test('when a worker waits for a delayed job, then it is quiet until that is due', async () => {
  let begun = 0;
  under.work(async () => {
    begun += 1;
    throw new Problem('source_unreachable', { retryAfterSeconds: 5 });
  });
  const id = await under.add();
  await under.until(id, ({ status, attempts }) => status === 'queued' && attempts === 1);
  await pause(300);
  await expectQuiet();
  expect(begun).toBe(1);
});

test('when a busy worker with free slots waits for a delayed job, then it is quiet', async () => {
  let begun = 0;
  under.work(() => {
    begun += 1;
    if (begun > 1) return never;
    throw new Problem('source_unreachable', { retryAfterSeconds: 30 });
  });
  await under.add();
  await pause(100);
  await under.add();
  await pause(300);
  await expectQuiet();
});

test('when ids without a record are in the sets, then a worker forgets them and is quiet', async () => {
  const { keys } = under.shard;
  const lost = Array.from({ length: 300 }, () => newThumbnailId());
  await under.producer.zadd(keys.prioritized, ...lost.flatMap((id) => [1, id]));
  await under.producer.zadd(keys.delayed, ...lost.flatMap((id) => [1, `${id}x`]));
  await under.producer.rpush(keys.active, ...lost.slice(0, 10).map((id) => `${id}y`));
  await under.producer.zadd(keys.newer, ...lost.flatMap((id) => [1, `${id}z`]));
  under.work(async () => jobResult);
  await pause(2500);
  await expectQuiet();
  expect(await under.queue.depth()).toEqual({ waiting: 0, delayed: 0, active: 0 });
});

test('when workers have nothing to do, then two of them cost no more than twice one', async () => {
  for (const _ of [0, 1]) under.work(async () => jobResult);
  await pause(300);
  const { evalsha = 0, bzpopmin = 0 } = await commandsWhileWaiting();
  expect(evalsha).toBeLessThanOrEqual(2 * mostScripts);
  expect(bzpopmin).toBeLessThanOrEqual(2 * mostWaits);
});
