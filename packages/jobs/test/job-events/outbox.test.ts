/** Ends that somebody must hear of: written with the end itself, kept until they are dealt with, given to one reader at a time. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { openShard } from '@tintype/redis';
import { ThumbnailBackend } from '../../src/bullmq/backend.ts';
import { createOutbox, createThumbnailRemoval, type Outbox, type OutboxEntry } from '../../src/index.ts';
import { jobResult, type QueueUnderTest, startQueueUnderTest } from '../queue-under-test.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
/** Jobs with an outbox are of version 2: they are let in at once only while a worker lives. */
beforeEach(() => under.producer.hset(under.shard.keys.heartbeats, 'test', `2 ${under.shard.nowMs() + 60_000} 1 1 0`));
afterEach(async () => {
  await under.closeWorkers(0);
  await under.producer.flushdb();
});

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const isEnded = ({ finishedAtMs }: { finishedAtMs: number | null }) => finishedAtMs !== null;
/** What is due, without its lease. */
async function dueIn(outbox: Outbox): Promise<Pick<OutboxEntry, 'id' | 'event'>[]> {
  return (await outbox.take(10, 60_000)).map(({ id, event }) => ({ id, event }));
}
const webhooks = () => createOutbox(under.shard, 'webhooks');
const library = () => createOutbox(under.shard, 'library');
const outboxKeys = () => under.producer.keys(`${under.shard.keys.outboxPrefix}*`);

test('when jobs ask for it, then their ends are in the outboxes that they name, and of the others in none', async () => {
  under.work(async ({ data }) => {
    if (data.metadata?.fails) throw new Problem('not_an_image');
    return jobResult;
  });
  const silent = await under.add();
  const hooked = await under.add({ outbox: ['webhooks'] });
  const both = await under.add({ outbox: ['webhooks', 'library'], metadata: { fails: true } });
  for (const id of [silent, hooked, both]) await under.until(id, isEnded);
  const ended = await webhooks().take(10, 60_000);
  expect(ended.map(({ event, id }) => [id, event]).sort()).toEqual(
    [
      [hooked, 'completed'],
      [both, 'failed'],
    ].sort(),
  );
  expect(await dueIn(library())).toEqual([{ id: both, event: 'failed' }]);
});

test('when an attempt fails for a while, then that is nobody’s end; a cancel is one, a removal too', async () => {
  let begun = 0;
  under.work(async () => {
    begun += 1;
    if (begun === 1) throw new Problem('source_unreachable');
    return jobResult;
  });
  const done = await under.add({ outbox: ['webhooks'] });
  await under.until(done, ({ status, attempts }) => status === 'queued' && attempts === 1);
  expect(await webhooks().take(10, 1)).toEqual([]);
  await under.until(done, isEnded);
  await under.closeWorkers();
  const cancelled = await under.add({ outbox: ['webhooks'] });
  await under.control.cancel(cancelled);
  const removal = createThumbnailRemoval({
    shard: under.shard,
    eraseBlob: async () => undefined,
    onError: () => undefined,
  });
  await removal.remove(cancelled);
  expect(await dueIn(webhooks())).toEqual([
    { id: done, event: 'completed' },
    { id: cancelled, event: 'cancelled' },
    { id: cancelled, event: 'expired' },
  ]);
});

test('when two readers take, then each entry is given to one of them; when it is not done in time, to another one', async () => {
  under.work(async () => jobResult);
  const ids = await Promise.all(Array.from({ length: 20 }, () => under.add({ outbox: ['webhooks'] })));
  for (const id of ids) await under.until(id, isEnded);
  const [one, two] = [webhooks(), createOutbox(openShard(under.producer), 'webhooks')];
  const [ofOne, ofTwo] = await Promise.all([one.take(10, 400), two.take(50, 400)]);
  expect([ofOne.length, ofTwo.length]).toEqual([10, 10]);
  expect([...ofOne, ...ofTwo].map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect(await two.take(50, 400)).toEqual([]);
  for (const entry of ofOne) await one.done(entry);
  await pause(500);
  const again = await one.take(50, 400);
  expect(again.map(({ id }) => id).sort()).toEqual(ofTwo.map(({ id }) => id).sort());
  for (const entry of [...again, ...ofTwo]) await one.done(entry);
  expect(await outboxKeys()).toEqual([]);
});

test('when more is due than is taken, then the earliest come first', async () => {
  under.work(async () => jobResult, {}, 1);
  const ids: string[] = [];
  for (let count = 5; count > 0; count--) {
    const id = await under.add({ outbox: ['library'] });
    await under.until(id, isEnded);
    await pause(3);
    ids.push(id);
  }
  expect((await library().take(2, 60_000)).map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect((await library().take(9, 60_000)).map(({ id }) => id)).toEqual(ids.slice(2));
});

test('when the worker of such a job dies, then whoever does it afterwards writes the end', async () => {
  const id = await under.add({ outbox: ['webhooks'] });
  await new ThumbnailBackend({ shard: under.shard, worker: 'dead', lockMs: 100 }).moveToActive('dead');
  under.work(async () => jobResult);
  await under.until(id, isEnded);
  expect(await dueIn(webhooks())).toEqual([{ id, event: 'completed' }]);
});

test('when a worker has lost such a job, then its end is written by the other one alone', async () => {
  const gate = Promise.withResolvers<void>();
  under.work(() => gate.promise.then(() => jobResult));
  const id = await under.add({ outbox: ['webhooks'] });
  await under.until(id, ({ status }) => status === 'processing');
  await under.producer.set(under.shard.keys.lock(id), 'another', 'PX', 60_000);
  gate.resolve();
  await pause(200);
  expect(await dueIn(webhooks())).toEqual([]);
});

test('when such a job is cancelled and its work is done all the same, then the cancel is its only end', async () => {
  const gate = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  under.work(() => gate.promise.then(() => jobResult), { failed: () => told.resolve() });
  const id = await under.add({ outbox: ['webhooks'] });
  await under.until(id, ({ status }) => status === 'processing');
  await under.control.cancel(id);
  gate.resolve();
  await told.promise;
  expect(await dueIn(webhooks())).toEqual([{ id, event: 'cancelled' }]);
});

test('when a failed job is retried while its end is dealt with, then the next end is there for itself', async () => {
  let begun = 0;
  under.work(async () => {
    begun += 1;
    throw new Problem('not_an_image');
  });
  const outbox = webhooks();
  const id = await under.add({ outbox: ['webhooks'] });
  await under.until(id, ({ status }) => status === 'failed');
  const [first] = await outbox.take(10, 60_000);
  await pause(5);
  await under.control.retry(id, 'default', 'not_an_image');
  await under.until(id, ({ status }) => status === 'failed' && begun === 2);
  if (first) await outbox.done(first);
  const again = await outbox.take(10, 60_000);
  expect(again).toMatchObject([{ id, event: 'failed' }]);
  for (const entry of again) await outbox.done(entry);
  expect(await outboxKeys()).toEqual([]);
});
