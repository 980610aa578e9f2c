/** Who waits goes in by the order of the queue, for slots and for bytes alike. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createSemaphore, type Semaphore } from '../src/semaphore.ts';

const { signal } = new AbortController();

describe('slots', () => {
  test('when several wait, then the earliest rank goes first, and of equal ones the one that came first', async () => {
    const slots = createSemaphore(1);
    await slots.enter({ rank: 9, signal });
    const order: string[] = [];
    const waiting = [
      { name: 'low', rank: 30 },
      { name: 'first', rank: 20 },
      { name: 'second', rank: 20 },
      { name: 'high', rank: 10 },
    ].map(({ name, rank }) => slots.run({ rank, signal }, async () => void order.push(name)));
    slots.leave();
    await Promise.all(waiting);
    expect(order).toEqual(['high', 'first', 'second', 'low']);
    expect(slots.isIdle()).toBe(true);
  });

  test('when the work inside fails, then its slot is free again', async () => {
    const slots = createSemaphore(1);
    await expect(slots.run({ rank: 1, signal }, () => Promise.reject(new Error('corrupt')))).rejects.toThrow('corrupt');
    expect(slots.isIdle()).toBe(true);
  });

  test('when the time limit is over, then one is not inside, and nobody waits any more', async () => {
    const slots = createSemaphore(1);
    await slots.enter({ rank: 1, signal });
    expect(await slots.enter({ rank: 1, signal }, { limitMs: 5 })).toBe(false);
    slots.leave();
    expect(slots.isIdle()).toBe(true);
  });

  test('when the job has ended before, then it does not go in', async () => {
    const slots = createSemaphore(1);
    const ended = AbortSignal.abort(new Error('cancelled'));
    await expect(slots.enter({ rank: 1, signal: ended })).rejects.toThrow('cancelled');
    await expect(slots.run({ rank: 1, signal: ended }, async () => 1)).rejects.toThrow('cancelled');
    expect(slots.isIdle()).toBe(true);
  });
});

describe('bytes', () => {
  /** Work that begins when there is room for it and lasts until it is ended. */
  function startWork(memory: Semaphore, bytes: number, waiter = { rank: 1, signal }) {
    const end = Promise.withResolvers<void>();
    let hasBegun = false;
    const work = () => {
      hasBegun = true;
      return end.promise;
    };
    const over = memory.run(waiter, work, bytes);
    return {
      over,
      async end() {
        end.resolve();
        await over;
        await turn();
      },
      hasBegun: () => hasBegun,
    };
  }

  test('when the budget is used up, then the next ones wait in their order, and a large one is not overtaken', async () => {
    const memory = createSemaphore(100);
    const [first, second, large, small] = [60, 30, 50, 5].map((bytes) => startWork(memory, bytes));
    expect([first, second, large, small].map((work) => work?.hasBegun())).toEqual([true, true, false, false]);
    await second?.end();
    expect([large, small].map((work) => work?.hasBegun())).toEqual([false, false]);
    await first?.end();
    expect([large, small].map((work) => work?.hasBegun())).toEqual([true, true]);
  });

  test('when one of an earlier rank comes while a large one waits, then it goes before; a later one does not', async () => {
    const memory = createSemaphore(100);
    const inside = startWork(memory, 60);
    const large = startWork(memory, 50, { rank: 5, signal });
    const late = startWork(memory, 10, { rank: 6, signal });
    const early = startWork(memory, 10, { rank: 4, signal });
    await turn();
    expect([large, late, early].map((work) => work.hasBegun())).toEqual([false, false, true]);
    await inside.end();
    expect([large, late].map((work) => work.hasBegun())).toEqual([true, true]);
  });

  test('when more than the budget is wanted, then it is had alone; a failure gives it back', async () => {
    const memory = createSemaphore(100);
    const failing = memory.run({ rank: 1, signal }, () => Promise.reject(new Error('damaged')), 1000);
    const next = startWork(memory, 1);
    expect(next.hasBegun()).toBe(false);
    await expect(failing).rejects.toThrow('damaged');
    await turn();
    expect(next.hasBegun()).toBe(true);
  });

  test('when a job ends while it waits, then it leaves the line to those behind', async () => {
    const memory = createSemaphore(100);
    startWork(memory, 60);
    const abort = new AbortController();
    const large = startWork(memory, 50, { rank: 1, signal: abort.signal });
    const small = startWork(memory, 40);
    abort.abort(new Error('cancelled'));
    await expect(large.over).rejects.toThrow('cancelled');
    await turn();
    expect([large.hasBegun(), small.hasBegun()]).toEqual([false, true]);
  });
});
