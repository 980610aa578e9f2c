/** However many tenants take all that they can of a budget of a worker, a modest one hardly waits; by a simulated clock. */
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { seededRandom } from '@tintype/testkit';
import { createSemaphore, type Room } from '../src/semaphore.ts';
import { createSourceMemory } from '../src/source-memory.ts';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

const counts = [1, 2, 3, 10];
const never = new AbortController().signal;
const [stepMs, lastMs] = [10, 30_000];
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Lets the time go by, and calls `look` after each step. */
async function simulate(look: () => void): Promise<void> {
  for (let atMs = 0; atMs < lastMs; atMs += stepMs) {
    jest.advanceTimersByTime(stepMs);
    await turn();
    look();
  }
}

/** Comes again and again with something small, and notes how long each took. */
async function comeAgain(one: () => Promise<void>, times: number[]): Promise<never> {
  for (;;) {
    const startedMs = performance.now();
    await one();
    times.push(performance.now() - startedMs);
    await pause(190);
  }
}

describe('semaphores', () => {
  const longestMs = 500;
  const rooms: (Room & { name: string; heaviest: number; small: number })[] = [
    { name: 'decode slots', capacity: 4, reserve: 1, heaviest: 1, small: 1 },
    { name: 'threads', capacity: 2, reserve: 1, heaviest: 1, small: 1 },
    { name: 'children', capacity: 2, reserve: 1, heaviest: 1, small: 1 },
    { name: 'downloads', capacity: 32, reserve: 8, heaviest: 1, small: 1 },
    { name: 'downloads of a host', capacity: 8, reserve: 2, heaviest: 1, small: 1 },
    { name: 'memory of decodes', capacity: 448, reserve: 64, heaviest: 448, small: 9 },
    { name: 'memory of decodes in the process', capacity: 64, reserve: 16, heaviest: 64, small: 9 },
  ];

  test.each(rooms.flatMap((room) => counts.map((count) => ({ ...room, count }))))(
    '$name: when $count greedy tenants take all, then a modest one goes in at the next end',
    async (room) => {
      const { capacity, reserve = 0, heaviest, small, count } = room;
      const random = seededRandom(count);
      const semaphore = createSemaphore(room);
      let rank = 0;
      let inside = 0;
      const hold = async (weight: number, ms: number) => {
        inside += weight;
        await pause(ms);
        inside -= weight;
      };
      const beGreedy = async (tenant: string): Promise<never> => {
        for (;;) {
          const weight = Math.ceil(random() * heaviest);
          await semaphore.run(
            { tenant, rank: rank++, signal: never },
            () => hold(weight, longestMs * random()),
            weight,
          );
        }
      };
      for (let at = 0; at < 120; at++) void beGreedy(`greedy ${at % count}`);
      const times: number[] = [];
      const beModest = () =>
        semaphore.run({ tenant: 'modest', rank: rank++, signal: never }, () => hold(small, stepMs), small);
      void comeAgain(beModest, times);
      let most = 0;
      await simulate(() => {
        most = Math.max(most, inside);
      });
      expect(most).toBeLessThanOrEqual(capacity + reserve);
      expect(most).toBeGreaterThan(capacity * 0.9);
      expect(times.length).toBeGreaterThan(30);
      // The first time it is behind those who came before it and have not been inside yet.
      expect(times[0]).toBeLessThanOrEqual(count * longestMs);
      expect(Math.max(...times.slice(1))).toBeLessThanOrEqual(longestMs + 2 * stepMs);
    },
  );
});

test('when one tenant stays long each time and another one shortly, then both have had the same time', async () => {
  const semaphore = createSemaphore({ capacity: 1 });
  const hadMs = { long: 0, short: 0 };
  let rank = 0;
  const comeForEver = async (tenant: keyof typeof hadMs, ms: number): Promise<never> => {
    for (;;) {
      await semaphore.run({ tenant, rank: rank++, signal: never }, () => pause(ms));
      hadMs[tenant] += ms;
    }
  };
  for (let at = 0; at < 3; at++) {
    void comeForEver('long', 1000);
    void comeForEver('short', 50);
  }
  await simulate(() => undefined);
  expect(Math.abs(hadMs.long - hadMs.short)).toBeLessThanOrEqual(2000);
  expect(hadMs.long + hadMs.short).toBeGreaterThan(lastMs * 0.7);
});

describe('bytes of sources', () => {
  const megabyte = 1024 * 1024;
  const [budget, chunk, sources] = [32 * megabyte, 64 * 1024, 48];
  const longestSource = 16 * megabyte;

  /** A source of which half comes, and then nothing more, or a byte now and then, for as long as it may. */
  async function leaveHanging(
    memory: ReturnType<typeof createSourceMemory>,
    tenant: string,
    { bytes, trickles, onRead }: { bytes: number; trickles: boolean; onRead: (bytes: number) => void },
  ): Promise<void> {
    await memory.room(tenant, never);
    const share = memory.enter(tenant, never);
    const { signal } = share;
    let read = 0;
    const take = async (more: number) => {
      read += more;
      onRead(more);
      await share.add(more);
    };
    while (read < bytes && !signal.aborted) await take(Math.min(chunk, bytes - read));
    for (let ms = 0; ms < 12_000 && !signal.aborted; ms += 500) {
      await pause(500);
      if (trickles) await take(1);
    }
    share.release();
    onRead(-read);
  }

  test.each(
    counts.flatMap((count) => [
      { count, part: 0 },
      { count, part: 0.5 },
      { count, part: 1 },
    ]),
  )(
    'when $count greedy tenants leave sources hanging, $part of which trickle, then a modest one never waits',
    async ({ count, part }) => {
      const random = seededRandom(count);
      const memory = createSourceMemory(budget);
      let inside = 0;
      const onRead = (bytes: number) => {
        inside += bytes;
      };
      const beGreedy = async (tenant: string): Promise<never> => {
        for (;;) {
          const bytes = random() * longestSource;
          await leaveHanging(memory, tenant, { bytes, trickles: random() < part, onRead });
          await pause(random() * 100);
        }
      };
      for (let at = 0; at < sources; at++) void beGreedy(`greedy ${at % count}`);
      const times: number[] = [];
      const upload = async () => {
        await memory.room('modest', never);
        const share = memory.enter('modest', never);
        await share.add(21_000);
        await pause(stepMs);
        share.release();
      };
      void comeAgain(upload, times);
      let most = 0;
      await simulate(() => {
        most = Math.max(most, inside);
      });
      expect(most).toBeGreaterThanOrEqual(budget);
      // What a source was allowed to read next comes on top: a chunk of each.
      expect(most).toBeLessThanOrEqual(budget * 1.25 + longestSource + sources * chunk);
      expect(times.length).toBeGreaterThan(100);
      expect(Math.max(...times)).toBeLessThanOrEqual(2 * stepMs);
    },
  );
});
