import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let on: QueueUnderTest;
beforeAll(async () => {
  on = await startQueueUnderTest();
});
afterAll(() => on.stop());

test('when a hundred wait for one job, then they are woken over several turns of the loop, in their order', async () => {
  const { signal } = new AbortController();
  const watches = Array.from({ length: 100 }, () => on.endings.watch('one'));
  let turn = 0;
  let isOver = false;
  const onTurn = () => {
    turn += 1;
    if (!isOver) setImmediate(onTurn);
  };
  const woken: { index: number; turn: number }[] = [];
  const all = Promise.all(
    watches.map(async (watch, index) => {
      await watch.ended(20_000, signal);
      woken.push({ index, turn });
      watch.close();
    }),
  );
  setImmediate(onTurn);
  // Until the subscription is there, nobody hears.
  const publishing = setInterval(() => void on.producer.publish(on.shard.keys.endings, 'one'), 20);
  await all;
  clearInterval(publishing);
  isOver = true;
  expect(woken.map(({ index }) => index)).toEqual(watches.map((_, index) => index));
  expect(new Set(woken.map((one) => one.turn)).size).toBeGreaterThanOrEqual(5);
});
