/** `Idempotency-Key`: the same request twice, another one under the same key, and one that is still in flight. */
import { randomUUID } from 'node:crypto';
import multipart from '@fastify/multipart';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { noQuotas } from '@tintype/jobs';
import { connectWorker, createWithDeadline, disconnect, keysOf, openTenantStore } from '@tintype/redis';
import { flatPng } from '@tintype/testkit';
import { fastify } from 'fastify';
import { createIdempotency } from '../src/http/idempotency.ts';
import { idempotentRequests, idFor } from '../src/http/idempotent-requests.ts';
import { type ApiUnderTest, form, startApiUnderTest } from './api-under-test.ts';
import { type CompletingWorker, startCompletingWorker } from './completing-worker.ts';

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

let worker: CompletingWorker | null = null;
const startWorker = async () => {
  worker = await startCompletingWorker(api);
  return worker;
};
afterEach(async () => {
  await worker?.stop();
  worker = null;
});

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

test('when the first is done by now, then it is answered as it is, and its file as this request asks', async () => {
  const { picture } = await startWorker();
  const key = randomUUID();
  const body = { url: 'https://example.org/done.jpg' };
  const first = await submit(keyed(key), body);
  const again = await submit(keyed(key), body, '?wait=10&include=base64');
  expect([first.statusCode, again.statusCode, again.headers['idempotent-replayed']]).toEqual([202, 200, 'true']);
  expect(again.json()).toMatchObject({
    id: first.json().id,
    status: 'completed',
    renditions: [{ base64: picture.toString('base64') }],
  });
});

test.each(['', '?include=base64&wait=10'])(
  'when what the first made was deleted, then the same request (%j) is 410 and makes nothing',
  async (query) => {
    await startWorker();
    const key = randomUUID();
    const body = { url: `https://example.org/deleted.jpg?${key}` };
    const { id } = (await submit(keyed(key), body, query)).json();
    const url = `/v1/thumbnails/${id}`;
    const removed = await api.app.inject({ method: 'DELETE', url, headers: keyed(key) });
    expect(removed.statusCode).toBe(204);
    for (const _time of [1, 2]) {
      expect((await submit(keyed(key), body, query)).json()).toMatchObject({ status: 410, code: 'expired' });
    }
    // As if the process had died before it could remember that there was an answer.
    const redis = connectWorker(api.redis.url);
    for (const name of await redis.keys('*:idempotency:a:*')) {
      await redis.hdel(name, 'answer');
      await redis.hset(name, 'until', 0);
    }
    await disconnect(redis);
    expect((await submit(keyed(key), body, query)).json()).toMatchObject({ status: 410, code: 'expired' });
    expect((await api.app.inject({ url, headers: keyed(key) })).statusCode).toBe(410);
  },
);

test('when what the first made by an upload was deleted, then the same form is 410', async () => {
  const key = randomUUID();
  const { id } = (await upload(key, teal, '52')).json();
  await api.app.inject({ method: 'DELETE', url: `/v1/thumbnails/${id}`, headers: keyed(key) });
  expect((await upload(key, teal, '52')).json()).toMatchObject({ status: 410, code: 'expired' });
});

/** As a failover does to the last moment before it; answers are kept, for they were written later. */
async function loseJobs(): Promise<void> {
  const redis = connectWorker(api.redis.url);
  const { jobPrefix, fair } = keysOf(0);
  for (const key of await redis.keys(`${jobPrefix}*`)) if (key !== fair) await redis.del(key);
  await disconnect(redis);
}

test('when what the first has made is lost, then the same request makes it again, under the same id', async () => {
  const [key, formKey, oldKey] = [randomUUID(), randomUUID(), randomUUID()];
  const body = { url: 'https://example.org/lost.jpg' };
  const oldWay = () =>
    api.app.inject({
      method: 'POST',
      url: '/thumbnail',
      headers: keyed(oldKey),
      payload: { source_image_url: body.url },
    });
  const all = () => Promise.all([submit(keyed(key), body), upload(formKey, teal, '61'), oldWay()]);
  const idsOf = (answers: Awaited<ReturnType<typeof all>>) =>
    answers.map((answer) => answer.json().id ?? answer.json().task_id);
  const ids = idsOf(await all());
  await loseJobs();
  const again = await all();
  expect(again.map(({ headers }) => headers['idempotent-replayed'])).toEqual([undefined, undefined, undefined]);
  expect(idsOf(again)).toEqual(ids);
  const third = await all();
  expect(third.map(({ headers }) => headers['idempotent-replayed'])).toEqual(['true', 'true', 'true']);
  expect(idsOf(third)).toEqual(ids);
  for (const id of ids) {
    const found = await api.app.inject({ url: `/v1/thumbnails/${id}`, headers: keyed(key) });
    expect(found.json()).toMatchObject({ id, status: 'queued' });
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
  await redis.hdel(record, 'answer', 'repeat');
  await redis.hset(record, 'until', Date.now() + 60_000);
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
  app.decorateRequest('identity', null);
  await app.register(multipart);
  const idempotency = createIdempotency({
    store: openTenantStore(connection),
    withDeadline: createWithDeadline(connection),
    quotas: () => noQuotas,
    memoryShortage: () => null,
    isLost: async () => false,
  });
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
