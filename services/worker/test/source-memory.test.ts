/** The bytes of sources that a worker holds. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import { Postponed } from '@tintype/jobs';
import { createSourceMemory } from '../src/source-memory.ts';

const forEver = new AbortController().signal;

/** Whether the promise is settled, without waiting for it. */
async function isOver(promise: Promise<unknown> | null): Promise<boolean> {
  let over = promise === null;
  promise?.then(
    () => (over = true),
    () => (over = true),
  );
  await turn();
  return over;
}

test('when the budget is reached, then no other source is begun until one is released', async () => {
  const memory = createSourceMemory(100);
  const share = memory.enter('one', forEver);
  expect(share.add(100)).toBeNull(); // the first one may go on
  const next = memory.room('one', forEver);
  share.complete();
  expect(await isOver(next)).toBe(false);
  share.release();
  share.release();
  expect(await isOver(next)).toBe(true);
});

test('when downloads fill the budget together, then the first that asks goes on, the others after it was used', async () => {
  const memory = createSourceMemory(100);
  const [first, second] = [memory.enter('one', forEver), memory.enter('one', forEver)];
  expect(first.add(60)).toBeNull();
  expect(second.add(60)).toBeNull();
  const paused = first.add(60);
  expect(second.add(60)).toBeNull();
  second.complete();
  expect(await isOver(paused)).toBe(false);
  second.release();
  expect(await isOver(paused)).toBe(true);
});

test('when the source that was begun first trickles, then the others get on all the same, one after the other', async () => {
  const memory = createSourceMemory(100);
  const [trickling, ...others] = ['one', 'one', 'one'].map((tenant) => memory.enter(tenant, forEver));
  trickling?.add(1);
  const waits = others.map((share) => share.add(100));
  expect([await isOver(waits[0] ?? null), await isOver(waits[1] ?? null)]).toEqual([true, false]);
  expect(await isOver(trickling?.add(1) ?? null)).toBe(false);
  others[0]?.complete();
  others[0]?.release();
  expect(await isOver(waits[1] ?? null)).toBe(true);
});

test('when the first download fails, then the next one may go on', async () => {
  const memory = createSourceMemory(100);
  const shares = [memory.enter('one', forEver), memory.enter('one', forEver), memory.enter('one', forEver)] as const;
  const [, second, third] = shares.map((share) => share.add(200));
  shares[0].release();
  expect([await isOver(second ?? null), await isOver(third ?? null)]).toEqual([true, false]);
});

test('when a job ends while it waits for room, then it waits no longer', async () => {
  const memory = createSourceMemory(100);
  memory.enter('one', forEver).add(100);
  const abort = new AbortController();
  const room = memory.room('one', abort.signal);
  abort.abort(new Error('cancelled'));
  await expect(room).rejects.toThrow('cancelled');
});

test('when one tenant has filled the budget, then small sources of others go on, and no large ones', async () => {
  const memory = createSourceMemory(1600);
  memory.enter('greedy', forEver).add(1600);
  const [small, large] = [memory.enter('other', forEver), memory.enter('another', forEver)];
  await memory.room('other', forEver);
  expect(small.add(99)).toBeNull();
  const waiting = large.add(500);
  expect(await isOver(waiting)).toBe(false);
  expect(await isOver(memory.room('greedy', forEver))).toBe(false);
});

test('when many tenants with small sources come, then what they hold together is bounded', async () => {
  const memory = createSourceMemory(1600);
  memory.enter('greedy', forEver).add(1600);
  const waits = Array.from({ length: 10 }, (_, at) => memory.enter(`tenant ${at}`, forEver).add(40));
  expect(waits.filter((wait) => wait === null)).toHaveLength(7);
});

test.each([1, 2, 3, 8, 10])(
  'when %i tenants hold the whole budget, then another one begins at once, and goes on',
  async (count) => {
    const memory = createSourceMemory(1600);
    const shares = Array.from({ length: count }, (_, at) => memory.enter(`greedy ${at}`, forEver));
    for (const share of shares) share.add(1600 / count);
    expect(await isOver(memory.room('modest', forEver))).toBe(true);
    expect(memory.enter('modest', forEver).add(99)).toBeNull();
  },
);

test('when others have the reserve, each as much as it gets, then there is some of it for one more', async () => {
  const memory = createSourceMemory(1600);
  memory.enter('greedy', forEver).add(1600);
  for (let at = 0; at < 10; at++) {
    const share = memory.enter(`greedy ${at}`, forEver);
    while (share.add(1) === null);
  }
  expect(await isOver(memory.room('modest', forEver))).toBe(true);
  expect(memory.enter('modest', forEver).add(1)).toBeNull();
});

test('when the budget has room again, then what the reserve has lent is the budget’s', async () => {
  const memory = createSourceMemory(1600);
  const first = memory.enter('first', forEver);
  first.add(1600);
  for (const tenant of ['a', 'b', 'c', 'd']) expect(memory.enter(tenant, forEver).add(40)).toBeNull();
  first.release();
  memory.enter('second', forEver).add(1600 - 4 * 40);
  expect(memory.enter('modest', forEver).add(99)).toBeNull();
});

test('when several tenants hold more than their share, then bytes that stand still are taken back from each', async () => {
  const memory = createSourceMemory(100);
  const shares = ['one', 'two', 'three'].map((tenant) => memory.enter(tenant, forEver));
  for (const share of shares) share.add(40);
  const modest = memory.enter('modest', forEver);
  const waiting = modest.add(20);
  expect(await isOver(waiting)).toBe(false);
  await Promise.all(
    shares.map((share) => new Promise((resolve) => share.signal.addEventListener('abort', resolve, { once: true }))),
  );
  for (const share of shares) share.release();
  await waiting;
});

test('when another tenant waits, then sources that wait for their turn go back to the queue, and then one that stands still ends', async () => {
  const memory = createSourceMemory(100);
  const [still, onTop, turn] = ['greedy', 'greedy', 'greedy'].map((tenant) => memory.enter(tenant, forEver));
  still?.add(60);
  onTop?.add(60);
  const itsTurn = turn?.add(60);
  const other = memory.enter('other', forEver);
  const waiting = other.add(60);
  await itsTurn;
  expect([still?.signal.aborted, turn?.signal.reason]).toEqual([false, expect.any(Postponed)]);
  turn?.release();
  for (const share of [still, onTop]) {
    expect(await isOver(waiting)).toBe(false);
    await new Promise((resolve) => share?.signal.addEventListener('abort', resolve));
    expect(share?.signal.reason).toMatchObject({ code: 'source_timeout', retryable: true });
    share?.release();
  }
  await waiting;
});

test('when a tenant waits for its own sources, then it is more patient with the one that stands still', async () => {
  const memory = createSourceMemory(100);
  const [still, waiting] = [memory.enter('one', forEver), memory.enter('one', forEver)];
  still.add(100);
  const wait = waiting.add(10);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect([still.signal.aborted, waiting.signal.aborted, await isOver(wait)]).toEqual([false, false, false]);
  await new Promise((resolve) => still.signal.addEventListener('abort', resolve));
  expect([still.signal.reason, waiting.signal.aborted]).toEqual([expect.any(Problem), false]);
  still.release();
  expect(await isOver(wait)).toBe(true);
});
