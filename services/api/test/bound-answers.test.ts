/** An answer is for who asked: every POST under the same `Idempotency-Key`, by two identities of one tenant. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectWorker, disconnect } from '@tintype/redis';
import { flatPng, startTestLibrary, type TestLibrary } from '@tintype/testkit';
import { type ApiUnderTest, form, startApiUnderTest } from './api-under-test.ts';
import { type CompletingWorker, startCompletingWorker } from './completing-worker.ts';
import { routesOf } from './routes-of.ts';

const secret = 'a-secret-of-enough-length';
const every = 'thumbnails+colours+library+metrics+admin';
let api: ApiUnderTest;
let library: TestLibrary;
let upload: ReturnType<typeof form>;
beforeAll(async () => {
  upload = form({ name: 'file', value: await flatPng('#008080'), filename: 'a.png' });
  library = await startTestLibrary();
  api = await startApiUnderTest({
    ...library.apiEnv,
    AUTH: 'required',
    RATE_LIMIT: 'off',
    COMPAT_ROUTES: 'true',
    API_KEYS: `one:${secret}-one:${every}:shop,other:${secret}-other:${every}:shop,page:${secret}-page:thumbnails:shop,one:${secret}-namesake:${every}:shop`,
  });
});
afterAll(() => Promise.all([api.stop(), library.stop()]));

type Headers = Record<string, string>;
type Asked = { headers?: Headers; payload?: object | Buffer };
const keyOf = (name: string): Headers => ({ 'x-api-key': `${secret}-${name}` });
const post = (url: string, headers: Headers, asked: Asked = {}) =>
  api.app.inject({
    method: 'POST',
    url,
    headers: { ...asked.headers, ...headers },
    ...(asked.payload && { payload: asked.payload }),
  });

const byUrl = { url: 'https://example.org/a.jpg' };
async function ofNew(path: string): Promise<string> {
  if (path === '/v1/links/keys') await revokeSecrets();
  const isOfBatch = path.startsWith('/v1/batches');
  const made = isOfBatch
    ? await post('/v1/batches', keyOf('one'), { payload: { items: [byUrl] } })
    : await post('/v1/thumbnails', keyOf('one'), { payload: byUrl });
  return path.replace(':id', made.json().id);
}

/** A tenant has two at most. */
async function revokeSecrets(): Promise<void> {
  const { data } = (await api.app.inject({ url: '/v1/links/keys', headers: keyOf('one') })).json();
  for (const { id } of data)
    await api.app.inject({ method: 'DELETE', url: `/v1/links/keys/${id}`, headers: keyOf('one') });
}

/** How each route is asked for something that it does; whether its answer has a secret, or opens what it names. */
type AskedRoute = { asked: () => Asked; secretIn?: string; query?: string; waits?: boolean; opens?: boolean };
const requests: Record<string, AskedRoute> = {
  '/v1/thumbnails': { asked: () => ({ payload: byUrl }) },
  '/v1/thumbnails/:id/cancel': { asked: () => ({}) },
  '/v1/thumbnails/:id/retry': { asked: () => ({}) },
  '/v1/thumbnails/retry': { asked: () => ({}), query: '?code=source_status' },
  '/v1/batches': { asked: () => ({ payload: { items: [byUrl] } }) },
  '/v1/batches/:id/cancel': { asked: () => ({}) },
  '/v1/feedback': { asked: () => ({ payload: { feedback: [{ query: 'cat', positive: ['a.jpg'] }] } }) },
  '/v1/library/items': { asked: () => ({ payload: byUrl }) },
  '/v1/colours/match': { asked: () => upload, waits: true },
  '/v1/colors/match': { asked: () => upload, waits: true },
  '/v1/keys': { asked: () => ({ payload: { name: 'made', scopes: ['admin'] } }), secretIn: 'key' },
  '/v1/tokens': { asked: () => ({ payload: { expires_in_seconds: 60 } }), secretIn: 'token' },
  '/v1/links/keys': { asked: () => ({}), secretIn: 'secret' },
  '/v1/links': { asked: () => ({ payload: byUrl }), opens: true },
  '/v1/counter': { asked: () => ({ payload: { digit: 7, n: 100 } }) },
  '/v1/queue/pause': { asked: () => ({ payload: { lanes: ['low'] } }) },
  '/v1/queue/resume': { asked: () => ({}) },
  '/thumbnail': { asked: () => ({ payload: { source_image_url: byUrl.url } }) },
  '/thumbnails': { asked: () => upload },
};
const routes = Object.entries(requests);

test('when the API has a route that takes a POST, then it is asked here', () => {
  expect(routesOf(api, 'POST').toSorted()).toEqual(Object.keys(requests).toSorted());
});

describe.each(routes)('POST %s', (path, { asked, secretIn, query = '', waits, opens }) => {
  let worker: CompletingWorker | null = null;
  beforeAll(async () => {
    if (waits) worker = await startCompletingWorker(api);
  });
  afterAll(async () => worker?.stop());

  test('when another key of the tenant, or a token with less, comes with the same Idempotency-Key, then its answer is its own', async () => {
    const url = `${await ofNew(path)}${query}`;
    const key = { 'idempotency-key': randomUUID() };
    const first = await post(url, { ...key, ...keyOf('one') }, asked());
    const { token } = (await post('/v1/tokens', keyOf('one'), { payload: { scopes: ['thumbnails'] } })).json();
    for (const who of [keyOf('other'), keyOf('namesake'), keyOf('page'), { authorization: `Bearer ${token}` }]) {
      const { headers, body } = await post(url, { ...key, ...who }, asked());
      expect(headers['idempotent-replayed']).toBeUndefined();
      // What acts on a thumbnail or the queue, signs or counts, answers with that, whoever asks; everything else makes something of its own.
      if (!/retry|cancel$|queue|links$|counter$/.test(url)) expect(body).not.toBe(first.body);
      if (secretIn) expect(body).not.toContain(first.json()[secretIn]);
    }
  });

  test('when the same one asks again, then it is done once; a secret is not kept', async () => {
    const url = `${await ofNew(path)}${query}`;
    const headers = { 'idempotency-key': randomUUID(), ...keyOf('one') };
    const first = await post(url, headers, asked());
    const again = await post(url, headers, asked());
    if (secretIn ?? opens) {
      expect(again.headers['idempotent-replayed']).toBeUndefined();
      return;
    }
    expect([again.headers['idempotent-replayed'], again.statusCode]).toEqual(['true', first.statusCode]);
    for (const name of ['id', 'task_id', 'job', 'detail']) expect(again.json()[name]).toBe(first.json()[name]);
  });
});

test('when a key was made under an Idempotency-Key, then a repeat is refused and makes none', async () => {
  const headers = { 'idempotency-key': randomUUID(), ...keyOf('one') };
  const name = `once-${randomUUID()}`;
  const make = () => post('/v1/keys', headers, { payload: { name, scopes: ['thumbnails'] } });
  expect((await make()).statusCode).toBe(201);
  for (const _time of [1, 2]) {
    expect((await make()).json()).toMatchObject({
      status: 409,
      code: 'conflict',
      detail: expect.stringContaining('is not kept'),
    });
  }
  const { data } = (await api.app.inject({ url: '/v1/keys', headers: keyOf('one') })).json();
  expect(data.filter((key: { name: string }) => key.name === name)).toHaveLength(1);
});

test('when a token was had under an Idempotency-Key, then a repeat gets one that lives as long as it asks', async () => {
  const headers = { 'idempotency-key': randomUUID(), ...keyOf('one') };
  const ask = () => post('/v1/tokens', headers, { payload: { scopes: ['thumbnails'] } });
  for (const answer of [await ask(), await ask()]) {
    expect([answer.statusCode, answer.headers['idempotent-replayed']]).toEqual([200, undefined]);
    const use = { authorization: `Bearer ${answer.json().token}` };
    expect((await post('/v1/thumbnails', use, { payload: byUrl })).statusCode).toBe(202);
  }
});

test('when answers are kept, then Redis has no words of theirs, and none of a thumbnail’s or with a secret at all', async () => {
  const redis = connectWorker(api.redis.url);
  const sizeUnder = async (url: string, payload: object): Promise<number> => {
    const before = new Set(await redis.keys('*:idempotency:*'));
    await post(url, { 'idempotency-key': randomUUID(), ...keyOf('one') }, { payload });
    const [record = ''] = (await redis.keys('*:idempotency:*')).filter((name) => !before.has(name));
    return ((await redis.hget(record, 'answer')) ?? '').length;
  };
  expect(await sizeUnder('/v1/thumbnails', { ...byUrl, metadata: { note: 'x'.repeat(2000) } })).toBeLessThan(100);
  expect(await sizeUnder('/v1/keys', { name: 'kept', scopes: ['admin'] })).toBeLessThan(100);
  expect(await sizeUnder('/v1/tokens', {})).toBe(0);
  await disconnect(redis);
});
