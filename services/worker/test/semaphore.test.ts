/** Who waits goes in by the order of the queue, for slots and for bytes alike. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createSemaphore, type Semaphore } from '../src/semaphore.ts';

const { signal } = new AbortController();
const tenant = 'one';

describe('slots', () => {
  test('when several wait, then the earliest rank goes first, and of equal ones the one that came first', async () => {
    const slots = createSemaphore({ capacity: 1 });
    const pass = await slots.enter({ tenant, rank: 9, signal });
    const order: string[] = [];
    const waiting = [
      { name: 'low', rank: 30 },
      { name: 'first', rank: 20 },
      { name: 'second', rank: 20 },
      { name: 'high', rank: 10 },
    ].map(({ name, rank }) => slots.run({ tenant, rank, signal }, async () => void order.push(name)));
    pass?.leave();
    await Promise.all(waiting);
    expect(order).toEqual(['high', 'first', 'second', 'low']);
    expect(slots.isIdle()).toBe(true);
  });

  test('when the work inside fails, then its slot is free again', async () => {
    const slots = createSemaphore({ capacity: 1 });
    await expect(slots.run({ tenant, rank: 1, signal }, () => Promise.reject(new Error('corrupt')))).rejects.toThrow(
      'corrupt',
    );
    expect(slots.isIdle()).toBe(true);
  });

  test('when the time limit is over, then one is not inside, and nobody waits any more', async () => {
    const slots = createSemaphore({ capacity: 1 });
    const pass = await slots.enter({ tenant, rank: 1, signal });
    expect(await slots.enter({ tenant, rank: 1, signal }, { limitMs: 5 })).toBeNull();
    pass?.leave();
    pass?.leave();
    expect(slots.isIdle()).toBe(true);
  });

  test('when the job has ended before, then it does not go in', async () => {
    const slots = createSemaphore({ capacity: 1 });
    const ended = AbortSignal.abort(new Error('cancelled'));
    await expect(slots.enter({ tenant, rank: 1, signal: ended })).rejects.toThrow('cancelled');
    await expect(slots.run({ tenant, rank: 1, signal: ended }, async () => 1)).rejects.toThrow('cancelled');
    expect(slots.isIdle()).toBe(true);
  });
});

describe('tenants', () => {
  /** What `entries` of tenants come in with, one after the other, and who is inside by then. */
  async function insideOf(slots: Semaphore, entries: { tenant: string; weight?: number }[]): Promise<string[]> {
    const inside: string[] = [];
    for (const [rank, { tenant, weight = 1 }] of entries.entries()) {
      void slots.enter({ tenant, rank, signal }, { weight }).then(() => inside.push(`${tenant} ${weight}`));
    }
    await turn();
    return inside;
  }

  test('when one tenant has all slots, then another one has the reserve, once, and nobody who has a slot', async () => {
    const slots = createSemaphore({ capacity: 2, reserve: 1 });
    const entries = ['a', 'a', 'a', 'b', 'b', 'c', 'a'].map((tenant) => ({ tenant }));
    expect(await insideOf(slots, entries)).toEqual(['a 1', 'a 1', 'b 1']);
  });

  test('when nobody is inside, then the reserve is for nobody', async () => {
    const slots = createSemaphore({ capacity: 1, reserve: 1 });
    expect(await insideOf(slots, [{ tenant: 'a' }, { tenant: 'a' }])).toEqual(['a 1']);
  });

  test('when bytes run out, then what fits into the reserve goes in for a tenant that has none, and nothing larger', async () => {
    const memory = createSemaphore({ capacity: 90, reserve: 10 });
    const entries = [
      { tenant: 'a', weight: 1000 },
      { tenant: 'a', weight: 1 },
      { tenant: 'b', weight: 11 },
      { tenant: 'c', weight: 4 },
      { tenant: 'c', weight: 4 },
      { tenant: 'd', weight: 6 },
    ];
    expect(await insideOf(memory, entries)).toEqual(['a 1000', 'c 4', 'd 6']);
  });

  test('when others pass a large one by the reserve, then they take nothing of what it waits for', async () => {
    const memory = createSemaphore({ capacity: 100, reserve: 10 });
    const pass = await memory.enter({ tenant: 'a', rank: 1, signal }, { weight: 1 });
    const inside: string[] = [];
    void memory.enter({ tenant: 'b', rank: 2, signal }, { weight: 100 }).then(() => inside.push('large'));
    void memory.enter({ tenant: 'c', rank: 3, signal }, { weight: 10 }).then(() => inside.push('small'));
    await turn();
    pass?.leave();
    await turn();
    expect(inside).toEqual(['small', 'large']);
  });

  test('when several tenants wait, then the one with least inside goes first, whatever the ranks', async () => {
    const slots = createSemaphore({ capacity: 3 });
    const passes = await Promise.all([1, 2, 3].map((rank) => slots.enter({ tenant: 'a', rank, signal })));
    const order: string[] = [];
    for (const [rank, tenant] of ['a', 'a', 'b', 'b', 'c'].entries()) {
      void slots.enter({ tenant, rank, signal }).then(() => void order.push(tenant));
    }
    await turn();
    for (const pass of passes) pass?.leave();
    await turn();
    expect(order).toEqual(['b', 'c', 'a']);
  });
});

describe('bytes', () => {
  /** Work that begins when there is room for it and lasts until it is ended. */
  function startWork(memory: Semaphore, bytes: number, waiter = { tenant, rank: 1, signal }) {
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
    const memory = createSemaphore({ capacity: 100 });
    const [first, second, large, small] = [60, 30, 50, 5].map((bytes) => startWork(memory, bytes));
    expect([first, second, large, small].map((work) => work?.hasBegun())).toEqual([true, true, false, false]);
    await second?.end();
    expect([large, small].map((work) => work?.hasBegun())).toEqual([false, false]);
    await first?.end();
    expect([large, small].map((work) => work?.hasBegun())).toEqual([true, true]);
  });

  test('when one of an earlier rank comes while a large one waits, then it goes before; a later one does not', async () => {
    const memory = createSemaphore({ capacity: 100 });
    const inside = startWork(memory, 60);
    const large = startWork(memory, 50, { tenant, rank: 5, signal });
    const late = startWork(memory, 10, { tenant, rank: 6, signal });
    const early = startWork(memory, 10, { tenant, rank: 4, signal });
    await turn();
    expect([large, late, early].map((work) => work.hasBegun())).toEqual([false, false, true]);
    await inside.end();
    expect([large, late].map((work) => work.hasBegun())).toEqual([true, true]);
  });

  test('when more than the budget is wanted, then it is had alone; a failure gives it back', async () => {
    const memory = createSemaphore({ capacity: 100 });
    const failing = memory.run({ tenant, rank: 1, signal }, () => Promise.reject(new Error('damaged')), 1000);
    const next = startWork(memory, 1);
    expect(next.hasBegun()).toBe(false);
    await expect(failing).rejects.toThrow('damaged');
    await turn();
    expect(next.hasBegun()).toBe(true);
  });

  test('when a job ends while it waits, then it leaves the line to those behind', async () => {
    const memory = createSemaphore({ capacity: 100 });
    startWork(memory, 60);
    const abort = new AbortController();
    const large = startWork(memory, 50, { tenant, rank: 1, signal: abort.signal });
    const small = startWork(memory, 40);
    abort.abort(new Error('cancelled'));
    await expect(large.over).rejects.toThrow('cancelled');
    await turn();
    expect([large.hasBegun(), small.hasBegun()]).toEqual([false, true]);
  });

  test('when a pass shrinks, then others have what it gives back, and it never grows again', async () => {
    const memory = createSemaphore({ capacity: 100 });
    const pass = await memory.enter({ tenant, rank: 1, signal }, { weight: 100 });
    const next = startWork(memory, 60);
    pass?.shrinkTo(40);
    await turn();
    expect(next.hasBegun()).toBe(true);
    pass?.shrinkTo(100);
    pass?.leave();
    pass?.shrinkTo(0);
    const third = startWork(memory, 40);
    const fourth = startWork(memory, 1);
    await turn();
    expect([third, fourth].map((work) => work.hasBegun())).toEqual([true, false]);
  });
});
