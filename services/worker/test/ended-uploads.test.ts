/** Uploads go when their jobs have ended for good, and no earlier: with a real queue, storage and sweep. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { createBlobReferrers, createJobControl, createReconciliation } from '@tintype/jobs';
import { countedUpload, sha256Of, UploadsUnderTest } from './uploads-under-test.ts';

let under: UploadsUnderTest;
beforeAll(async () => {
  under = await UploadsUnderTest.start();
});
beforeEach(() => under.begin());
afterEach(() => under.end());
afterAll(() => under.stop());

test('when an upload’s job has completed, then the upload goes after a while, and the rendition stays', async () => {
  under.work(under.rendering('a thumbnail'));
  const { id, sha256 } = await under.upload('picture');
  await under.untilStatus(id, 'completed');
  await under.sweep.run();
  expect([await under.isThere(sha256), await under.openEnds()]).toEqual([true, 1]);
  await under.letTimePass(id);
  await under.sweep.run();
  expect([await under.isThere(sha256), await under.isThere(sha256Of('a thumbnail'))]).toEqual([false, true]);
  expect([await under.notesOf(sha256), await under.openEnds(), await under.statusOf(id)]).toEqual([[], 0, 'completed']);
});

test('when its job has failed, then it stays; it goes when that was retried and has completed', async () => {
  let isBad = true;
  under.work(async (job) => {
    if (isBad) throw new Problem('not_an_image');
    return under.rendering('a thumbnail')(job);
  });
  const { id, sha256 } = await under.upload('picture');
  await under.untilStatus(id, 'failed');
  await under.letTimePass(id);
  await under.sweep.run();
  expect([await under.isThere(sha256), await under.openEnds()]).toEqual([true, 0]);
  isBad = false;
  await createJobControl(under.shard).retry(id, 'default', 'not_an_image');
  await under.untilStatus(id, 'completed');
  await under.letTimePass(id);
  await under.sweep.run();
  expect(await under.isThere(sha256)).toBe(false);
});

test('when jobs have equal uploads, then the file stays until none of them needs it', async () => {
  let isBad = true;
  under.work(async (job) => {
    if (job.tenant === 'theirs' && isBad) throw new Problem('not_an_image');
    return under.rendering(`thumbnail of ${job.tenant}`)(job);
  });
  const [mine, theirs] = [await under.upload('picture'), await under.upload('picture', { tenant: 'theirs' })];
  await under.untilStatus(mine.id, 'completed');
  await under.untilStatus(theirs.id, 'failed');
  await under.letTimePass(mine.id, theirs.id);
  await under.sweep.run();
  expect([await under.isThere(mine.sha256), await under.notesOf(mine.sha256)]).toEqual([true, [theirs.id]]);
  isBad = false;
  await createJobControl(under.shard).retry(theirs.id, 'theirs', 'not_an_image');
  await under.untilStatus(theirs.id, 'completed');
  await under.letTimePass(theirs.id);
  await under.sweep.run();
  expect(await under.isThere(mine.sha256)).toBe(false);
});

test('when a rendition has the very bytes of the upload, then the file stays as long as the job', async () => {
  under.work(under.rendering('picture'));
  const { id, sha256 } = await under.upload('picture');
  await under.untilStatus(id, 'completed');
  await under.letTimePass(id);
  await under.sweep.run();
  expect([await under.isThere(sha256), await under.openEnds()]).toEqual([true, 0]);
  await under.redis.zadd(under.shard.keys.expiry, 1, id);
  await under.sweep.run();
  expect(await under.isThere(sha256)).toBe(false);
});

test('when a waiting job is cancelled, then its upload goes', async () => {
  const { id, sha256 } = await under.upload('picture');
  await createJobControl(under.shard).cancel(id);
  await under.letTimePass(id);
  await under.sweep.run();
  expect([await under.isThere(sha256), await under.openEnds(), await under.statusOf(id)]).toEqual([
    false,
    0,
    'cancelled',
  ]);
});

test('when the job expires before its upload was erased, then both are gone, and nothing is left to do', async () => {
  under.work(under.rendering('a thumbnail'));
  const { id, sha256 } = await under.upload('picture', { expiresAtMs: Date.now() + 1 });
  await under.untilStatus(id, 'completed');
  await under.sweep.run();
  expect([await under.statusOf(id), await under.isThere(sha256), await under.openEnds()]).toEqual(['gone', false, 1]);
  await under.letTimePass();
  await under.sweep.run();
  expect([await under.openEnds(), await under.redis.exists(under.shard.keys.referrers(sha256))]).toEqual([0, 0]);
});

test('when a job is removed that had an upload, then its removal leaves no word for anybody', async () => {
  const { id } = await under.upload('picture');
  await under.redis.zadd(under.shard.keys.expiry, 1, id);
  await under.sweep.run();
  expect([await under.statusOf(id), await under.openEnds()]).toEqual(['gone', 0]);
});

test('when uploads were erased, then the reconciliation has nothing to say and nothing to do', async () => {
  under.work(under.rendering('a thumbnail'));
  const { id, sha256 } = await under.upload('picture');
  await under.untilStatus(id, 'completed');
  await under.letTimePass(id);
  await under.sweep.run();
  const told: number[] = [];
  const reconciliation = createReconciliation({
    shard: under.shard,
    listBlobs: under.blobs.list,
    eraseBlob: under.blobs.erase,
    minAgeMs: 0,
    onManyFiles: (unneeded) => void told.push(unneeded),
  });
  const left = (await reconciliation.run()).files; // of other tests
  expect(left).toBeGreaterThanOrEqual(0);
  expect(await reconciliation.run()).toEqual({
    notes: 0,
    files: 0,
    jobs: 0,
    failures: 0,
    batches: 0,
    lists: 0,
    sources: 0,
    counters: 0,
  });
  expect([told, await under.isThere(sha256), await under.isThere(sha256Of('a thumbnail'))]).toEqual([[], false, true]);
});

test('when a worker of 0.1.0 completes it, which leaves no word, then it is found an hour after it came', async () => {
  under.work(under.rendering('a thumbnail'));
  const { id, sha256 } = await under.upload('picture');
  await under.untilStatus(id, 'completed');
  await under.redis.del(under.outbox);
  await under.letTimePass(id);
  await under.sweep.run();
  expect(await under.isThere(sha256)).toBe(true);
  await under.anHourLater();
  expect([await under.isThere(sha256), await under.statusOf(id)]).toEqual([false, 'completed']);
});

test('when a request is sent again whose job has ended, then its file goes an hour later', async () => {
  under.work(under.rendering('a thumbnail'));
  const { id, sha256 } = await under.upload('picture');
  await under.untilStatus(id, 'completed');
  await under.letTimePass(id);
  await under.sweep.run();
  await createBlobReferrers(under.shard).retainUpload(sha256, id, countedUpload);
  await under.blobs.put(sha256, Buffer.from('picture'));
  await under.anHourLater();
  expect([await under.isThere(sha256), await under.notesOf(sha256)]).toEqual([false, []]);
});

test('when uploads are kept, or the job has failed, then also the look of an hour later leaves them', async () => {
  under.work(async (job) => {
    if (job.data.metadata?.fails) throw new Problem('not_an_image');
    return under.rendering('a thumbnail')(job);
  });
  const kept = await under.upload('kept', {}, true);
  const failed = await under.upload('failed', { metadata: { fails: true } });
  await under.untilStatus(kept.id, 'completed');
  await under.untilStatus(failed.id, 'failed');
  await under.letTimePass(kept.id, failed.id);
  await under.anHourLater();
  expect([await under.isThere(kept.sha256), await under.isThere(failed.sha256), await under.openEnds()]).toEqual([
    true,
    true,
    0,
  ]);
});

test('when hundreds have ended, then one run erases them all', async () => {
  under.work(under.rendering('a thumbnail'));
  const all = await Promise.all(Array.from({ length: 230 }, (_, at) => under.upload(`picture ${at}`)));
  for (const { id } of all) await under.untilStatus(id, 'completed');
  await under.letTimePass(...all.map(({ id }) => id));
  await under.sweep.run();
  const left = await Promise.all(all.map(({ sha256 }) => under.isThere(sha256)));
  expect([left.filter((there) => there).length, await under.openEnds()]).toEqual([0, 0]);
});
