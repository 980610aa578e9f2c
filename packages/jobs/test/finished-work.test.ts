/** What was done with the same bytes is found again, thumbnail by thumbnail; what is being done is waited for. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newThumbnailId, renditionOf, UnreadableRecord } from '@tintype/contracts';
import { keysOf } from '@tintype/redis';
import { createFinishedWork, type FinishedWork, type Work } from '../src/index.ts';
import { jobData, jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
let finished: FinishedWork;
const unreadable: unknown[] = [];
beforeAll(async () => {
  under = await startQueueUnderTest();
  finished = createFinishedWork(under.shard, (err) => void unreadable.push(err));
});
afterAll(() => under.stop());

let sourceSha256 = '';
beforeEach(() => {
  sourceSha256 = newThumbnailId(); // every test has bytes of its own
  unreadable.length = 0;
});

const work = (changes: Partial<Work> = {}): Work => ({
  tenant: 'default',
  sourceSha256,
  order: jobData.order,
  versions: { render: 1, colours: 1 },
  ...changes,
});
const named = (name: string, width: number) => ({ name, ...renditionOf({ width }) });
const asking = (renditions: Work['order']['renditions'], colours = {}): Partial<Work> => ({
  order: { renditions, colours },
});
const claimant = (id = newThumbnailId()) => ({ id, signal: new AbortController().signal });
const jobOf = (id: string) => keysOf(0).job(id);
const lockOf = (id: string) => keysOf(0).lock(id);
const [stored] = jobResult.renditions;
if (!stored) throw new Error('a result without a thumbnail');
const none = { renditions: [null], colours: null };

/** A job that has done this work, with a thumbnail of each name. */
async function done(changes: Partial<Work> = {}, names = ['default']): Promise<{ id: string; result: object }> {
  const id = newThumbnailId();
  const result = { ...jobResult, renditions: names.map((name) => ({ ...stored, name })) };
  await under.producer.hset(jobOf(id), { returnvalue: JSON.stringify(result), finishedOn: 1 });
  await finished.remember(work(changes), { id, expiresAtMs: Date.now() + 60_000 });
  return { id, result };
}

const find = (changes: Partial<Work> = {}) => finished.claim(work(changes), claimant());

test('when it is done, then equal work finds it, other sizes find its colours, others nothing', async () => {
  await done();
  expect(await find({ order: { ...jobData.order } })).toEqual({
    renditions: [{ rendition: stored, result: jobResult }],
    colours: jobResult,
  });
  for (const other of [asking([named('default', 99)]), { versions: { render: 2, colours: 1 } }]) {
    expect(await find(other)).toEqual({ renditions: [null], colours: jobResult });
  }
  for (const other of [{ tenant: 'b' }, { sourceSha256: 'f' }]) expect(await find(other)).toEqual(none);
  for (const other of [{ versions: { render: 1, colours: 2 } }, asking(jobData.order.renditions, { count: 2 })]) {
    expect(await find(other)).toEqual({ renditions: [{ rendition: stored, result: jobResult }], colours: null });
  }
});

test('when another frame was wanted, or damage was accepted, then it answers nobody who has not asked for that', async () => {
  const usual = jobData.order;
  const orders = [usual, { ...usual, frame: 1 }, { ...usual, on_damage: 'accept' as const }];
  for (const order of orders) {
    sourceSha256 = newThumbnailId();
    await done({ order });
    for (const other of orders) {
      const { renditions, colours } = await find({ order: other });
      expect([renditions[0] !== null, colours !== null]).toEqual(new Array(2).fill(other === order));
    }
  }
});

test('when some of several thumbnails were made, by whatever job and name, then they are found, and the rest is claimed', async () => {
  await done(asking([named('small', 10), named('large', 30)]), ['small', 'large']);
  const job = claimant();
  const asked = asking([named('icon', 10), named('middle', 20), named('hero', 30)]);
  const earlier = await finished.claim(work(asked), job);
  expect(earlier.renditions.map((found) => found?.rendition.name ?? null)).toEqual(['small', null, 'large']);
  await under.producer.set(lockOf(job.id), 'token');
  await under.producer.hset(jobOf(job.id), { timestamp: 1 });
  const other = finished.claim(work(asking([named('only', 20)])), claimant());
  expect(await Promise.race([other, pause(100).then(() => 'waits')])).toBe('waits');
  await under.producer.del(lockOf(job.id));
  expect((await other).renditions).toEqual([null]);
});

test('when only colours were found, then they alone are remembered', async () => {
  const { result } = await done(asking([]), []);
  expect(await find()).toEqual({ renditions: [null], colours: result });
  expect(await find(asking([]))).toEqual({ renditions: [], colours: result });
});

test.each(['is done', 'dies'])(
  'when another job is at it, then one waits, and finds its result or takes over when it %s',
  async (outcome) => {
    const [leader, follower] = [claimant(), claimant()];
    await under.producer.hset(jobOf(leader.id), { timestamp: 1 });
    await under.producer.set(lockOf(leader.id), 'token');
    expect(await finished.claim(work(), leader)).toEqual(none);
    const waiting = finished.claim(work(), follower);
    expect(await Promise.race([waiting, pause(100).then(() => 'waits')])).toBe('waits');
    if (outcome === 'is done') {
      await under.producer.hset(jobOf(leader.id), { returnvalue: JSON.stringify(jobResult), finishedOn: 1 });
    }
    await under.producer.del(lockOf(leader.id));
    expect((await waiting).renditions).toEqual(
      outcome === 'is done' ? [{ rendition: stored, result: jobResult }] : [null],
    );
  },
);

test('when the earlier result cannot be read, then it is told and counts as not there, and others wait for the new one', async () => {
  const { id } = await done();
  await under.producer.hset(jobOf(id), { returnvalue: '{"v":9,"renditions":"none"}' });
  const job = claimant();
  expect(await finished.claim(work(), job)).toEqual(none);
  expect(unreadable).toEqual([expect.any(UnreadableRecord)]);
  await under.producer.hset(jobOf(job.id), { timestamp: 1 });
  await under.producer.set(lockOf(job.id), 'token');
  const other = finished.claim(work(), claimant());
  expect(await Promise.race([other, pause(100).then(() => 'waits')])).toBe('waits');
  await under.producer.del(lockOf(job.id));
  await other;
});

test('when there is one thumbnail, then a claim is one command and remembering it is two', async () => {
  const commands = async (act: () => Promise<unknown>) => {
    await under.producer.call('CONFIG', 'RESETSTAT');
    await act();
    const stats = String(await under.producer.info('commandstats'));
    const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    return { scripts: calls('evalsha'), texts: calls('eval'), sets: calls('set') };
  };
  await find();
  const job = claimant();
  const claiming = () => finished.claim(work({ sourceSha256: 'fresh' }), job);
  // The script itself sets the claim.
  expect(await commands(claiming)).toEqual({ scripts: 1, texts: 0, sets: 1 });
  const remembering = () => finished.remember(work(), { id: job.id, expiresAtMs: Date.now() + 60_000 });
  expect(await commands(remembering)).toEqual({ scripts: 0, texts: 0, sets: 2 });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test('when it is only looked for, then all of it is found or nothing, and nothing is claimed', async () => {
  expect(await finished.find(work())).toBeNull();
  const { id } = await done();
  expect(await finished.find(work())).toEqual({
    renditions: [{ rendition: stored, result: jobResult }],
    colours: jobResult,
  });
  const more = asking([...jobData.order.renditions, named('wide', 99)]);
  expect(await finished.find(work(more))).toBeNull();
  expect(await finished.find(work({ tenant: 'b' }))).toBeNull();
  // Whoever had claimed the missing part would keep this one waiting.
  expect((await find(more)).renditions[1]).toBeNull();
  await under.producer.hset(jobOf(id), 'deletedAt', 1);
  expect(await finished.find(work())).toBeNull();
});
