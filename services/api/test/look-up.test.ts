/** Looking up several thumbnails, and those whose records cannot be read. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fits, ThumbnailLookup } from '@tintype/contracts';
import { connectWorker, disconnect, keysOf, type RedisConnection, tenantKeys } from '@tintype/redis';
import { type ApiUnderTest, startApiUnderTest, unknownId } from './api-under-test.ts';

const secret = 'a-secret-of-enough-length';
const shop = { 'x-api-key': `${secret}-shop` };
const other = { 'x-api-key': `${secret}-other` };

let api: ApiUnderTest;
let redis: RedisConnection;
beforeAll(async () => {
  const keys = ['shop', 'other'].map((name) => `${name}:${secret}-${name}:thumbnails+colours`);
  api = await startApiUnderTest({ AUTH: 'required', API_KEYS: keys.join(','), RATE_LIMIT: 'off' });
  redis = connectWorker(api.redis.url);
});
afterAll(async () => {
  await disconnect(redis);
  await api.stop();
});

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
const ask = (url: string, headers: Record<string, string> = shop, method: Method = 'GET', payload?: object) =>
  api.app.inject({ method, url, headers, ...(payload && { payload }) });

async function submit(): Promise<string> {
  return (await ask('/v1/thumbnails', shop, 'POST', { url: 'https://example.org/a.jpg' })).json().id;
}

test('when one id or several are looked up, then those that exist come as a list, in the order asked for', async () => {
  const ids = [await submit(), await submit()];
  const [first = '', second = ''] = ids;
  for (const [query, expected] of [
    [`id=${first}`, [first]],
    [`id=${second}&id=${unknownId}&id=${first}&id=nonsense&id=${second}`, [second, first]],
    [`id=${unknownId}`, []],
  ] as const) {
    const answer = (await ask(`/v1/thumbnails/lookup?${query}`)).json();
    expect(fits(ThumbnailLookup, answer)).toBe(true);
    expect([answer.data.map(({ id }: { id: string }) => id), answer.next]).toEqual([expected, null]);
  }
  const [one, many] = await Promise.all([
    ask(`/v1/thumbnails/lookup?id=${first}&id=${second}`),
    ask(`/v1/thumbnails?id=${first}&id=${second}`),
  ]);
  expect(one.json()).toEqual(many.json());
});

test.each([
  ['', 400],
  [`?${Array.from({ length: 101 }, () => `id=${unknownId}`).join('&')}`, 422],
])('when no id is named, or too many are, then it is refused', async (query, status) => {
  expect((await ask(`/v1/thumbnails/lookup${query}`)).statusCode).toBe(status);
});

describe('a record that cannot be read', () => {
  let id: string;
  const paths = () => [`/v1/thumbnails/${id}`, `/v1/thumbnails?id=${id}`, `/v1/thumbnails/${id}/file`];
  beforeEach(async () => {
    id = await submit();
    await redis.hset(keysOf(0).job(id), 'data', '{"half');
  });

  test('when its own tenant asks, then it is 409 with the operator’s command, alone and in its place among others', async () => {
    for (const path of paths()) {
      const answer = await ask(path);
      expect([path, answer.json()]).toEqual([
        path,
        expect.objectContaining({ status: 409, code: 'unreadable_record' }),
      ]);
      expect(answer.json().detail).toContain('npm run unreadable');
    }
    const [before, behind] = [await submit(), await submit()];
    const several = (await ask(`/v1/thumbnails/lookup?id=${before}&id=${id}&id=${behind}`)).json();
    expect(fits(ThumbnailLookup, several)).toBe(true);
    expect(several.data).toEqual([
      expect.objectContaining({ id: before, status: 'queued', error: null }),
      { id, error: expect.objectContaining({ code: 'unreadable_record', request_id: expect.any(String) }) },
      expect.objectContaining({ id: behind, status: 'queued' }),
    ]);
  });

  test('when another tenant asks, then it is as if it did not exist', async () => {
    for (const path of paths()) expect([path, (await ask(path, other)).statusCode]).toEqual([path, 404]);
    expect((await ask(`/v1/thumbnails/lookup?id=${id}`, other)).json().data).toEqual([]);
    expect((await ask(`/v1/thumbnails/${id}`, other, 'DELETE')).statusCode).toBe(404);
  });

  test('when its own tenant deletes it, then it is gone', async () => {
    expect((await ask(`/v1/thumbnails/${id}`, shop, 'DELETE')).statusCode).toBe(204);
    expect((await ask(`/v1/thumbnails/${id}`)).statusCode).toBe(410);
  });

  test('when not even whose it is can be read, then nobody is told of it', async () => {
    await redis.del(keysOf(0).job(id));
    await redis.hset(keysOf(0).job(id), { data: '{"half', timestamp: '1' });
    for (const path of paths()) expect([path, (await ask(path)).statusCode]).toEqual([path, 404]);
    expect((await ask(`/v1/thumbnails/lookup?id=${id}`)).json().data).toEqual([]);
    expect((await ask(`/v1/thumbnails/${id}`, shop, 'DELETE')).statusCode).toBe(404);
  });
});

test('when a stored palette cannot be read, then that is said of it alone, and it can be put again', async () => {
  await redis.hset(tenantKeys.palettes('shop'), 'brand', '[{"name":"no hex"}]');
  await redis.hset(tenantKeys.paletteEtags('shop'), 'brand', 'x.1');
  expect((await ask('/v1/palettes/brand')).json()).toMatchObject({ status: 409, code: 'unreadable_record' });
  expect((await ask('/v1/palettes')).statusCode).toBe(200);
  const petrol = [{ name: 'Petrol', hex: '#005f6a' }];
  expect((await ask('/v1/palettes/brand', shop, 'PUT', petrol)).statusCode).toBe(200);
  expect((await ask('/v1/palettes/brand')).statusCode).toBe(200);
});
