/** The bytes of sources that a worker holds. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
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
  const share = memory.enter();
  expect(share.add(100)).toBeNull(); // the first one may go on
  const next = memory.room(forEver);
  share.complete();
  expect(await isOver(next)).toBe(false);
  share.release();
  share.release();
  expect(await isOver(next)).toBe(true);
});

test('when downloads fill the budget together, then the one begun first goes on, the others after it was used', async () => {
  const memory = createSourceMemory(100);
  const [first, second] = [memory.enter(), memory.enter()];
  expect(first.add(60)).toBeNull();
  const paused = second.add(60);
  expect(first.add(60)).toBeNull();
  first.complete();
  expect(await isOver(paused)).toBe(false);
  first.release();
  expect(await isOver(paused)).toBe(true);
});

test('when the first download fails, then the next one may go on', async () => {
  const memory = createSourceMemory(100);
  const shares = [memory.enter(), memory.enter(), memory.enter()] as const;
  const [, second, third] = shares.map((share) => share.add(200));
  shares[0].release();
  expect([await isOver(second ?? null), await isOver(third ?? null)]).toEqual([true, false]);
});

test('when a job ends while it waits for room, then it waits no longer', async () => {
  const memory = createSourceMemory(100);
  memory.enter().add(100);
  const abort = new AbortController();
  const room = memory.room(abort.signal);
  abort.abort(new Error('cancelled'));
  await expect(room).rejects.toThrow('cancelled');
});
