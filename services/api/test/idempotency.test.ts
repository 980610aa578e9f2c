/** `Idempotency-Key`: the same request twice, another one under the same key, and one that is still in flight. */
import { randomUUID } from 'node:crypto';
import multipart from '@fastify/multipart';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectWorker, createWithDeadline, disconnect, openTenantStore } from '@tintype/redis';
import { flatPng } from '@tintype/testkit';
import { fastify } from 'fastify';
import { createIdempotency } from '../src/http/idempotency.ts';
import { idempotentRequests, idFor } from '../src/http/idempotent-requests.ts';
import { type ApiUnderTest, form, startApiUnderTest } from './api-under-test.ts';

const secret = 'a-secret-of-enough-length';
let api: ApiUnderTest;
let teal: Buffer;
let coral: Buffer;
beforeAll(async () => {
  [api, teal, coral] = await Promise.all([
    startApiUnderTest({
      AUTH: 'required',
      RATE_LIMIT: 'off',
      API_KEYS: `a:${secret}-a:thumbnails+admin,b:${secret}-b:thumbnails`,
    }),
    flatPng('#008080'),
    flatPng('#ff7f50'),
  ]);
});
afterAll(() => api.stop());

const keyed = (key: string, who = 'a') => ({ 'idempotency-key': key, 'x-api-key': `${secret}-${who}` });
const submit = (headers: Record<string, string>, payload: object, query = '') =>
  api.app.inject({ method: 'POST', url: `/v1/thumbnails${query}`, headers, payload });
const upload = (key: string, file: Buffer, width: string) => {
  const { payload, headers } = form(
    { name: 'width', value: width },
    { name: 'file', value: file, filename: `${randomUUID()}.png` },
  );
  // Clients choose another boundary each time.
  const boundary = `boundary-${randomUUID()}`;
  const body = Buffer.from(payload.toString('latin1').replaceAll('tintype-test-boundary', boundary), 'latin1');
  headers['content-type'] = `multipart/form-data; boundary=${boundary}`;
  return api.app.inject({
    method: 'POST',
    url: '/v1/thumbnails',
    headers: { ...headers, ...keyed(key) },
    payload: body,
  });
};

test('when the same request comes again, then it is answered as the first time, and made once', async () => {
  const key = randomUUID();
  const first = await submit(keyed(key), { url: 'https://example.org/a.jpg', width: 50 });
  expect([first.statusCode, first.headers['idempotent-replayed']]).toEqual([202, undefined]);
  const again = await submit(keyed(key), { width: 50, url: 'https://example.org/a.jpg' }, '?wait=1');
  expect([again.statusCode, again.headers['idempotent-replayed']]).toEqual([202, 'true']);
  expect(again.body).toBe(first.body);
  for (const name of ['location', 'etag', 'content-type', 'retry-after']) {
    expect(again.headers[name]).toBe(first.headers[name]);
  }
});

test('when the key comes with another request, then 422; from another tenant, it is another key', async () => {
  const key = randomUUID();
  const first = await submit(keyed(key), { url: 'https://example.org/a.jpg' });
  const other = await submit(keyed(key), { url: 'https://example.org/b.jpg' });
  expect(other.json()).toMatchObject({ status: 422, code: 'idempotency_mismatch' });
  const theirs = await submit(keyed(key, 'b'), { url: 'https://example.org/a.jpg' });
  expect(theirs.statusCode).toBe(202);
  expect(theirs.json().id).not.toBe(first.json().id);
});

test('when a form comes again, then its fields and file count, not its bytes', async () => {
  const key = randomUUID();
  const first = await upload(key, teal, '50');
  expect(first.statusCode).toBe(202);
  const again = await upload(key, teal, '50');
  expect([again.headers['idempotent-replayed'], again.body]).toEqual(['true', first.body]);
  expect((await upload(key, coral, '50')).json().code).toBe('idempotency_mismatch');
  expect((await upload(key, teal, '51')).json().code).toBe('idempotency_mismatch');
});

test('when many come at once, then one does the work and the others get 409 or its answer', async () => {
  const key = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => submit(keyed(key), { url: 'https://example.org/a.jpg' })),
  );
  const ids = new Set(answers.filter(({ statusCode }) => statusCode === 202).map((answer) => answer.json().id));
  expect(ids.size).toBe(1);
  const others = answers.filter(({ statusCode }) => statusCode !== 202);
  for (const answer of others) {
    expect(answer.json()).toMatchObject({ status: 409, code: 'idempotency_conflict' });
    expect(answer.headers['retry-after']).toBe('1');
  }
});

test('when the first was refused, then the refusal is replayed', async () => {
  const key = randomUUID();
  const first = await submit(keyed(key), { url: 'ftp://example.org/a.jpg' });
  const again = await submit(keyed(key), { url: 'ftp://example.org/a.jpg' });
  expect([first.statusCode, again.headers['idempotent-replayed'], again.body]).toEqual([400, 'true', first.body]);
});

test('when the first ended without an answer, then the next does the work under the same id', async () => {
  const key = randomUUID();
  const redis = connectWorker(api.redis.url);
  const before = new Set(await redis.keys('*:idempotency:a:*'));
  const first = await submit(keyed(key), { url: 'https://example.org/a.jpg' });
  const [record = ''] = (await redis.keys('*:idempotency:a:*')).filter((name) => !before.has(name));
  // As if the process had died between the queue and the answer.
  await redis.hdel(record, 'answer');
  expect((await submit(keyed(key), { url: 'https://example.org/a.jpg' })).json().code).toBe('idempotency_conflict');
  await redis.hset(record, 'until', 0);
  const again = await submit(keyed(key), { url: 'https://example.org/a.jpg' });
  expect([again.statusCode, again.headers['idempotent-replayed']]).toEqual([202, undefined]);
  expect(again.json()).toMatchObject({ id: first.json().id, created_at: first.json().created_at });
  await disconnect(redis);
});

test('when the queue does not answer, then the same request is done once it does, and its key is not taken for in flight', async () => {
  const key = randomUUID();
  const body = { url: 'https://example.org/a.jpg' };
  process.kill(api.redis.pid, 'SIGSTOP');
  const first = await submit(keyed(key), body);
  process.kill(api.redis.pid, 'SIGCONT');
  expect(first.json().code).toBe('dependency_unavailable');
  // The claim that had no answer is carried out only now; nobody is left to use it.
  while ((await submit(keyed(key), body)).statusCode !== 202) await new Promise((resolve) => setTimeout(resolve, 50));
}, 20_000);

test('when an API key is made under a key, then its secret can be had again by who has the key, and not from Redis', async () => {
  const headers = keyed(randomUUID());
  const make = () =>
    api.app.inject({ method: 'POST', url: '/v1/keys', headers, payload: { name: 'x', scopes: ['thumbnails'] } });
  const first = await make();
  expect((await make()).body).toBe(first.body);
  const redis = connectWorker(api.redis.url);
  const records = await Promise.all((await redis.keys('*:idempotency:*')).map((name) => redis.hgetall(name)));
  expect(JSON.stringify(records)).not.toContain(first.json().key);
  await disconnect(redis);
});

test.each(['', 'two words', 'ä', 'x'.repeat(256)])('when the key is %j, then 400', async (key) => {
  const answer = await submit(keyed(key), { url: 'https://example.org/a.jpg' });
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid_request']);
});

test('when an answer is too large to be remembered, then the next try does the work again, under the same id', async () => {
  const connection = connectWorker(api.redis.url);
  await connection.ping();
  const app = fastify();
  app.decorateRequest('tenant', 'a');
  await app.register(multipart);
  const idempotency = createIdempotency(openTenantStore(connection), createWithDeadline(connection));
  await app.register(idempotentRequests, { idempotency, maxKeptBytes: 100 });
  let made = 0;
  app.post<{ Querystring: { wait: string } }>('/', async (request) => {
    made += 1;
    return `${idFor(request)} ${'x'.repeat(Number(request.query.wait))}`;
  });
  const post = async (key: string, length: number) =>
    app.inject({ method: 'POST', url: `/?wait=${length}`, headers: { 'idempotency-key': key } });
  for (const [length, times] of [
    [10, 1],
    [1000, 2],
  ] as const) {
    made = 0;
    const key = randomUUID();
    const first = await post(key, length);
    const again = await post(key, length);
    expect([again.statusCode, again.body, made]).toEqual([200, first.body, times]);
    expect(again.headers['idempotent-replayed']).toBe(times === 1 ? 'true' : undefined);
  }
  await app.close();
  disconnect(connection);
});
