/** Batches: many pictures in one request, good and bad ones; looked up, cancelled, deleted, and only by their tenant. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { batchItemId, maxBatchItems } from '@tintype/contracts';
import { connectProducer, disconnect, keysOf, type RedisConnection } from '@tintype/redis';
import { type ApiUnderTest, startApiUnderTest, unknownId } from './api-under-test.ts';
import { type CompletingWorker, startCompletingWorker } from './completing-worker.ts';

let api: ApiUnderTest;
let redis: RedisConnection;
let worker: CompletingWorker | null = null;
beforeAll(async () => {
  api = await startApiUnderTest({
    AUTH: 'required',
    API_KEYS: 'alice:alice-key-of-32-letters-at-least:thumbnails,bob:bob-key-that-has-32-letters-too:thumbnails',
    RATE_LIMIT: 'jobs=5000/60',
    PUBLIC_URL: 'https://pictures.example.org/',
  });
  redis = connectProducer(api.redis.url);
});
afterEach(async () => {
  await worker?.stop();
  worker = null;
});
afterAll(async () => {
  await disconnect(redis);
  await api.stop();
});

const alice = { 'x-api-key': 'alice-key-of-32-letters-at-least' };
const bob = { 'x-api-key': 'bob-key-that-has-32-letters-too' };
type Method = 'GET' | 'POST' | 'DELETE';

const call = (method: Method, path: string, payload?: object, headers: Record<string, string> = alice) =>
  api.app.inject({ method, url: `/v1/batches${path}`, ...(payload && { payload }), headers });
const urls = (count: number) => Array.from({ length: count }, (_, at) => ({ url: `https://example.org/${at}.jpg` }));

test('when a batch has good and bad items, then the good ones are queued and each bad one has its problem', async () => {
  const items = [
    { url: 'https://example.org/a.jpg', width: 40 },
    { url: 'ftp://example.org/b.jpg' },
    { url: 'https://example.org/c.jpg', widht: 40 },
    'https://example.org/d.jpg',
    { url: 'https://example.org/e.jpg', metadata: { note: 'x'.repeat(3000) } },
    { url: 'https://example.org/f.jpg' },
  ];
  const defaults = { width: 60, metadata: { set: 'spring' } };
  const response = await call('POST', '', { items, defaults, metadata: { catalogue: 7 } });
  const batch = response.json();
  const self = `https://pictures.example.org/v1/batches/${batch.id}`;
  expect([response.statusCode, response.headers.location, response.headers['retry-after']]).toEqual([202, self, '1']);
  expect(batch).toMatchObject({
    status: 'queued',
    counts: { total: 6, queued: 2, processing: 0, completed: 0, failed: 4, cancelled: 0 },
    metadata: { catalogue: 7 },
    next: null,
    links: { self, cancel: `${self}/cancel` },
  });
  expect(
    batch.items.map(({ index, status, error }: { index: number; status?: string; error?: { code: string } }) => [
      index,
      status ?? error?.code,
    ]),
  ).toEqual([
    [0, 'queued'],
    [1, 'invalid_request'],
    [2, 'invalid_request'],
    [3, 'invalid_request'],
    [4, 'invalid_option'],
    [5, 'queued'],
  ]);
  expect(batch.items[1].error.errors).toEqual([
    { pointer: '/items/1/url', detail: 'must start with http:// or https://' },
  ]);
  expect(batch.items[2].error.errors[0].pointer).toBe('/items/2/widht');
  expect(batch.items[4].error.errors[0].pointer).toBe('/items/4/metadata');
  expect(batch.items[5]).toMatchObject({ id: batchItemId(batch.id, 5), metadata: { set: 'spring' } });
  const stored = await redis.hget(keysOf(0).job(batch.items[5].id), 'data');
  expect(JSON.parse(stored ?? '')).toMatchObject({ batch: batch.id, options: { width: 60, height: 100 } });

  const seen = await call('GET', `/${batch.id}`);
  expect(seen.json()).toMatchObject({ id: batch.id, counts: batch.counts });
  for (const [method, path] of [
    ['GET', `/${batch.id}`],
    ['POST', `/${batch.id}/cancel`],
    ['DELETE', `/${batch.id}`],
    ['GET', `/${unknownId}`],
    ['DELETE', '/nothing'],
  ] as const) {
    const refused = await call(method, path, undefined, bob);
    expect([method, path, refused.statusCode, refused.json().code]).toEqual([method, path, 404, 'not_found']);
  }
});

test('when a client waits for a batch, then it is answered at the last end, with pages of its items', async () => {
  const { id } = (await call('POST', '', { items: urls(130) })).json();
  const waiting = call('GET', `/${id}?wait=30`);
  worker = await startCompletingWorker(api);
  const ended = await waiting;
  expect(ended.headers['retry-after']).toBeUndefined();
  expect(ended.json()).toMatchObject({
    status: 'completed',
    counts: { total: 130, completed: 130 },
    completed_at: expect.stringMatching(/Z$/),
    next: '100',
  });
  expect(ended.json().items).toHaveLength(100);
  expect(ended.json().links.cancel).toBeUndefined();
  const rest = (await call('GET', `/${id}?cursor=100`)).json();
  expect([rest.items.length, rest.items[0].index, rest.items[29].status, rest.next]).toEqual([
    30,
    100,
    'completed',
    null,
  ]);
  const counts = (await call('GET', `/${id}?limit=0`)).json();
  expect([counts.items, counts.next]).toEqual([[], null]);
  expect((await call('GET', `/${id}?cursor=500`)).json()).toMatchObject({ items: [], next: null });
  expect((await call('POST', `/${id}/cancel`)).json()).toMatchObject({ status: 409, code: 'conflict' });
  expect((await call('POST', '?wait=30', { items: urls(3) })).json()).toMatchObject({ counts: { completed: 3 } });
});

test('when every item is bad, then the batch has ended at once', async () => {
  const response = await call('POST', '', { items: [{}, { url: 'x' }] });
  expect([response.statusCode, response.json()]).toMatchObject([200, { status: 'completed', counts: { failed: 2 } }]);
});

test('when a batch is cancelled and deleted, then all its items are, and all is gone', async () => {
  const { id, items } = (await call('POST', '', { items: urls(120) })).json();
  const cancelled = await call('POST', `/${id}/cancel`);
  expect([cancelled.statusCode, cancelled.json()]).toMatchObject([
    200,
    { status: 'completed', counts: { total: 120, cancelled: 120, queued: 0 } },
  ]);
  expect(cancelled.json().items[99]).toMatchObject({ index: 99, status: 'cancelled' });
  expect((await call('POST', `/${id}/cancel`)).statusCode).toBe(200);
  expect([(await call('DELETE', `/${id}`)).statusCode, (await call('DELETE', `/${id}`)).statusCode]).toEqual([
    204, 204,
  ]);
  expect((await call('GET', `/${id}`)).json()).toMatchObject({ status: 410, code: 'expired' });
  const item = await api.app.inject({ url: `/v1/thumbnails/${items[0].id}`, headers: alice });
  expect(item.statusCode).toBe(410);
  expect(await redis.exists(`${keysOf(0).batchPrefix}${id}`, keysOf(0).job(items[0].id))).toBe(0);
});

test('when one item is deleted, then the batch says so in its place', async () => {
  const { id, items } = (await call('POST', '', { items: urls(2) })).json();
  await api.app.inject({ method: 'DELETE', url: `/v1/thumbnails/${items[1].id}`, headers: alice });
  const batch = (await call('GET', `/${id}`)).json();
  expect(batch.counts).toMatchObject({ total: 2, queued: 1, cancelled: 1 });
  expect(batch.items[1]).toEqual({ index: 1, id: items[1].id, error: expect.objectContaining({ code: 'expired' }) });
});

describe('under an Idempotency-Key', () => {
  const key = (word: string) => ({ ...alice, 'idempotency-key': word });

  test('when the same batch comes again, then it is the first one; another one is refused', async () => {
    const body = { items: urls(3) };
    const first = await call('POST', '', body, key('a-batch'));
    const again = await call('POST', '', body, key('a-batch'));
    expect([again.statusCode, again.headers['idempotent-replayed'], again.json().id]).toEqual([
      202,
      'true',
      first.json().id,
    ]);
    expect((await call('POST', '', { items: urls(2) }, key('a-batch'))).json().code).toBe('idempotency_mismatch');
  });

  test('when the API was killed while it added the items, then they are seen as missing, and the same again adds them', async () => {
    const body = { items: urls(4) };
    const { id, items } = (await call('POST', '', body, key('a-killed-batch'))).json();
    // As Redis is when the process dies between two scripts: the record is there, two of the jobs, and no answer.
    const keys = keysOf(0);
    const records = await redis.keys('*:idempotency:alice:*');
    expect(records.length).toBeGreaterThan(0);
    for (const name of records) await redis.hdel(name, 'repeat');
    for (const lost of items.slice(2)) {
      await redis.del(keys.job(lost.id));
      await redis.zrem(keys.prioritized, lost.id);
      await redis.zrem(keys.newer, lost.id);
    }
    await redis.hset(`${keys.batchPrefix}${id}`, 'open', 2);

    const partial = (await call('GET', `/${id}`)).json();
    expect(partial.counts).toMatchObject({ total: 4, queued: 4 });
    expect(partial.items[3]).toMatchObject({ index: 3, id: items[3].id, error: { code: 'not_ready' } });
    const again = (await call('POST', '', body, key('a-killed-batch'))).json();
    expect([again.id, again.items.map(({ status }: { status: string }) => status)]).toEqual([
      id,
      ['queued', 'queued', 'queued', 'queued'],
    ]);
    expect(await redis.hget(`${keys.batchPrefix}${id}`, 'open')).toBe('4');
  });
});

test('when what is wrong is wrong with all of it, then nothing is made, and the place is named', async () => {
  const before = (await redis.keys(`${keysOf(0).batchPrefix}*`)).length;
  const refusals: [object, number, string][] = [
    [{ items: urls(maxBatchItems + 1) }, 422, '/items'],
    [{ items: [] }, 400, '/items'],
    [{}, 400, '/items'],
    [{ items: urls(1), defaults: { width: 0 } }, 422, '/defaults/width'],
    [{ items: urls(1), default: {} }, 400, '/default'],
    [{ items: urls(1), metadata: { note: 'x'.repeat(3000) } }, 422, '/metadata'],
    [{ items: 'https://example.org/a.jpg' }, 400, '/items'],
  ];
  for (const [body, status, pointer] of refusals) {
    const refused = await call('POST', '', body);
    expect([refused.statusCode, refused.json().errors?.[0]?.pointer]).toEqual([status, pointer]);
  }
  const large = await call('POST', '', { items: urls(400).map(({ url }) => ({ url: url + 'x'.repeat(3000) })) });
  expect([large.statusCode, large.json().code]).toEqual([413, 'payload_too_large']);
  expect(await redis.keys(`${keysOf(0).batchPrefix}*`)).toHaveLength(before);
  for (const path of [`/${unknownId}?cursor=-1`, `/${unknownId}?cursor=abc`, `/${unknownId}?limit=101`]) {
    expect((await call('GET', path)).statusCode).toBe(422);
  }
});

test('when five hundred items come with long URLs, then all are queued', async () => {
  const items = urls(maxBatchItems).map(({ url }) => ({ url: `${url}?${'q'.repeat(1500)}`, width: 50 }));
  const response = await call('POST', '', { items });
  expect([response.statusCode, response.json()]).toMatchObject([
    202,
    { counts: { total: 500, queued: 500 }, next: '100' },
  ]);
});
