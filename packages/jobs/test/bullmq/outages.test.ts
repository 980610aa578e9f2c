/** Redis is late, hangs or drops its connections: jobs take longer, and each is done. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connectWorker, disconnect, openShard } from '@tintype/redis';
import { countCoreWaits, freePort } from '@tintype/testkit';
import { createThumbnailWorker } from '../../src/index.ts';
import { jobResult, type QueueUnderTest, startQueueUnderTest } from '../queue-under-test.ts';

let under: QueueUnderTest;
beforeEach(async () => {
  under = await startQueueUnderTest();
});
afterEach(() => under.stop());

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const isEnded = ({ finishedAtMs }: { finishedAtMs: number | null }) => finishedAtMs !== null;

/** Redis does nothing for this time, and knows nothing of it afterwards. */
async function hang(ms: number): Promise<void> {
  process.kill(under.server.pid, 'SIGSTOP');
  await pause(ms);
  process.kill(under.server.pid, 'SIGCONT');
}

/** Adds a job as soon as the producer's connection is there again. */
async function addSoon(): Promise<string> {
  for (;;) {
    const id = await under.add().catch(() => null);
    if (id !== null) return id;
    await pause(5);
  }
}

/** Two workers, and what they begin. */
function startTwo(work: (id: string) => Promise<void>) {
  const begun = new Map<string, number>();
  const recovered: string[] = [];
  for (const _ of [0, 1]) {
    under.work(
      async ({ id }) => {
        begun.set(id, (begun.get(id) ?? 0) + 1);
        await work(id);
        return jobResult;
      },
      { recovered: (ids) => void recovered.push(...ids) },
    );
  }
  return { begun, recovered };
}

test.each([2500, 3500])(
  'when Redis hangs for %d ms under load, then each job is done once, and none is taken for abandoned',
  async (ms) => {
    const { begun, recovered } = startTwo(() => pause(40));
    const ids: string[] = [];
    for (let count = 120; count > 0; count--) ids.push(await under.add());
    await pause(150);
    await hang(ms);
    for (const id of ids) expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 1 });
    expect(recovered).toEqual([]);
    expect([...begun.values()].filter((times) => times > 1)).toEqual([]);
  },
);

test('when connections are killed under load again and again, then each job is done, and each end is the only one', async () => {
  startTwo(() => pause(5));
  const ids = await Promise.all(Array.from({ length: 400 }, () => under.add()));
  const killer = connectWorker(under.server.url);
  for (let round = 0; round < 5; round++) {
    await pause(60);
    await killer.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  }
  for (const id of ids) {
    for (;;) {
      const record = await under.record(id).catch(() => null);
      if (record && isEnded(record)) {
        expect(record.status).toBe('completed');
        break;
      }
      await pause(20);
    }
  }
  expect(await killer.zcard(under.shard.keys.completed)).toBe(400);
  expect(await killer.llen(under.shard.keys.active)).toBe(0);
  await disconnect(killer);
});

test('when an idle worker’s connection is lost, then it begins a job that is added afterwards', async () => {
  under.work(async () => jobResult);
  while (!String(await under.producer.client('LIST')).includes('cmd=bzpopmin')) await pause(5);
  const killer = connectWorker(under.server.url);
  await killer.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  const [addedMs, coreWaitsMs] = [performance.now(), countCoreWaits()];
  await under.until(await addSoon(), isEnded);
  expect(performance.now() - addedMs).toBeLessThan(3000 + coreWaitsMs());
  await disconnect(killer);
});

test('when Redis hangs while a worker is idle, then it begins the first job after that within seconds', async () => {
  under.work(async () => jobResult);
  await pause(200);
  await hang(7000); // longer than a wait may take
  const [addedMs, coreWaitsMs] = [performance.now(), countCoreWaits()];
  await under.until(await addSoon(), isEnded);
  expect(performance.now() - addedMs).toBeLessThan(3000 + coreWaitsMs());
});

test('when a worker starts before Redis is there, then it works as soon as that is', async () => {
  const errors: unknown[] = [];
  const url = `redis://127.0.0.1:${await freePort()}`;
  const redis = connectWorker(url);
  const done = Promise.withResolvers<void>();
  const worker = createThumbnailWorker({
    shard: openShard(redis),
    name: 'early',
    version: '0.0.0',
    concurrency: 1,
    process: async () => jobResult,
    events: {
      completed: () => done.resolve(),
      failed: () => undefined,
      claimed: () => undefined,
      recovered: () => undefined,
      error: (err) => void errors.push(err),
    },
  });
  worker.start();
  await pause(1500);
  expect(errors.length).toBeLessThan(10);
  const port = Number(new URL(url).port);
  await under.producer.config('SET', 'port', port);
  await under.add();
  await done.promise;
  await worker.close();
  await disconnect(redis);
});
