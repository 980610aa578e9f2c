/** When room runs short, the tenant that keeps most is refused first; when it is used up, everybody is. */
import { statfs } from 'node:fs/promises';
import { afterEach, expect, test } from '@jest/globals';
import { connectWorker, disconnect } from '@tintype/redis';
import { flatPng } from '@tintype/testkit';
import { type ApiUnderTest, form, startApiUnderTest } from './api-under-test.ts';

const keyOf = (tenant: string) => `a-secret-of-enough-length-${tenant}`;
const tenants = ['greedy', 'modest'];
let api: ApiUnderTest;
afterEach(() => api.stop());

const start = (settings: Record<string, string | number>) =>
  startApiUnderTest({
    AUTH: 'required',
    RATE_LIMIT: 'off',
    API_KEYS: tenants.map((tenant) => `${tenant}:${keyOf(tenant)}:thumbnails+colours+admin`).join(','),
    ...settings,
  });

const as = (tenant: string) => ({ 'x-api-key': keyOf(tenant) });

const post = (tenant: string, headers: Record<string, string> = {}) =>
  api.app.inject({
    method: 'POST',
    url: '/v1/thumbnails',
    headers: { ...as(tenant), ...headers },
    payload: { url: 'https://example.org/a.jpg' },
  });

async function upload(tenant: string) {
  const { payload, headers } = form({ name: 'file', value: await flatPng('#112233'), filename: 'a.png' });
  return api.app.inject({ method: 'POST', url: '/v1/thumbnails', headers: { ...as(tenant), ...headers }, payload });
}

const putPalette = (tenant: string, name: string) =>
  api.app.inject({
    method: 'PUT',
    url: `/v1/palettes/${name}`,
    headers: as(tenant),
    payload: [{ name: 'a', hex: '#123456' }],
  });

type Answer = { statusCode: number; json(): { code?: string; detail?: string } };

/** Asks until it is answered with this status; the monitors look once a second. */
async function until(status: number, ask: () => Promise<Answer>): Promise<Answer> {
  let answer = await ask();
  for (let tries = 0; tries < 100 && answer.statusCode !== status; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer = await ask();
  }
  expect([answer.statusCode, answer.json()]).toEqual([status, answer.json()]);
  return answer;
}

test('when the disk runs short, then the tenant with more than its share is refused first; when it is full, everybody', async () => {
  const { bavail, blocks } = await statfs('.');
  const free = bavail / blocks;
  // The last tenth of the room begins just above what is free now.
  const floor = (free - 0.05) / 0.95;
  api = await start({ DISK_FREE_MIN: Math.max(0, floor).toFixed(6) });
  for (const tenant of ['modest', 'greedy', 'greedy']) expect((await upload(tenant)).statusCode).toBe(202);
  const refused = await until(503, () => upload('greedy'));
  expect(refused.json()).toMatchObject({ code: 'storage_full', retryable: true });
  expect(refused.json().detail).toContain('more than your equal share');
  expect((await post('greedy')).json().code).toBe('storage_full');
  expect((await upload('modest')).statusCode).toBe(202);
  expect((await putPalette('greedy', 'a')).statusCode).toBe(201);
  await api.stop();

  api = await start({ DISK_FREE_MIN: '0.999999' });
  for (const tenant of tenants) {
    const answer = await until(503, () => upload(tenant));
    expect([answer.json().code, Number((await post(tenant)).headers['retry-after']) > 0]).toEqual([
      'storage_full',
      true,
    ]);
  }
});

test('when Redis runs short, then the greedy tenant is refused first, its palettes and new Idempotency-Keys too', async () => {
  api = await start({ REDIS_MEMORY_MAX: 0.8 });
  const redis = connectWorker(api.redis.url);
  // Beside it, what connections take is nothing.
  await redis.setrange('ballast', 64 * 1024 * 1024, 'x');
  for (const tenant of ['modest', 'greedy', 'greedy']) expect((await post(tenant)).statusCode).toBe(202);
  const replayed = { 'idempotency-key': 'before' };
  const first = (await post('greedy', replayed)).json();
  const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', Math.round(used / 0.77));

  const refused = await until(503, () => post('greedy'));
  expect(refused.json()).toMatchObject({ code: 'queue_full', retryable: true });
  expect(refused.json().detail).toContain('more than your equal share');
  for (const answer of [
    await putPalette('greedy', 'a'),
    await post('greedy', { 'idempotency-key': 'new' }),
    await api.app.inject({
      method: 'POST',
      url: '/v1/keys',
      headers: as('modest'),
      payload: { name: 'greedy', scopes: ['thumbnails'] },
    }),
  ]) {
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'queue_full']);
  }
  expect((await post('greedy', replayed)).json().id).toBe(first.id);
  expect((await putPalette('modest', 'a')).statusCode).toBe(201);
  expect((await post('modest', { 'idempotency-key': 'new' })).statusCode).toBe(202);

  await redis.config('SET', 'maxmemory', Math.round(used / 0.9));
  expect((await until(503, () => post('modest'))).json().code).toBe('queue_full');
  expect((await putPalette('modest', 'b')).json().code).toBe('queue_full');
  await disconnect(redis);
});

test('when there is one tenant alone, then it may use all of the room', async () => {
  const { bavail, blocks } = await statfs('.');
  api = await start({ DISK_FREE_MIN: Math.max(0, (bavail / blocks - 0.05) / 0.95).toFixed(6) });
  await upload('greedy');
  // Three looks of the monitor later.
  await new Promise((resolve) => setTimeout(resolve, 3500));
  expect((await upload('greedy')).statusCode).toBe(202);
});
