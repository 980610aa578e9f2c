/** What is counted of jobs for `GET /v1/stats`: ends by tenant, minute and code, times, and what waits by lane. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Problem } from '@tintype/contracts';
import type { RedisConnection } from '@tintype/redis';
import { createEndedJobsReader, createOpenJobsReader, createThumbnailRemoval } from '../src/index.ts';
import { jobResult, type QueueUnderTest, startQueueUnderTest } from './queue-under-test.ts';

let under: QueueUnderTest;
let redis: RedisConnection;
beforeAll(async () => {
  under = await startQueueUnderTest();
  redis = under.producer;
});
afterEach(async () => {
  await under.closeWorkers(0);
  await redis.flushdb();
});
afterAll(() => under.stop());

const hourSeconds = 3600;
const ended = (tenant: string | null = 'default', windowSeconds = hourSeconds) =>
  createEndedJobsReader(under.shard)(tenant, windowSeconds);
const open = (tenant: string | null = 'default') => createOpenJobsReader(under.shard)(tenant);
const endsKeys = () => redis.keys(`${under.shard.keys.endsPrefix}*`);
const removal = () =>
  createThumbnailRemoval({ shard: under.shard, eraseBlob: async () => undefined, onError: () => undefined });

test('when jobs end in every way, then each is counted once, for its tenant and for all, at once', async () => {
  const cancelled = await under.add();
  await under.control.cancel(cancelled);
  await under.control.cancel(cancelled);
  const removed = await under.add();
  await removal().remove(removed);
  under.work(async ({ data }) => {
    if (data.metadata?.ends === 'fails') throw new Problem('not_an_image');
    return jobResult;
  });
  const failed = await under.add({ metadata: { ends: 'fails' } });
  const completed = await under.add();
  const others = await under.add({ tenant: 'other shop' });
  await under.until(failed, ({ status }) => status === 'failed');
  for (const id of [completed, others]) await under.until(id, ({ status }) => status === 'completed');
  for (const windowSeconds of [60, hourSeconds, 24 * hourSeconds]) {
    expect(await ended('default', windowSeconds)).toMatchObject({
      completed: 1,
      failed: { not_an_image: 1 },
      cancelled: 1,
      expired: 1,
    });
    expect(await ended('other shop', windowSeconds)).toMatchObject({ completed: 1, failed: {}, cancelled: 0 });
    expect(await ended(null, windowSeconds)).toMatchObject({ completed: 2, failed: { not_an_image: 1 }, cancelled: 1 });
    expect(await ended('*', windowSeconds)).toMatchObject({ completed: 0, totalMs: null });
  }
  // What goes after its end has been counted.
  for (const id of [cancelled, failed, completed]) await removal().remove(id);
  expect(await ended()).toMatchObject({ completed: 1, failed: { not_an_image: 1 }, cancelled: 1, expired: 1 });
  for (const key of await endsKeys()) expect(await redis.ttl(key)).toBeGreaterThan(0);
});

test('when jobs took times of every length, then percentiles are within 13 % of the exact ones', async () => {
  const ids: string[] = [];
  for (let at = 0; at < 40; at += 1) {
    const id = await under.add();
    await redis.hset(under.shard.keys.job(id), 'timestamp', Math.round(under.shard.nowMs() - 50 * 1.5 ** at));
    ids.push(id);
  }
  under.work(async () => jobResult);
  const records = await Promise.all(ids.map((id) => under.until(id, ({ status }) => status === 'completed')));
  const exact = records.map((one) => (one.finishedAtMs ?? 0) - one.createdAtMs).sort((one, other) => one - other);
  const { totalMs } = await ended();
  const ratios = [totalMs?.p50, totalMs?.p95, totalMs?.p99].map(
    (ms = 0, at) => ms / (exact[[19, 37, 39][at] ?? 0] ?? 0),
  );
  for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(0.13);
});

test('when nothing was counted before, then a window begins with the first worker, else with a full minute or ten', async () => {
  const before = await ended();
  expect(before.sinceMs).toBe(before.untilMs);
  const startedAtMs = under.shard.nowMs();
  under.work(async () => jobResult);
  const id = await under.add();
  await under.until(id, ({ status }) => status === 'completed');
  const after = await ended();
  expect(after.sinceMs).toBeGreaterThanOrEqual(startedAtMs);
  expect(after.sinceMs).toBeLessThan(after.untilMs);
  await redis.set(under.shard.keys.endsSince, 0);
  const [minute, day] = [await ended('default', 60), await ended('default', 24 * hourSeconds)];
  expect([minute.sinceMs % 60_000, day.sinceMs % 600_000]).toEqual([0, 0]);
  expect(minute.untilMs - minute.sinceMs).toBeGreaterThanOrEqual(60_000);
  expect(minute.untilMs - minute.sinceMs).toBeLessThan(120_000);
  // Whoever begins later does not change it.
  under.work(async () => jobResult);
  const next = await under.add();
  await under.until(next, ({ status }) => status === 'completed');
  expect(await redis.get(under.shard.keys.endsSince)).toBe('0');
});

test('when ends lie before the window, then they are not of it', async () => {
  const { endsPrefix } = under.shard.keys;
  const now = Math.floor(under.shard.nowMs() / 60_000);
  for (const [minute, count] of [
    [now - 3, 5],
    [now - 90, 7],
    [now - 1439, 11],
    [now - 1451, 13],
  ] as const) {
    await redis.hincrby(`${endsPrefix}${Math.floor(minute / 10)}:default`, `${minute % 10}x`, count);
  }
  for (const [windowSeconds, cancelled] of [
    [60, 0],
    [300, 5],
    [hourSeconds, 5],
    [2 * hourSeconds, 12],
    [24 * hourSeconds, 23],
  ] as const) {
    expect([windowSeconds, (await ended('default', windowSeconds)).cancelled]).toEqual([windowSeconds, cancelled]);
  }
});

test('when old ends are read, then a sum of them is left, which is no less and lives no longer', async () => {
  const ten = Math.floor(under.shard.nowMs() / 600_000);
  const [fresh, old] = [ten - 1, ten - 20].map((at) => `${under.shard.keys.endsPrefix}${at}`);
  for (const key of [fresh, old]) {
    await redis.hset(String(key), { '0c9': 1, '3c9': 2, '9c9': 4, '9fnot_an_image': 8 });
    await redis.expire(String(key), 4000);
  }
  const day = () => ended(null, 24 * hourSeconds);
  const first = await day();
  expect(first).toMatchObject({ completed: 14, failed: { not_an_image: 16 } });
  expect(await redis.hgetall(String(old))).toEqual({ '0c9': '7', '0fnot_an_image': '8' });
  expect(await redis.hlen(String(fresh))).toBe(4);
  const ttl = await redis.ttl(String(old));
  expect([ttl > 0, ttl <= 4000]).toEqual([true, true]);
  expect(await day()).toMatchObject({ completed: 14, failed: { not_an_image: 16 }, totalMs: first.totalMs });
});

test('when jobs are open, then they are told by lane, less what is worked on, with the longest wait', async () => {
  expect(await open()).toEqual({ waiting: { high: 0, normal: 0, low: 0 }, processing: 0, oldestMs: null });
  const gate = Promise.withResolvers<void>();
  under.work(
    async () => {
      await gate.promise;
      return jobResult;
    },
    {},
    1,
  );
  const held = await under.add({ priority: 'high' });
  await under.until(held, ({ status }) => status === 'processing');
  await under.pauses.pause(['high', 'low']);
  const waiting = [await under.add(), await under.add(), await under.add({ priority: 'low' })];
  await under.add({ priority: 'high', tenant: 'other shop' });
  const [, old = ''] = waiting;
  const heldKey = under.shard.keys.job(held);
  await redis.hset(heldKey, 'timestamp', 1);
  expect(await open()).toEqual({
    waiting: { high: 0, normal: 2, low: 1 },
    processing: 1,
    oldestMs: expect.any(Number),
  });
  expect(await open('other shop')).toMatchObject({ waiting: { high: 1, normal: 0, low: 0 }, processing: 0 });
  expect(await open(null)).toMatchObject({ waiting: { high: 1, normal: 2, low: 1 }, processing: 1 });
  const createdAtMs = Number(await redis.hget(under.shard.keys.job(waiting[0] ?? ''), 'timestamp'));
  expect(under.shard.nowMs() - createdAtMs).toBeGreaterThanOrEqual(((await open()).oldestMs ?? 0) - 1000);
  // A retried one waits since its retry, however old it is; who came after it may wait for longer.
  await redis.hset(under.shard.keys.job(waiting[0] ?? ''), { timestamp: 1, retriedAt: under.shard.nowMs() });
  await redis.hset(under.shard.keys.job(old), 'timestamp', under.shard.nowMs() - 90_000);
  const { oldestMs } = await open();
  expect(oldestMs).toBeGreaterThanOrEqual(89_000);
  expect(oldestMs).toBeLessThan(hourSeconds * 1000);
  gate.resolve();
});
