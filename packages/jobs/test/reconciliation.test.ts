/** The slow reconciliation: what a crash has left is put right, and nothing else is touched. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId, Problem } from '@tintype/contracts';
import type { RedisConnection } from '@tintype/redis';
import { createBlobPins, createBlobReferrers, createReconciliation } from '../src/index.ts';
import { countedUpload, jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
let redis: RedisConnection;
/** What the storage has: the blobs' names. */
const files = new Set<string>();
beforeAll(async () => {
  under = await startQueueUnderTest();
  redis = under.producer;
});
afterEach(async () => {
  await under.closeWorkers(0);
  await redis.flushdb();
  files.clear();
});
afterAll(() => under.stop());

const hourMs = 3_600_000;
const sha256 = (digit: string) => digit.repeat(64);
const long = () => newThumbnailId(0, Date.now() - 3 * hourMs);
/** What is old enough: everything, or by their ids those that are more than two hours old. */
const reconcile = (minAgeMs: number, onManyFiles?: (unneeded: number, all: number) => void) =>
  createReconciliation({
    shard: under.shard,
    listBlobs: async function* () {
      for (const name of files) yield { sha256: name, changedAtMs: Date.now() - 1 };
    },
    eraseBlob: async (name, isUnneeded) => void ((await isUnneeded()) && files.delete(name)),
    minAgeMs,
    ...(onManyFiles && { onManyFiles }),
  }).run();
const isThere = (digit: string) => files.has(sha256(digit));

test('when a job is gone and its note was left, then the note goes, and the file that nobody else needs', async () => {
  const referrers = createBlobReferrers(under.shard);
  const [gone, living] = [long(), long()];
  await under.queue.add(living, jobData);
  for (const digit of ['a', 'b']) files.add(sha256(digit));
  await redis.hset(under.shard.keys.referrers(sha256('a')), { [gone]: 1 });
  await redis.hset(under.shard.keys.referrers(sha256('b')), { [gone]: 1 });
  await referrers.retain(sha256('b'), living, 1);
  expect(await reconcile(2 * hourMs)).toMatchObject({ notes: 2, files: 0 });
  expect([isThere('a'), isThere('b')]).toEqual([false, true]);
  expect(await redis.hkeys(under.shard.keys.referrers(sha256('b')))).toEqual([living]);
});

test('when an upload is under way for an id of long ago, then its note stays', async () => {
  const again = long();
  files.add(sha256('e'));
  await createBlobReferrers(under.shard).retainUpload(sha256('e'), again, countedUpload);
  expect(await reconcile(2 * hourMs)).toMatchObject({ notes: 0 });
  expect([isThere('e'), await redis.hkeys(under.shard.keys.referrers(sha256('e')))]).toEqual([true, [again]]);
});

test('when a file is pinned, then it stays until that time is over, and then as long as a job needs it', async () => {
  const { shard } = under;
  const [pins, referrers] = [createBlobPins(shard), createBlobReferrers(shard)];
  const later = shard.nowMs() + hourMs;
  const over = shard.nowMs() - hourMs;
  for (const digit of ['d', 'f', '1']) files.add(sha256(digit));
  const needing = newThumbnailId();
  await under.queue.add(needing, jobData);
  await pins.pin(sha256('d'), later);
  await pins.pin(sha256('d'), over);
  await pins.pin(sha256('f'), over);
  await pins.pin(sha256('1'), over);
  await referrers.retain(sha256('1'), needing, 1);
  await referrers.eraseUnneeded(sha256('d'), async (name) => void files.delete(name));
  expect(await reconcile(2 * hourMs)).toMatchObject({ notes: 2, files: 0 });
  expect([isThere('d'), isThere('f'), isThere('1')]).toEqual([true, false, true]);
  expect(await redis.hgetall(shard.keys.referrers(sha256('d')))).toEqual({ pin: `${Math.ceil(later)} 0` });
  expect(await redis.hkeys(shard.keys.referrers(sha256('1')))).toEqual([needing]);
});

test('when nobody needs a file, then it goes once it is old enough', async () => {
  files.add(sha256('c'));
  await reconcile(2 * hourMs);
  expect(isThere('c')).toBe(true);
  expect(await reconcile(0)).toMatchObject({ notes: 0, files: expect.any(Number) });
  expect(isThere('c')).toBe(false);
});

test('when nobody seems to need most of the files, then they are left, and it is told', async () => {
  const names = Array.from({ length: 101 }, (_, at) => at.toString(16).padStart(64, '0'));
  for (const name of names) files.add(name);
  const told: number[][] = [];
  expect(await reconcile(0, (unneeded, all) => void told.push([unneeded, all]))).toMatchObject({ files: 0 });
  expect(told).toEqual([[101, 101]]);
  expect(await reconcile(0)).toMatchObject({ files: 101 });
});

test('when a job stands nowhere, then it is back in the queue, and done', async () => {
  const id = long();
  await under.queue.add(id, jobData);
  await redis.zrem(under.shard.keys.prioritized, id);
  expect(await reconcile(2 * hourMs)).toMatchObject({ jobs: 1 });
  under.work(async () => jobResult);
  await under.until(id, ({ status }) => status === 'completed');
});

test('when the index of failures names a job that has not failed, then it does so no more', async () => {
  under.work(async () => {
    throw new Problem('not_an_image');
  });
  const id = long();
  await under.queue.add(id, jobData);
  await under.until(id, ({ status }) => status === 'failed');
  const index = under.shard.keys.failures('default', 'not_an_image');
  await redis.zadd(index, 1, long());
  expect(await reconcile(2 * hourMs)).toMatchObject({ failures: 1 });
  expect(await redis.zrange(index, '0', '-1')).toEqual([id]);
});

test('when jobs of every state are where they belong, then nothing changes', async () => {
  const referrers = createBlobReferrers(under.shard);
  const gate = Promise.withResolvers<void>();
  const ids = Array.from({ length: 5 }, long);
  const outcomes = ['completes', 'fails', 'is tried again', 'goes on', 'waits'];
  under.work(async ({ id }) => {
    const outcome = outcomes[ids.indexOf(id)];
    await referrers.retain(sha256('d'), id, 1);
    if (outcome === 'fails') throw new Problem('not_an_image');
    if (outcome === 'is tried again') throw new Problem('source_unreachable', { retryAfterSeconds: 60 });
    if (outcome === 'goes on') await gate.promise;
    return jobResult;
  });
  files.add(sha256('d'));
  for (const id of ids.slice(0, 4)) await under.queue.add(id, jobData);
  const statuses = ['completed', 'failed', 'queued', 'processing'];
  for (const [at, id] of ids.slice(0, 4).entries()) {
    await under.until(id, ({ status, attempts }) => status === statuses[at] && attempts === 1);
  }
  const seen = await dump();
  expect(await reconcile(0)).toMatchObject({ notes: 0, jobs: 0, failures: 0 });
  expect(await dump()).toEqual(seen);
  expect(isThere('d')).toBe(true);
  gate.resolve();
});

/** All sets, and which fields each record has: times of heartbeats and locks change by themselves. */
async function dump(): Promise<unknown> {
  const names = (await redis.keys('*'))
    .filter((name) => !/heartbeats|recovered|:lock|job-events|totals|:marker/.test(name))
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const kind = await redis.type(name);
      if (kind === 'zset') return [name, await redis.zrange(name, '0', '-1', 'WITHSCORES')];
      if (kind === 'list') return [name, await redis.lrange(name, 0, -1)];
      if (kind === 'hash') return [name, (await redis.hkeys(name)).sort()];
      return [name, kind];
    }),
  );
}
