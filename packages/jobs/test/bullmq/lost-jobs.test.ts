/** A job that its worker has lost: its outcome is dropped, whoever waited for it goes on, and another one does it. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { countCoreWaits } from '@tintype/testkit';
import type { ThumbnailJob } from '../../src/index.ts';
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
const isEnded = ({ finishedAtMs }: { finishedAtMs: number | null }) => finishedAtMs !== null;

/** Its lock is over, and its worker may not take it again. */
async function lose(id: string): Promise<void> {
  await under.producer.multi().hset(under.shard.keys.job(id), 'pb', 'another').del(under.shard.keys.lock(id)).exec();
}

/** A worker whose first download lasts until the gate opens; who waits for it is known. */
function startDownloads(gate: Promise<void>) {
  const downloaded: { id: string; atMs: number }[] = [];
  under.work(async (job: ThumbnailJob) => {
    const shared = await job.joinDownload();
    if (shared) return shared;
    downloaded.push({ id: job.id, atMs: performance.now() });
    if (downloaded.length === 1) await gate;
    return jobResult;
  });
  return downloaded;
}

/** A follower looks by itself after two seconds. */
const longBeforeItsOwnLookMs = 1500;

async function startWithFollowers(gate: Promise<void>) {
  const downloaded = startDownloads(gate);
  const leader = await under.add();
  while (downloaded.length === 0) await pause(5);
  const followers = [await under.add(), await under.add()];
  while ((await under.producer.zcard(under.shard.keys.delayed)) < 2) await pause(5);
  return { downloaded, leader, followers };
}

test('when a job is lost between its work and its end, then who waited for it goes on at once, and all are done', async () => {
  const gate = Promise.withResolvers<void>();
  const { downloaded, leader, followers } = await startWithFollowers(gate.promise);
  await lose(leader);
  const [lostMs, coreWaitsMs] = [performance.now(), countCoreWaits()];
  gate.resolve();
  for (const id of followers)
    expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 1 });
  expect(downloaded.map(({ id }) => id)).toEqual([leader, followers[0]]);
  expect((downloaded[1]?.atMs ?? 0) - lostMs).toBeLessThan(longBeforeItsOwnLookMs + coreWaitsMs());
  expect(await under.until(leader, isEnded)).toMatchObject({ status: 'completed' });
});

test('when a job is lost during its work, then that is found out, its work is aborted, and who waited for it goes on', async () => {
  const { downloaded, leader, followers } = await startWithFollowers(new Promise(() => undefined));
  await lose(leader);
  for (const id of followers)
    expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 1 });
  expect(await under.until(leader, isEnded)).toMatchObject({ status: 'completed' });
  expect(downloaded.length).toBeLessThanOrEqual(3);
});

test('when a worker has taken again a job that it had lost, then the first attempt’s end leaves the second alone', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const begun: ThumbnailJob[] = [];
  under.work(async (job) => {
    begun.push(job);
    await gates[begun.length - 1]?.promise;
    return jobResult;
  });
  const id = await under.add();
  while (begun.length < 1) await pause(5);
  const { keys } = under.shard;
  // As recovery does.
  await under.producer
    .multi()
    .del(keys.lock(id))
    .lrem(keys.active, 0, id)
    .rpush(keys.wait, id)
    .zadd(keys.marker, 0, '0')
    .exec();
  while (begun.length < 2) await pause(5);
  gates[0]?.resolve();
  await pause(300);
  expect([begun.length, begun[1]?.signal.aborted]).toEqual([2, false]);
  gates[1]?.resolve();
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed' });
  expect(begun).toHaveLength(2);
});
