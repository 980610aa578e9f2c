/** What Redis refuses or forgets for a while costs time, and no job and no attempt. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { keysOf } from '@tintype/redis';
import { startRelay } from '@tintype/testkit';
import { EndNotWritten, startWatchdog } from '../src/index.ts';
import { jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterAll(() => under.stop());
afterEach(() => under.closeWorkers(0));

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test('when Redis is full for a while, then every accepted job is done at its first attempt, and the log is not flooded', async () => {
  const errors: unknown[] = [];
  const work = async () => {
    await pause(30);
    return jobResult;
  };
  const ids = await Promise.all(Array.from({ length: 60 }, () => under.add()));
  under.work(work, { error: (err) => void errors.push(err) });
  await under.until(ids[3] ?? '', ({ status }) => status === 'completed');
  await under.producer.config('SET', 'maxmemory', 1);
  await expect(under.add()).rejects.toThrow('OOM');
  await pause(2500);
  await under.producer.config('SET', 'maxmemory', 0);
  for (const id of ids) {
    expect(await under.until(id, ({ status }) => status !== 'queued' && status !== 'processing')).toMatchObject({
      status: 'completed',
      attempts: 1,
    });
  }
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.length).toBeLessThan(60);
});

test('when a lock has run out while Redis was away, then its worker takes it again, and nobody else begins the job', async () => {
  const gate = Promise.withResolvers<void>();
  let begun = 0;
  const work = async () => {
    begun += 1;
    await gate.promise;
    return jobResult;
  };
  const recovered: string[] = [];
  for (const _ of [0, 1]) under.work(work, { recovered: (ids) => void recovered.push(...ids) });
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'processing');
  const lock = keysOf(0).lock(id);
  // As after a restart: nobody has looked for a while, and the lock is over.
  await under.producer.set(keysOf(0).recovery, Date.now() - 10_000);
  await under.producer.del(lock);
  while ((await under.producer.exists(lock)) === 0) await pause(20);
  await pause(1500);
  gate.resolve();
  expect(await under.until(id, ({ status }) => status === 'completed')).toMatchObject({ attempts: 1 });
  expect([begun, recovered]).toEqual([1, []]);
});

test.each([
  ['ERR something that passes', 'is tried again', 1],
  ['no upstream host', 'is tried again', 1],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'is let go, for another attempt', 2],
])(
  'when the end of a job is answered with %s, then it %s, the log names it, and it is completed',
  async (words, becomes, attempts) => {
    const relay = await startRelay(under.server.url);
    const errors: unknown[] = [];
    const gate = Promise.withResolvers<void>();
    const work = () => gate.promise.then(() => jobResult);
    const worker = under.work(work, { error: (err) => void errors.push(err) }, 1, relay.url);
    const id = await under.add();
    await under.until(id, ({ status }) => status === 'processing');
    relay.refuseWith(words);
    gate.resolve();
    const told = () => errors.filter((err) => err instanceof EndNotWritten).map(({ message }) => message);
    while (told().length === 0) await pause(5);
    expect(told()[0]).toBe(`the end of job ${id} could not be written: it ${becomes}`);
    await pause(500);
    relay.refuseWith(null);
    expect(await under.until(id, ({ status }) => status === 'completed')).toMatchObject({ attempts });
    await worker.close(0);
    await relay.stop();
  },
);

test('when a worker stops before its job is done, then another one begins it at once, and no attempt is spent', async () => {
  const gate = Promise.withResolvers<void>();
  const stubborn = under.work(() => gate.promise.then(() => jobResult));
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'processing');
  under.work(async () => jobResult);
  await pause(50);
  await stubborn.close(10);
  const done = await under.until(id, ({ status }) => status === 'completed');
  expect(done).toMatchObject({ attempts: 1 });
  expect((await under.attempts.read(id)).ended).toEqual([]);
  gate.resolve();
});

test('when jobs wait and a worker takes none for too long, then its watchdog says so; not while it works or nothing waits', async () => {
  const stuck = Promise.withResolvers<number>();
  let calls = 0;
  const watchdog = startWatchdog({
    shard: under.shard,
    limitMs: 300,
    onStuck: (waiting) => {
      calls += 1;
      stuck.resolve(waiting);
    },
  });
  await pause(500); // nothing waits
  const id = await under.add();
  for (let told = 0; told < 5; told++) {
    await pause(100);
    watchdog.heartbeat();
  }
  expect(calls).toBe(0);
  expect(await stuck.promise).toBe(1);
  watchdog.stop();
  await under.control.cancel(id);
});
