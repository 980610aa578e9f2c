/** Who waits before a gate goes in by the order of the queue. */
import { expect, test } from '@jest/globals';
import { createGate } from '../src/gate.ts';

const { signal } = new AbortController();

test('when several wait, then the earliest place goes first, and of equal ones the one that came first', async () => {
  const gate = createGate(1);
  await gate.enter({ rank: 9, signal });
  const order: string[] = [];
  const waiting = [
    { name: 'low', rank: 30 },
    { name: 'first', rank: 20 },
    { name: 'second', rank: 20 },
    { name: 'high', rank: 10 },
  ].map(({ name, rank }) => gate.run({ rank, signal }, async () => void order.push(name)));
  gate.leave();
  await Promise.all(waiting);
  expect(order).toEqual(['high', 'first', 'second', 'low']);
  expect(gate.isEmpty()).toBe(true);
});

test('when the work inside fails, then its place is free again', async () => {
  const gate = createGate(1);
  await expect(gate.run({ rank: 1, signal }, () => Promise.reject(new Error('corrupt')))).rejects.toThrow('corrupt');
  expect(gate.isEmpty()).toBe(true);
});
