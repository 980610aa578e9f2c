/** A worker ends well whatever it is at: nothing is lost, nothing more is begun, and it takes no longer than needed. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connectWorker, disconnect, openShard } from '@tintype/redis';
import { ThumbnailBackend } from '../../src/bullmq/backend.ts';
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

/** How long it takes, in milliseconds. */
async function durationOf(work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work;
  return performance.now() - startedMs;
}

test('when a worker is idle, then it ends at once, and its heartbeat goes', async () => {
  const worker = under.work(async () => jobResult);
  while ((await under.producer.hlen(under.shard.keys.heartbeats)) === 0) await pause(10);
  expect(await durationOf(worker.close())).toBeLessThan(2000);
  expect(await under.producer.hlen(under.shard.keys.heartbeats)).toBe(0);
  expect(String(await under.producer.client('LIST'))).not.toContain('cmd=bzpopmin');
});

test('when a worker has just begun, then it ends at once', async () => {
  const worker = under.work(async () => jobResult);
  expect(await durationOf(worker.close())).toBeLessThan(2000);
});

test('when workers share a connection, then it is listened to while one waits for work, and left as it was', async () => {
  const redis = connectWorker(under.server.url);
  const shard = openShard(redis);
  const listeners = () => redis.listenerCount('close');
  const before = listeners();
  const backends = Array.from(
    { length: 12 },
    (_, n) => new ThumbnailBackend({ shard, worker: `w${n}`, lockMs: 30_000 }),
  );
  expect(listeners()).toBe(before);
  const [waiting] = backends;
  const wait = waiting?.waitForJob(5);
  while (!String(await redis.client('LIST')).includes('cmd=bzpopmin')) await pause(10);
  expect(listeners()).toBe(before + 1);
  for (const backend of backends) await backend.close();
  expect([await wait, listeners()]).toEqual([null, before]);
  await disconnect(redis);
});

test('when a worker is busy, then it ends with its job, which is done, and begins no other one', async () => {
  const gate = Promise.withResolvers<void>();
  let begun = 0;
  const worker = under.work(
    async () => {
      begun += 1;
      await gate.promise;
      return jobResult;
    },
    {},
    1,
  );
  const [first, second] = [await under.add(), await under.add()];
  await under.until(first, ({ status }) => status === 'processing');
  const closing = worker.close();
  await pause(200);
  gate.resolve();
  await closing;
  expect((await under.record(first)).status).toBe('completed');
  expect(await under.record(second)).toMatchObject({ status: 'queued', attempts: 0 });
  expect(begun).toBe(1);
});

test('when a worker waits for room, then it gives back what it has after its grace, as if it had never been taken', async () => {
  const worker = under.work(() => never, {}, 2);
  const ids = [await under.add(), await under.add(), await under.add()];
  for (const id of ids.slice(0, 2)) await under.until(id, ({ status }) => status === 'processing');
  await pause(100);
  expect(await durationOf(worker.close(50))).toBeLessThan(2000);
  for (const id of ids)
    expect(await under.record(id)).toMatchObject({ status: 'queued', attempts: 0, startedAtMs: null });
  expect(await under.producer.zrange(under.shard.keys.prioritized, '0', '-1')).toEqual(ids);
  expect(await under.queue.depth()).toEqual({ waiting: 3, delayed: 0, active: 0 });
});

test('when workers come and go while jobs run, then each job is done once', async () => {
  const begun = new Map<string, number>();
  const work = async ({ id }: { id: string }) => {
    begun.set(id, (begun.get(id) ?? 0) + 1);
    await pause(5);
    return jobResult;
  };
  const ids = await Promise.all(Array.from({ length: 300 }, () => under.add()));
  let worker = under.work(work);
  for (let round = 0; round < 6; round++) {
    await pause(60);
    const next = under.work(work);
    await worker.close();
    worker = next;
  }
  for (const id of ids) {
    const record = await under.until(id, ({ finishedAtMs }) => finishedAtMs !== null);
    expect(record).toMatchObject({ status: 'completed', attempts: 1 });
  }
  expect([...begun.values()].every((times) => times === 1)).toBe(true);
});

test.each(['idle', 'busy', 'waiting for room'])(
  'when Redis is gone while a worker is %s, then it ends within its grace and a little',
  async (state) => {
    const away = await startQueueUnderTest();
    const worker = away.work(() => never, {}, 1);
    if (state !== 'idle') {
      const id = await away.add();
      await away.until(id, ({ status }) => status === 'processing');
    }
    if (state === 'waiting for room') await away.add();
    await pause(300);
    await away.server.stop();
    await pause(500);
    expect(await durationOf(worker.close(100))).toBeLessThan(5000);
    await away.stop();
  },
);
