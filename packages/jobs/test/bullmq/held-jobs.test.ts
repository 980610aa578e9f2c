/** How many jobs a worker holds at once: never more than it may, as many as it may, while that changes too. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { countCoreWaits } from '@tintype/testkit';
import { createHeldJobs } from '../../src/bullmq/held-jobs.ts';
import { Postponed } from '../../src/index.ts';
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

/** A worker whose jobs go on until they are let go one by one. */
function startHolding(concurrency: number) {
  const releases: (() => void)[] = [];
  let most = 0;
  let held = 0;
  let ended = 0;
  const worker = under.work(
    async () => {
      held += 1;
      most = Math.max(most, held);
      await new Promise<void>((resolve) => releases.push(resolve));
      held -= 1;
      ended += 1;
      return jobResult;
    },
    {},
    concurrency,
  );
  return {
    worker,
    held: () => held,
    most: () => most,
    /** Resolves when the job is not held any more. */
    async letGo(): Promise<void> {
      const before = ended;
      releases.shift()?.();
      while (ended === before) await pause(1);
    },
    async untilHeld(count: number): Promise<void> {
      while (held !== count) await pause(5);
    },
  };
}

test('when more jobs wait than a worker may hold, then it holds just as many all the time, until none is left', async () => {
  const ids: string[] = [];
  for (let count = 40; count > 0; count--) ids.push(await under.add());
  const holding = startHolding(3);
  for (let left = 40; left > 0; left--) {
    await holding.untilHeld(Math.min(3, left));
    await holding.letGo();
  }
  for (const id of ids) await under.until(id, isEnded);
  expect(holding.most()).toBe(3);
});

test('when a worker may hold more while all slots are busy, then it takes more at once, and fewer when it may hold fewer', async () => {
  for (let count = 12; count > 0; count--) await under.add();
  const holding = startHolding(2);
  await holding.untilHeld(2);
  await pause(100);
  const [extendedMs, coreWaitsMs] = [performance.now(), countCoreWaits()];
  holding.worker.extendBy(3);
  await holding.untilHeld(5);
  expect(performance.now() - extendedMs).toBeLessThan(2000 + coreWaitsMs());
  await pause(50);
  expect(holding.held()).toBe(5);
  holding.worker.extendBy(0);
  for (const left of [4, 3, 2]) {
    await holding.letGo();
    await holding.untilHeld(left);
    await pause(50);
    expect(holding.held()).toBe(left);
  }
  await holding.letGo();
  await pause(200);
  expect([holding.held(), holding.most()]).toEqual([2, 5]);
  const { active, waiting } = await under.queue.depth();
  expect([active, waiting]).toEqual([2, 12 - 4 - 2]);
});

test('when jobs leave early for a while, then others take their slots, one after the other', async () => {
  const begun: string[] = [];
  let held = 0;
  let most = 0;
  under.work(
    async ({ id }) => {
      begun.push(id);
      held += 1;
      most = Math.max(most, held);
      await pause(10);
      held -= 1;
      if (begun.length < 10) throw new Postponed(60_000);
      return jobResult;
    },
    {},
    1,
  );
  const ids: string[] = [];
  for (let count = 10; count > 0; count--) ids.push(await under.add());
  await under.until(ids[9] ?? '', isEnded);
  expect([begun, most]).toEqual([ids, 1]);
  expect(await under.record(ids[0] ?? '')).toMatchObject({ status: 'queued', attempts: 0, startedAtMs: null });
});

test('when one tenant has all places and stands still, then jobs of others are begun beside, and none of its own', async () => {
  for (let count = 1000; count > 0; count--) await under.add({ tenant: 'greedy', priority: 'high' });
  const begun: string[] = [];
  const gate = Promise.withResolvers<void>();
  under.work(
    async ({ tenant }) => {
      begun.push(tenant);
      if (tenant === 'greedy') await gate.promise;
      return jobResult;
    },
    {},
    8,
  );
  while (begun.length < 8) await pause(5);
  for (const tenant of ['other', 'a third']) await under.until(await under.add({ tenant }), isEnded);
  expect(begun.slice(8)).toEqual(['other', 'a third']);
  await pause(300);
  expect(begun).toHaveLength(10);
  gate.resolve();
  while (begun.length < 1002) await pause(5);
});

test.each([2, 3, 10])(
  'when %i tenants have all places and stand still, then a job of another one is begun beside, and so is its next',
  async (count) => {
    for (let at = 0; at < 40 * count; at++) await under.add({ tenant: `greedy ${at % count}`, priority: 'high' });
    const gate = Promise.withResolvers<void>();
    const holding = new Map<string, number>();
    const all = () => [...holding.values()].reduce((sum, held) => sum + held, 0);
    let most = 0;
    under.work(
      async ({ tenant }) => {
        holding.set(tenant, (holding.get(tenant) ?? 0) + 1);
        most = Math.max(most, all());
        if (tenant !== 'modest') await gate.promise;
        holding.set(tenant, (holding.get(tenant) ?? 0) - 1);
        return jobResult;
      },
      {},
      40,
    );
    while (all() < 40) await pause(5);
    for (let times = 3; times > 0; times--) await under.until(await under.add({ tenant: 'modest' }), isEnded);
    expect([all(), most]).toEqual([40, 41]);
    gate.resolve();
  },
);

test('when tenants with one job each come while all places are taken, then a quarter of them is held beside, and no more', () => {
  const held = createHeldJobs(40);
  const add = (at: number, tenant: string) =>
    held.add({ id: String(at), token: 't', envelope: `2 0 ${tenant}`, attemptsMade: 0 });
  for (let at = 0; at < 39; at++) add(at, `greedy${at % 3}`);
  expect(held.tenantsToPass()).toEqual([]);
  add(39, 'greedy0');
  for (let at = 40; at < 50; at++) {
    expect(held.tenantsToPass()).toHaveLength(3 + at - 40);
    add(at, `other${at}`);
  }
  expect(held.tenantsToPass()).toEqual([]);
  for (const id of ['0', '1']) held.remove({ id, token: 't' });
  expect(held.tenantsToPass()).toContain('other49');
});

test('when an idle worker may hold none any more, then a new job is begun by its idle neighbour at once', async () => {
  const first = startHolding(1);
  // Of two that wait for the marker, the one that has waited longer is woken.
  while (!String(await under.producer.client('LIST')).includes('cmd=bzpopmin')) await pause(5);
  await pause(100);
  const second = startHolding(1);
  await pause(300);
  first.worker.extendBy(-1);
  const [addedMs, coreWaitsMs] = [performance.now(), countCoreWaits()];
  await under.add();
  await second.untilHeld(1);
  expect(performance.now() - addedMs).toBeLessThan(1500 + coreWaitsMs());
  expect(first.held()).toBe(0);
  await second.letGo();
});
