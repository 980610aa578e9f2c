/** Long work in slices: who else gets a turn of the loop, and when. */
import { expect, test } from '@jest/globals';
import { createTurns, inSlices } from '../src/http/turns.ts';

function busyFor(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

/** Counts the turns of the loop until it is stopped. */
function countTurns() {
  let turns = 0;
  let isOver = false;
  const onTurn = () => {
    turns += 1;
    if (!isOver) setImmediate(onTurn);
  };
  setImmediate(onTurn);
  return () => {
    isOver = true;
    return turns;
  };
}

test('when work takes long, then the loop turns in between, and everything is done in order', async () => {
  const count = countTurns();
  const done = await inSlices([1, 2, 3, 4, 5, 6], createTurns().begin(), (item, index) => {
    busyFor(6);
    return `${index}:${item}`;
  });
  expect(done).toEqual(['0:1', '1:2', '2:3', '3:4', '4:5', '5:6']);
  expect(count()).toBeGreaterThanOrEqual(5);
});

test('when work is short, then it ends in the same turn', async () => {
  const count = countTurns();
  await inSlices([1, 2, 3], createTurns().begin(), () => undefined);
  expect(count()).toBe(0);
});

test('when much work rests at the same time, then one goes on in each turn', async () => {
  const turns = createTurns();
  let turn = 0;
  let isOver = false;
  const onTurn = () => {
    turn += 1;
    if (!isOver) setImmediate(onTurn);
  };
  const wokenIn = await Promise.all(
    Array.from({ length: 10 }, async (_, i) => {
      const work = turns.begin();
      if (i === 9) setImmediate(onTurn);
      await work.rest();
      return turn;
    }),
  );
  isOver = true;
  expect(new Set(wokenIn).size).toBe(10);
});
