/** Health, metrics, documents and samples. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fits, problemCatalogue, RunningWorkers, Stats, sniffFormat } from '@tintype/contracts';
import { connectWorker, disconnect, keysOf } from '@tintype/redis';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';
import { startCompletingWorker } from './completing-worker.ts';

const secret = 'a-secret-of-enough-length';
let open: ApiUnderTest;
let closed: ApiUnderTest;
beforeAll(async () => {
  [open, closed] = await Promise.all([
    startApiUnderTest(),
    startApiUnderTest({
      NODE_ENV: 'production',
      API_KEYS: `shop:${secret}:thumbnails,other:${secret}-other:thumbnails,matcher:${secret}-matcher:colours,operator:${secret}-admin:admin`,
    }),
  ]);
});
afterAll(() => Promise.all([open.stop(), closed.stop()]));

test('when everything but a worker is there, then it is alive, ready, and degraded with the reason', async () => {
  expect((await open.app.inject('/livez')).statusCode).toBe(200);
  expect((await open.app.inject('/readyz')).statusCode).toBe(200);
  const health = await open.app.inject('/health');
  expect([health.statusCode, health.json()]).toEqual([
    200,
    expect.objectContaining({
      status: 'degraded',
      version: '0.0.0',
      commit: 'c'.repeat(40),
      checks: {
        redis: { status: 'ok' },
        storage: { status: 'ok' },
        workers: { status: 'down', reason: expect.stringContaining('no worker') },
        queue: { status: 'ok' },
      },
    }),
  ]);
});

test.each([
  ['confined', { status: 'ok' }],
  ['open', { status: 'ok', reason: expect.stringContaining('does not confine') }],
])('when a worker says that its children are %s, then /health does', async (word, check) => {
  const redis = connectWorker(open.redis.url);
  const { heartbeats } = keysOf(0);
  await redis.hset(heartbeats, 'test', `2 ${Date.now()} 1 1 0.0.0 ${word}`);
  const health = (await open.app.inject('/health')).json();
  expect([health.status, health.checks.workers]).toEqual(['ok', check]);
  await redis.del(heartbeats);
  disconnect(redis);
});

test('when jobs wait, then the metrics tell the depth of the queue and the HTTP requests', async () => {
  await open.app.inject({ method: 'POST', url: '/v1/thumbnails', payload: { url: 'https://example.org/a.jpg' } });
  const { body } = await open.app.inject('/metrics');
  expect(body).toContain('tintype_queue_jobs{state="waiting"} 1');
  expect(body).toMatch(
    /tintype_http_request_duration_seconds_count\{method="POST",route="\/v1\/thumbnails",status="202"\} 1/,
  );
});

test('when the operator asks, then the workers that run and the settings are told, without a secret; nobody else is', async () => {
  const ask = (url: string, key: string) => closed.app.inject({ url, headers: { 'x-api-key': key } });
  const admin = `${secret}-admin`;
  for (const url of ['/v1/workers', '/v1/settings']) {
    expect([url, (await ask(url, secret)).statusCode]).toEqual([url, 403]);
    expect([url, (await open.app.inject(url)).statusCode]).toEqual([url, 401]);
  }
  expect((await ask('/v1/workers', admin)).json()).toEqual({ data: [], next: null });
  const { body } = await ask('/v1/settings', admin);
  expect(JSON.parse(body)).toMatchObject({ version: '0.0.0', settings: { AUTH: 'required', API_KEYS: '(secret)' } });
  expect(body).not.toContain(secret);
  const worker = await startCompletingWorker(closed);
  let found = (await ask('/v1/workers', admin)).json();
  while (found.data.length === 0) found = (await ask('/v1/workers', admin)).json();
  expect(fits(RunningWorkers, found)).toBe(true);
  expect(found.data).toMatchObject([{ id: 'completing', version: '0.0.0', concurrency: 4, jobs: 0 }]);
  await worker.stop();
});

test('when a tenant asks for figures, then those of its own jobs are told, and nobody else sees them but the operator', async () => {
  const ask = (key: string, query = '') =>
    closed.app.inject({ url: `/v1/stats${query}`, headers: { 'x-api-key': key } });
  const submit = async (key: string, payload: object = {}) => {
    const body = { url: 'https://example.org/a.jpg', ...payload };
    const made = await closed.app.inject({
      method: 'POST',
      url: '/v1/thumbnails',
      headers: { 'x-api-key': key },
      payload: body,
    });
    return made.json().id;
  };
  const act = (id: string, method: 'GET' | 'POST', path: string) =>
    closed.app.inject({ method, url: `/v1/thumbnails/${id}${path}`, headers: { 'x-api-key': secret } });
  const cancelled = await submit(secret);
  await act(cancelled, 'POST', '/cancel');
  const worker = await startCompletingWorker(closed);
  await act(await submit(secret), 'GET', '?wait=30');
  await worker.stop();
  await submit(secret);
  await submit(secret, { priority: 'low' });
  await submit(`${secret}-other`, { priority: 'low' });

  const own = await ask(secret);
  expect([own.statusCode, own.headers['cache-control'], fits(Stats, own.json())]).toEqual([200, 'no-store', true]);
  expect(own.json()).toMatchObject({
    tenant: 'shop',
    waiting: { high: 0, normal: 1, low: 1 },
    processing: 0,
    oldest_waiting_ms: expect.any(Number),
    completed: 1,
    failed: 0,
    cancelled: 1,
    failed_by_code: {},
    total_ms: { p50: expect.any(Number) },
  });
  expect(own.json().ended_per_minute).toBeGreaterThan(0);
  expect((await ask(`${secret}-other`)).json()).toMatchObject({
    tenant: 'other',
    waiting: { high: 0, normal: 0, low: 1 },
    completed: 0,
    cancelled: 0,
    total_ms: null,
  });
  const all = { waiting: { high: 0, normal: 1, low: 2 }, completed: 1, cancelled: 1 };
  expect((await ask(`${secret}-admin`, '?window=24h')).json()).toMatchObject({ tenant: null, ...all });
  expect((await ask(`${secret}-matcher`)).statusCode).toBe(403);
  expect((await closed.app.inject('/v1/stats')).statusCode).toBe(401);
  expect((await open.app.inject('/v1/stats')).json()).toMatchObject({ tenant: null });
});

test.each([
  ['60', 60],
  ['90s', 90],
  ['1m', 60],
  ['15m', 900],
  ['24h', 86_400],
  ['1d', 86_400],
])('when the window is %s, then what has ended since then counts', async (window, seconds) => {
  const redis = connectWorker(open.redis.url);
  await redis.set(keysOf(0).endsSince, 0);
  disconnect(redis);
  const { since, until } = (await open.app.inject(`/v1/stats?window=${window}`)).json();
  const spanMs = seconds > 3600 ? 600_000 : 60_000;
  const begun = Math.floor((Date.parse(until) - seconds * 1000) / spanMs) * spanMs;
  expect(since).toBe(new Date(begun).toISOString());
});

test.each(['', '0', '59s', '1441m', '25h', '2d', '1w', '1.5h', '-5m', '15M', 'm', '15 m', '999999s', 'today'])(
  'when the window is "%s", then it is told which there are',
  async (window) => {
    const answer = await open.app.inject(`/v1/stats?window=${encodeURIComponent(window)}`);
    expect(answer.json()).toMatchObject({
      status: 422,
      code: 'invalid_option',
      errors: [{ pointer: '/window', detail: 'must be a time from 1m to 24h, like 90s, 15m or 1d' }],
    });
  },
);

test('when the OpenAPI document is read, then it is 3.1 and has exactly the routes that are built', async () => {
  const document = (await open.app.inject('/openapi.json')).json();
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths).sort()).toEqual([
    '/health',
    '/livez',
    '/readyz',
    '/v1/analytics',
    '/v1/analytics/queries',
    '/v1/analytics/training',
    '/v1/batches',
    '/v1/batches/{id}',
    '/v1/batches/{id}/cancel',
    '/v1/colours/match',
    '/v1/counter',
    '/v1/feedback',
    '/v1/feedback/batches',
    '/v1/feedback/batches/{id}',
    '/v1/images',
    '/v1/keys',
    '/v1/keys/{id}',
    '/v1/library/items',
    '/v1/library/items/{id}',
    '/v1/library/items/{id}/file',
    '/v1/limits',
    '/v1/links',
    '/v1/links/keys',
    '/v1/links/keys/{id}',
    '/v1/palettes',
    '/v1/palettes/{name}',
    '/v1/presets',
    '/v1/queue',
    '/v1/queue/pause',
    '/v1/queue/resume',
    '/v1/search',
    '/v1/search/similar/{id}',
    '/v1/search/suggest',
    '/v1/settings',
    '/v1/stats',
    '/v1/thumbnails',
    '/v1/thumbnails/lookup',
    '/v1/thumbnails/retry',
    '/v1/thumbnails/{id}',
    '/v1/thumbnails/{id}/cancel',
    '/v1/thumbnails/{id}/colours',
    '/v1/thumbnails/{id}/file',
    '/v1/thumbnails/{id}/retry',
    '/v1/thumbnails/{id}/timeline',
    '/v1/tokens',
    '/v1/workers',
  ]);
  const { examples } = document.paths['/v1/thumbnails'].post.requestBody.content['application/json'];
  for (const { value } of Object.values<{ value: object }>(examples)) {
    const tried = await open.app.inject({ method: 'POST', url: '/v1/thumbnails', payload: value });
    expect(tried.statusCode).toBe(202);
  }
});

test('when the OpenAPI document is read, then what has a name stands in it once, and every operation has an id', async () => {
  const { body } = await open.app.inject('/openapi.json');
  const { paths, components } = JSON.parse(body);
  const operations = Object.values<Record<string, { operationId: string }>>(paths).flatMap((item) =>
    Object.values(item),
  );
  const ids = operations.map(({ operationId }) => operationId);
  expect([ids.length, ids.every((id) => /^[a-z]+[A-Z]\w+$/.test(id))]).toEqual([new Set(ids).size, true]);
  for (const name of ['Thumbnail', 'Colour', 'Rendition', 'ColourRegion', 'ColourOptions', 'Fit', 'Problem']) {
    const text = JSON.stringify(components.schemas[name]);
    expect([name, body.split(text).length - 1]).toEqual([name, 1]);
    expect(body).toContain(`{"$ref":"#/components/schemas/${name}"}`);
  }
});

test('when the OpenAPI document is read, then each answer is of one type, and each problem is named with its status', async () => {
  const { paths } = (await open.app.inject('/openapi.json')).json();
  const { responses } = paths['/v1/thumbnails/{id}'].get;
  expect(Object.keys(responses[200].content)).toEqual(['application/json']);
  expect(Object.keys(responses)).toEqual(
    expect.arrayContaining(['200', '202', '304', '400', '401', '403', '404', '409', '410', '422', '429', '500', '503']),
  );
  expect(Object.keys(responses[404].content['application/problem+json'].examples)).toEqual(['not_found']);
  expect(Object.keys(responses[200].headers)).toEqual(expect.arrayContaining(['X-Request-Id', 'RateLimit', 'ETag']));
});

test('when the document is read, then it says which routes need no key, and what an Idempotency-Key may be', async () => {
  const { paths } = (await closed.app.inject('/openapi.json')).json();
  const methods = Object.entries<Record<string, { security?: unknown }>>(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security }]) => ({ route: `${method} ${path}`, security })),
  );
  const isOpen = ({ security }: { security?: unknown }) => Array.isArray(security) && security.length === 0;
  const open = methods.filter(isOpen).map(({ route }) => route);
  expect(open.sort()).toEqual(['get /health', 'get /livez', 'get /readyz']);
  const [{ schema }] = paths['/v1/thumbnails'].post.parameters.filter(
    ({ name }: { name: string }) => name === 'Idempotency-Key',
  );
  expect(schema.pattern).toBe('^[\\x21-\\x7e]{1,255}$');
});

test('when /docs is opened, then Swagger UI is there', async () => {
  expect((await open.app.inject('/docs/')).body).toContain('swagger-ui');
});

test('when the address itself is opened, then it leads to /docs', async () => {
  const { statusCode, headers } = await open.app.inject('/');
  expect([statusCode, headers.location]).toEqual([302, '/docs']);
});

test('when /samples is asked for, then it names every sample, and each is there', async () => {
  const { data } = (await open.app.inject('/samples')).json();
  expect(data).toHaveLength(3);
  for (const { url } of data) expect((await open.app.inject(url)).statusCode).toBe(200);
});

test('when /docs/errors is opened, then every problem code has its paragraph', async () => {
  const { body } = await open.app.inject('/docs/errors');
  for (const code of Object.keys(problemCatalogue)) expect(body).toContain(`id="${code}"`);
});

test.each([
  ['photo.jpg', 'image/jpeg', 'jpeg'],
  ['teal.png', 'image/png', 'png'],
  ['transparent.png', 'image/png', 'png'],
])('when the sample %s is fetched, then it is a picture', async (name, type, format) => {
  const response = await open.app.inject(`/samples/${name}`);
  expect(response.headers['content-type']).toBe(type);
  expect(sniffFormat(response.rawPayload)).toBe(format);
});

test.each(['passwd', '..%2f..%2fpackage.json', '__proto__', 'constructor'])(
  'when the sample %j is asked for, then there is none',
  async (name) => {
    expect((await open.app.inject(`/samples/${name}`)).statusCode).toBe(404);
  },
);

test('when production has no keys, then it does not start', async () => {
  await expect(startApiUnderTest({ NODE_ENV: 'production' })).rejects.toThrow('nobody could call');
});

test('when an identity provider may sign for others too, then production does not start, and development warns', async () => {
  const provider = { JWKS_URL: 'https://id.example/jwks.json' };
  await expect(startApiUnderTest({ NODE_ENV: 'production', ...provider })).rejects.toThrow('JWT_AUDIENCE');
  const [warned, quiet] = await Promise.all([
    startApiUnderTest(provider),
    startApiUnderTest({ ...provider, JWT_AUDIENCE: 'pictures' }),
  ]);
  expect([warned, quiet].map(({ log }) => log.filter(({ level }) => level === 'warn').length)).toEqual([1, 0]);
  expect(warned.log).toContainEqual(expect.objectContaining({ msg: expect.stringContaining('JWT_AUDIENCE') }));
  await Promise.all([warned.stop(), quiet.stop()]);
});

test('when production does not ask for them, then samples and old routes are closed', async () => {
  const headers = { 'x-api-key': secret };
  expect((await closed.app.inject({ url: '/samples/photo.jpg', headers })).statusCode).toBe(404);
  const old = await closed.app.inject({ url: '/thumbnail?task_id=x', headers });
  expect(old.json().detail).toContain('There is no GET');
});
