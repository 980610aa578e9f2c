/** Lanes that are paused: nothing of them is begun, nothing is lost, and everything else goes on. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type JobPriority, jobPriorities } from '@tintype/contracts';
import { createThumbnailRemoval, startWatchdog, type ThumbnailWorker } from '../../src/index.ts';
import { jobResult, type QueueUnderTest, startQueueUnderTest } from '../queue-under-test.ts';
import { openStockBullmq } from './stock-bullmq.ts';

let under: QueueUnderTest;
beforeAll(async () => {
  under = await startQueueUnderTest();
});
afterEach(async () => {
  await under.closeWorkers(0);
  await under.producer.flushdb();
});
afterAll(() => under.stop());

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const isEnded = ({ finishedAtMs }: { finishedAtMs: number | null }) => finishedAtMs !== null;
const statusOf = async (id: string) => (await under.record(id)).status;

/** A worker that notes which jobs it has begun, in order. */
function startNoting(concurrency?: number): { begun: string[]; worker: ThumbnailWorker } {
  const begun: string[] = [];
  const note = async ({ id }: { id: string }) => {
    begun.push(id);
    return jobResult;
  };
  return { begun, worker: under.work(note, {}, concurrency) };
}

const resume = async (lanes: readonly JobPriority[]) => {
  const paused = await under.pauses.resume(lanes);
  while ((await under.pauses.putBack()) > 0);
  return paused;
};

const untilWaiting = async (count: number) => {
  while ((await under.queue.depth()).waiting !== count) await pause(5);
};

test('when a lane is paused, then the others go on past whatever waits in it, and afterwards it goes on in its order', async () => {
  expect(await under.pauses.pause(['normal'])).toEqual(['normal']);
  const paused: string[] = [];
  // More of them than one script looks at.
  for (let count = 150; count > 0; count--) paused.push(await under.add());
  const low = await under.add({ priority: 'low' });
  const { begun } = startNoting(1);
  await under.until(low, isEnded);
  expect(begun).toEqual([low]);
  expect(await under.queue.depth()).toEqual({ waiting: 150, delayed: 0, active: 0 });
  expect(await statusOf(paused[0] ?? '')).toBe('queued');

  expect(await resume(['normal'])).toEqual([]);
  await under.until(paused.at(-1) ?? '', isEnded);
  expect(begun).toEqual([low, ...paused]);
});

test('when all lanes are paused, then a job that is worked on ends, and nothing else begins until it goes on', async () => {
  const released = Promise.withResolvers<void>();
  const begun: string[] = [];
  under.work(async ({ id }) => {
    begun.push(id);
    await released.promise;
    return jobResult;
  });
  const first = await under.add();
  await under.until(first, ({ status }) => status === 'processing');
  expect(await under.pauses.pause(jobPriorities)).toEqual(['high', 'normal', 'low']);
  const ids = [await under.add({ priority: 'high' }), await under.add(), await under.add({ priority: 'low' })];
  released.resolve();
  await under.until(first, isEnded);
  // The worker has looked for work since: what it takes next is of the lane that goes on, and not the first in line.
  await resume(['low']);
  await under.until(ids[2] ?? '', isEnded);
  expect(begun).toEqual([first, ids[2]]);
  expect(await under.pauses.paused()).toEqual(['high', 'normal']);
  expect(await resume(jobPriorities)).toEqual([]);
  for (const id of ids) await under.until(id, isEnded);
  expect(begun).toHaveLength(4);
});

test('when a lane goes on, then its jobs go before none that comes later in a higher lane, however many had stood aside', async () => {
  await under.pauses.pause(['normal']);
  const normal: string[] = [];
  for (let count = 0; count < 700; count++) normal.push(await under.add());
  startNoting();
  while ((await under.producer.zcard(under.shard.keys.pausedNormal)) < normal.length) await pause(5);
  // Nothing else waits: the order begins anew.
  await under.until(await under.add({ priority: 'high' }), isEnded);
  await under.closeWorkers(0);
  await resume(['normal']);
  const [high, latest] = [await under.add({ priority: 'high' }), await under.add()];
  expect((await under.record(high)).position).toBe(0);
  const positions = [];
  for (const id of [normal[0], normal[350], normal[699], latest])
    positions.push((await under.record(id ?? '')).position);
  expect(positions).toEqual([1, 351, 700, 701]);
});

test('when a job of a paused lane is cancelled or deleted, then it is found where it stands', async () => {
  await under.pauses.pause(['low']);
  const ids = [
    await under.add({ priority: 'low' }),
    await under.add({ priority: 'low' }),
    await under.add({ priority: 'low' }),
  ];
  const { begun } = startNoting();
  while ((await under.producer.zcard(under.shard.keys.pausedLow)) < 3) await pause(5);
  const [cancelled = '', deleted = '', kept = ''] = ids;
  expect(await under.control.cancel(cancelled)).toBe('cancelled');
  const removal = createThumbnailRemoval({
    shard: under.shard,
    eraseBlob: async () => undefined,
    onError: () => undefined,
  });
  expect(await removal.remove(deleted)).toBe(true);
  expect(await under.queue.depth()).toMatchObject({ waiting: 1 });
  expect(await under.producer.zscore(under.shard.keys.prioritized, kept)).toBeNull();
  await resume(['low']);
  await under.until(kept, isEnded);
  expect(begun).toEqual([kept]);
});

test('when whoever resumed a lane died on the way, then a worker puts its jobs back', async () => {
  await under.pauses.pause(['normal']);
  const id = await under.add();
  startNoting();
  while ((await under.producer.zcard(under.shard.keys.pausedNormal)) < 1) await pause(5);
  await under.producer.hdel(under.shard.keys.meta, 'paused:normal');
  await under.until(id, isEnded);
});

test('when a tool of BullMQ pauses the queue, then it is paused for our workers, and the tool sees our pause', async () => {
  const stock = openStockBullmq(under.server.url);
  try {
    await stock.queue.pause();
    expect(await under.pauses.paused()).toEqual(['high', 'normal', 'low']);
    const { begun } = startNoting();
    const id = await under.add();
    await resume(jobPriorities);
    expect(await stock.queue.isPaused()).toBe(false);
    await under.until(id, isEnded);
    await under.pauses.pause(jobPriorities);
    expect(await stock.queue.isPaused()).toBe(true);
    const later = await under.add();
    await untilWaiting(1);
    await stock.queue.resume();
    await under.until(later, isEnded);
    expect(begun).toEqual([id, later]);
  } finally {
    await stock.close();
  }
});

/** How often a watchdog has looked. */
const looksSoFar = async () =>
  Number(/cmdstat_hexists:calls=(\d+)/.exec(await under.producer.info('commandstats'))?.[1] ?? 0);

test('when all lanes are paused and jobs wait, then no watchdog ends a worker for it', async () => {
  await under.pauses.pause(jobPriorities);
  await under.add();
  const stuck = Promise.withResolvers<'stuck'>();
  const limitMs = 60;
  const watchdog = startWatchdog({ shard: under.shard, limitMs, onStuck: () => stuck.resolve('stuck') });
  // It looks six times within its limit.
  const before = await looksSoFar();
  const looked = async () => {
    while ((await looksSoFar()) < before + 20) await pause(limitMs / 6);
    return 'looked' as const;
  };
  expect(await Promise.race([stuck.promise, looked()])).toBe('looked');
  await resume(jobPriorities);
  expect(await stuck.promise).toBe('stuck');
  watchdog.stop();
});
