/** Uploads of ended jobs while somebody is still at them: a worker, an eraser, or who sends the same bytes again. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createJobControl } from '@tintype/jobs';
import { sha256Of, UploadsUnderTest, until } from './uploads-under-test.ts';

let under: UploadsUnderTest;
beforeAll(async () => {
  under = await UploadsUnderTest.start();
});
beforeEach(() => under.begin());
afterEach(() => under.end());
afterAll(() => under.stop());

test('when a job is cancelled while a worker is at it, then the upload stays until that has let go', async () => {
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  under.work(async (job) => {
    begun.resolve();
    await gate.promise;
    return under.rendering('a thumbnail')(job);
  });
  const { id, sha256 } = await under.upload('picture');
  await begun.promise;
  await createJobControl(under.shard).cancel(id);
  await under.letTimePass(id);
  await under.sweep.run();
  expect([await under.isThere(sha256), await under.openEnds()]).toEqual([true, 1]);
  gate.resolve();
  await until(async () => (await under.redis.exists(under.shard.keys.lock(id))) === 0);
  await under.letTimePass(id);
  await under.sweep.run();
  expect([await under.isThere(sha256), await under.openEnds()]).toEqual([false, 0]);
  expect(under.failures).not.toContain('internal_error');
});

test('when a worker has lost its job, then what it makes of it erases nothing that the next one needs', async () => {
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let count = 0;
  under.work(async (job) => {
    count += 1;
    begun.resolve();
    await gate.promise;
    return under.rendering('a thumbnail')(job);
  });
  const { id, sha256 } = await under.upload('picture');
  await begun.promise;
  await under.redis.set(under.shard.keys.lock(id), 'another', 'PX', 60_000);
  gate.resolve();
  await until(() => under.isThere(sha256Of('a thumbnail')));
  await under.workers[0]?.close(0);
  await under.letTimePass(id);
  await under.sweep.run();
  expect([await under.isThere(sha256), await under.openEnds(), await under.statusOf(id)]).toEqual([
    true,
    0,
    'processing',
  ]);
  await under.redis.del(under.shard.keys.lock(id));
  under.work(under.rendering('a thumbnail'));
  await under.untilStatus(id, 'completed');
  expect(count).toBe(1);
  await under.letTimePass(id);
  await under.sweep.run();
  expect(await under.isThere(sha256)).toBe(false);
});

test('when whoever was to erase it dies or cannot, then somebody else does later', async () => {
  under.work(under.rendering('a thumbnail'));
  const { id, sha256 } = await under.upload('picture');
  await under.untilStatus(id, 'completed');
  await under.letTimePass(id);
  under.erase = async () => {
    throw new Error('the disk does not answer');
  };
  await under.sweep.run();
  expect(under.reported.splice(0)).toHaveLength(1);
  expect([await under.isThere(sha256), await under.openEnds()]).toEqual([true, 1]);
  under.erase = under.blobs.erase;
  await under.sweep.run();
  expect(await under.isThere(sha256)).toBe(true); // it is leased
  await under.redis.del(under.shard.keys.erasing(sha256)); // which ends by itself, ten seconds after its owner has died
  await under.letTimePass(id);
  await under.sweep.run();
  expect([await under.isThere(sha256), await under.openEnds()]).toEqual([false, 0]);
});

test.each([
  ['still holds its note', false],
  ['stood still until its note had run out', true],
])(
  'when the same bytes come at the moment of erasing, and the eraser %s, then they are there',
  async (_name, isLate) => {
    under.work(under.rendering('a thumbnail'));
    const { id, sha256 } = await under.upload('picture');
    await under.untilStatus(id, 'completed');
    await under.letTimePass(id);
    const [atIt, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    under.erase = (name, isUnneeded) =>
      under.blobs.erase(name, async () => {
        atIt.resolve();
        await goOn.promise;
        return isUnneeded?.() ?? true;
      });
    const erasing = under.sweep.run();
    await atIt.promise;
    for (const worker of under.workers.splice(0)) await worker.close();
    if (isLate) await under.redis.del(under.shard.keys.erasing(sha256));
    const again = under.upload('picture');
    if (isLate) await again;
    else await new Promise((resolve) => setTimeout(resolve, 60));
    goOn.resolve();
    await erasing;
    const second = await again;
    expect([await under.isThere(sha256), await under.notesOf(sha256)]).toEqual([true, [second.id]]);
    under.work(under.rendering('a thumbnail'));
    await under.untilStatus(second.id, 'completed');
  },
);
