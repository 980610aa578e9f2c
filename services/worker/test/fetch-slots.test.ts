/** Slow hosts are in nobody's way. */
import { expect, test } from '@jest/globals';
import { Postponed } from '@tintype/jobs';
import { createFetchSlots } from '../src/fetch-slots.ts';

const never = new AbortController().signal;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function slotsOf(options: { fetches: number; perHost: number; slow?: number }) {
  const slowCounts: number[] = [];
  const slots = createFetchSlots({ slow: 10, ...options, onSlow: (count) => void slowCounts.push(count) });
  const running = new Set<string>();
  /** A download that lasts until its gate opens. */
  const download = (host: string, name: string, signal = never, rank = 1, tenant = 'one') => {
    const gate = Promise.withResolvers<string>();
    const done = slots.run(host, { tenant, signal, rank }, async () => {
      running.add(name);
      return gate.promise.finally(() => running.delete(name));
    });
    return { done, finish: () => gate.resolve(name) };
  };
  return { download, running, slowCounts };
}

test('when one host is busy, then its next download waits, and those of others do not', async () => {
  const { download, running } = slotsOf({ fetches: 10, perHost: 2 });
  const [first, second, third, other] = [
    download('a', '1'),
    download('a', '2'),
    download('a', '3'),
    download('b', '4'),
  ];
  await pause(20);
  expect([...running]).toEqual(['1', '2', '4']);
  first?.finish();
  expect(await first?.done).toBe('1');
  await pause(5);
  expect([...running]).toEqual(['2', '4', '3']);
  for (const one of [second, third, other]) one?.finish();
  expect(await Promise.all([second, third, other].map((one) => one?.done))).toEqual(['2', '3', '4']);
});

test('when a host is stuck, then who waits for it is sent away for a while, longer the more there are', async () => {
  const { download } = slotsOf({ fetches: 10, perHost: 1 });
  const stuck = download('a', '1');
  await pause(600);
  const delays = await Promise.all(
    Array.from({ length: 5 }, () => download('a', 'x').done.catch((err) => ({ name: err.name, delayMs: err.delayMs }))),
  );
  expect(delays.map((err) => typeof err === 'object' && err.name)).toEqual(Array(5).fill('Postponed'));
  const [first, last] = [delays[0], delays[4]].map((err) => (typeof err === 'object' ? err.delayMs : 0));
  expect(first).toBeLessThan(1001);
  expect(last).toBeGreaterThan(2000);
  stuck.finish();
  await stuck.done;
  const next = download('a', '2');
  next.finish();
  expect(await next.done).toBe('2');
});

test('when downloads last long, then they stand beside, and others go on', async () => {
  const { download, running, slowCounts } = slotsOf({ fetches: 2, perHost: 2, slow: 1 });
  const [slow, blocked] = [download('a', 'slow'), download('b', 'blocked')];
  const quick = download('c', 'quick');
  await pause(20);
  expect(running.has('quick')).toBe(false);
  while (!running.has('quick')) await pause(10);
  expect(slowCounts).toEqual([1]);
  for (const one of [slow, blocked, quick]) one.finish();
  await Promise.all([slow.done, blocked.done, quick.done]);
  expect(slowCounts).toEqual([1, 0]);
});

test('when a job is to end while it waits, then it leaves the line and its turn goes to the next', async () => {
  const { download, running } = slotsOf({ fetches: 1, perHost: 1 });
  const first = download('a', '1');
  const abort = new AbortController();
  const given = download('b', '2', abort.signal);
  const third = download('c', '3');
  abort.abort(new Error('cancelled'));
  await expect(given.done).rejects.toThrow('cancelled');
  first.finish();
  await first.done;
  await pause(5);
  expect([...running]).toEqual(['3']);
  third.finish();
  await third.done;
});

test('when one tenant is stuck with a host, then another one is worth its wait there', async () => {
  const { download, running } = slotsOf({ fetches: 10, perHost: 1 });
  const stuck = download('a', 'stuck');
  await new Promise((resolve) => setTimeout(resolve, 600));
  await expect(download('a', 'sent away').done).rejects.toThrow(Postponed);
  const first = download('a', 'first', never, 1, 'two');
  const second = download('a', 'second', never, 1, 'two');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([...running]).toEqual(['stuck', 'first']);
  first.finish();
  await first.done;
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect([...running]).toEqual(['stuck', 'second']);
  second.finish();
  stuck.finish();
  await Promise.all([second.done, stuck.done]);
});
