/** Of many that wait for one job, or until the same moment, only a few read and answer at once. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let on: QueueUnderTest;
beforeAll(async () => {
  on = await startQueueUnderTest();
});
afterAll(() => on.stop());

/** A hundred that wait; resolves to their order, and how many were reading at once. */
async function hundredThatWait(timeoutMs: number, signal: AbortSignal) {
  const order: number[] = [];
  let reading = 0;
  let most = 0;
  const wait = async (index: number) => {
    const watch = on.endings.watch('one');
    await watch.ended(timeoutMs, signal);
    order.push(index);
    most = Math.max(most, ++reading);
    await nextTurn();
    reading -= 1;
    watch.close();
  };
  await Promise.all(Array.from({ length: 100 }, (_, index) => wait(index)));
  return { order, most };
}

const inOrder = { order: Array.from({ length: 100 }, (_, index) => index), most: 40 };

test('when a hundred wait for one job, then forty at once read its record, in their order', async () => {
  const waiting = hundredThatWait(20_000, new AbortController().signal);
  // Until the subscription is there, nobody hears.
  const publishing = setInterval(() => void on.producer.publish(on.shard.keys.endings, 'one'), 20);
  expect(await waiting).toEqual(inOrder);
  clearInterval(publishing);
});

test('when the time of a hundred is over, or all are told to stop, then no more read at once', async () => {
  expect(await hundredThatWait(1, new AbortController().signal)).toEqual(inOrder);
  const stopping = new AbortController();
  const waiting = hundredThatWait(20_000, stopping.signal);
  stopping.abort();
  expect(await waiting).toEqual(inOrder);
});

test('when one asks again or goes away while it reads, then the next one is let in, and once', async () => {
  const { signal } = new AbortController();
  const watch = on.endings.watch('two');
  for (let round = 0; round < 50; round += 1) await watch.ended(1, signal);
  watch.close();
  watch.close();
  expect(await hundredThatWait(1, signal)).toEqual(inOrder);
});
