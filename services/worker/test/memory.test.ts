/** The two budgets of a worker: memory for decoding, and bytes of sources. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createMemoryGate, type MemoryGate } from '../src/picture/memory-gate.ts';
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

describe('memory for decoding', () => {
  /** Work that begins when there is memory for it and lasts until it is ended. */
  function startWork(gate: MemoryGate, bytes: number, signal = forEver) {
    const end = Promise.withResolvers<void>();
    let hasBegun = false;
    const over = gate.hold(bytes, signal, () => {
      hasBegun = true;
      return end.promise;
    });
    return {
      over,
      async end() {
        end.resolve();
        await over;
      },
      hasBegun: () => hasBegun,
    };
  }

  test('when the budget is used up, then the next ones wait in their order, and a large one is not overtaken', async () => {
    const gate = createMemoryGate(100);
    const [first, second, large, small] = [60, 30, 50, 5].map((bytes) => startWork(gate, bytes));
    expect([first, second, large, small].map((work) => work?.hasBegun())).toEqual([true, true, false, false]);
    await second?.end();
    expect([large, small].map((work) => work?.hasBegun())).toEqual([false, false]);
    await first?.end();
    await turn();
    expect([large, small].map((work) => work?.hasBegun())).toEqual([true, true]);
  });

  test('when more than the budget is wanted, then it is had alone; a failure gives it back', async () => {
    const gate = createMemoryGate(100);
    const failing = gate.hold(1000, forEver, () => Promise.reject(new Error('damaged')));
    const next = startWork(gate, 1);
    expect(next.hasBegun()).toBe(false);
    await expect(failing).rejects.toThrow('damaged');
    await turn();
    expect(next.hasBegun()).toBe(true);
  });

  test('when a job ends while it waits, then it leaves the queue to those behind', async () => {
    const gate = createMemoryGate(100);
    startWork(gate, 60);
    const abort = new AbortController();
    const large = startWork(gate, 50, abort.signal);
    const small = startWork(gate, 40);
    abort.abort(new Error('cancelled'));
    await expect(large.over).rejects.toThrow('cancelled');
    expect([large.hasBegun(), small.hasBegun()]).toEqual([false, true]);
  });
});

describe('bytes of sources', () => {
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
});
