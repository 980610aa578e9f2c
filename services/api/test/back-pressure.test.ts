/** New jobs are refused before they could harm those that were accepted. */
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createQueuePauses } from '@tintype/jobs';
import { connectWorker, disconnect, keysOf, openShard, type RedisConnection } from '@tintype/redis';
import { flatPng } from '@tintype/testkit';
import { type ApiUnderTest, form, startApiUnderTest } from './api-under-test.ts';

let api: ApiUnderTest;
let redis: RedisConnection;
beforeAll(async () => {
  api = await startApiUnderTest({ QUEUE_MAX: 6 });
  redis = connectWorker(api.redis.url);
});
afterAll(async () => {
  await disconnect(redis);
  await api.stop();
});

const post = () =>
  api.app.inject({ method: 'POST', url: '/v1/thumbnails', payload: { url: 'https://example.org/a.jpg' } });

async function untilStatus(status: number) {
  for (;;) {
    const response = await post();
    if (response.statusCode === status) return response;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('when as many jobs wait as may, then another one is refused with a time to come back, and none is added', async () => {
  const refused = await untilStatus(503);
  expect(refused.json()).toMatchObject({ code: 'queue_full', retryable: true });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  const waiting = await redis.zcard(keysOf(0).prioritized);
  const upload = await api.app.inject({
    method: 'POST',
    url: '/v1/thumbnails',
    ...form({ name: 'file', value: await flatPng('#000000'), filename: 'a.png' }),
  });
  expect([upload.statusCode, upload.json().code]).toEqual([503, 'queue_full']);
  expect(await redis.zcard(keysOf(0).prioritized)).toBe(waiting);
  expect((await readdir(api.folder)).filter((name) => name !== 'incoming')).toEqual([]);
});

test('when jobs have gone, then there is room again; how long the rest waits is told once it was seen', async () => {
  const [first, ...rest] = await redis.zrange(keysOf(0).prioritized, '0', '-1');
  const queued = await api.app.inject(`/v1/thumbnails/${first}`);
  expect(queued.json().queue).toEqual({ position: 0, priority: 'normal' });
  for (const id of rest) await api.app.inject({ method: 'POST', url: `/v1/thumbnails/${id}/cancel` });
  await untilStatus(202);
  // As workers report it, while one job goes on waiting.
  for (;;) {
    await redis.hincrby(keysOf(0).totals, 'ended:', 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { queue } = (await api.app.inject(`/v1/thumbnails/${first}`)).json();
    if (queue.eta_ms === undefined) continue;
    expect(queue.eta_ms).toBeGreaterThan(50);
    expect(queue.eta_ms).toBeLessThan(1000);
    break;
  }
  // While its lane is paused nobody knows, though jobs of others go on to end.
  const pauses = createQueuePauses(openShard(redis));
  await pauses.pause(['normal']);
  const isEtaTold = async () => 'eta_ms' in (await api.app.inject(`/v1/thumbnails/${first}`)).json().queue;
  while (await isEtaTold()) {
    await redis.hincrby(keysOf(0).totals, 'ended:', 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await pauses.resume(['normal']);
});

test('when Redis’ memory is nearly used up, then jobs are refused too', async () => {
  const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', Math.round(used / 0.85));
  for (;;) {
    for (const id of await redis.zrange(keysOf(0).prioritized, '0', '-1')) {
      await api.app.inject({ method: 'DELETE', url: `/v1/thumbnails/${id}` });
    }
    const { code, detail } = (await post()).json();
    if (code === 'queue_full' && detail.includes('memory')) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test('when Redis is full, then jobs can still be cancelled and deleted', async () => {
  await redis.config('SET', 'maxmemory', 0);
  await untilStatus(202);
  const [first, second] = [(await post()).json().id, (await post()).json().id];
  await redis.config('SET', 'maxmemory', 1);
  await expect(redis.set('any', 1)).rejects.toThrow('OOM');
  const cancelled = await api.app.inject({ method: 'POST', url: `/v1/thumbnails/${first}/cancel` });
  expect([cancelled.statusCode, cancelled.json().status]).toEqual([200, 'cancelled']);
  for (const id of [first, second]) {
    expect((await api.app.inject({ method: 'DELETE', url: `/v1/thumbnails/${id}` })).statusCode).toBe(204);
    expect((await api.app.inject(`/v1/thumbnails/${id}`)).statusCode).toBe(410);
  }
  await redis.config('SET', 'maxmemory', 0);
});
