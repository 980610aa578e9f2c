/** Health, metrics, documents, samples and keys. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { problemCatalogue, sniffFormat } from '@tintype/contracts';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';

const secret = 'a-secret-of-enough-length';
let open: ApiUnderTest;
let closed: ApiUnderTest;
beforeAll(async () => {
  [open, closed] = await Promise.all([
    startApiUnderTest(),
    startApiUnderTest({
      NODE_ENV: 'production',
      API_KEYS: `shop:${secret}:thumbnails,ops:${secret}2:admin,other:${secret}3:thumbnails:b`,
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
      checks: {
        redis: { status: 'ok' },
        storage: { status: 'ok' },
        workers: { status: 'down', reason: expect.stringContaining('no worker') },
      },
    }),
  ]);
});

test('when jobs wait, then the metrics tell the depth of the queue and the HTTP requests', async () => {
  await open.app.inject({ method: 'POST', url: '/v1/thumbnails', payload: { url: 'https://example.org/a.jpg' } });
  const { body } = await open.app.inject('/metrics');
  expect(body).toContain('tintype_queue_jobs{state="waiting"} 1');
  expect(body).toMatch(
    /tintype_http_request_duration_seconds_count\{method="POST",route="\/v1\/thumbnails",status="202"\} 1/,
  );
});

test('when the OpenAPI document is read, then it is 3.1 and has exactly the routes that are built', async () => {
  const document = (await open.app.inject('/openapi.json')).json();
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths).sort()).toEqual([
    '/health',
    '/livez',
    '/readyz',
    '/v1/colours/match',
    '/v1/palettes',
    '/v1/palettes/{name}',
    '/v1/thumbnails',
    '/v1/thumbnails/retry',
    '/v1/thumbnails/{id}',
    '/v1/thumbnails/{id}/cancel',
    '/v1/thumbnails/{id}/colours',
    '/v1/thumbnails/{id}/file',
    '/v1/thumbnails/{id}/retry',
    '/v1/thumbnails/{id}/timeline',
  ]);
  expect(Object.keys(document.components.schemas).sort()).toEqual([
    'BulkRetry',
    'Health',
    'MatchAnswer',
    'MatchList',
    'Palette',
    'PaletteList',
    'PaletteSummary',
    'Problem',
    'Thumbnail',
    'ThumbnailList',
    'Timeline',
  ]);
  const { example } = document.paths['/v1/thumbnails'].post.requestBody.content['application/json'];
  const tried = await open.app.inject({ method: 'POST', url: '/v1/thumbnails', payload: example });
  expect(tried.statusCode).toBe(202);
});

test('when /docs is opened, then Swagger UI is there', async () => {
  expect((await open.app.inject('/docs/')).body).toContain('swagger-ui');
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

const call = (headers: Record<string, string>, url = '/v1/thumbnails/x') => closed.app.inject({ url, headers });

test('when keys are required, then no key and wrong ones are 401, a lacking scope 403, and health stays open', async () => {
  expect((await call({})).json()).toMatchObject({ status: 401, code: 'unauthorized' });
  expect((await call({})).headers['www-authenticate']).toContain('Bearer');
  expect((await call({ authorization: 'Bearer wrong' })).statusCode).toBe(401);
  expect((await call({ authorization: `Bearer ${secret}2` })).json()).toMatchObject({ status: 403, code: 'forbidden' });
  expect((await call({}, '/metrics')).statusCode).toBe(401);
  expect((await call({ 'x-api-key': `${secret}2` }, '/metrics')).statusCode).toBe(200);
  expect((await call({}, '/livez')).statusCode).toBe(200);
});

test.each([
  ['Bearer', { authorization: `Bearer ${secret}` }],
  ['Token', { authorization: `Token ${secret}` }],
  ['X-API-Key', { 'x-api-key': secret }],
  ['Basic as password', { authorization: `Basic ${Buffer.from(`shop:${secret}`).toString('base64')}` }],
  ['Basic as user', { authorization: `Basic ${Buffer.from(`${secret}:`).toString('base64')}` }],
])('when the key comes as %s, then it counts', async (_way, headers) => {
  expect((await call(headers)).statusCode).toBe(404);
});

test('when a job is another tenant’s, then it is as if it did not exist', async () => {
  const posted = await closed.app.inject({
    method: 'POST',
    url: '/v1/thumbnails',
    payload: { url: 'https://example.org/a.jpg' },
    headers: { 'x-api-key': secret },
  });
  const { id } = posted.json();
  expect((await call({ 'x-api-key': secret }, `/v1/thumbnails/${id}`)).statusCode).toBe(200);
  for (const path of [`/v1/thumbnails/${id}`, `/v1/thumbnails?id=${id}`, `/v1/thumbnails/${id}/file`]) {
    expect((await call({ 'x-api-key': `${secret}3` }, path)).json()).toMatchObject({ status: 404, code: 'not_found' });
  }
  expect((await call({ 'x-api-key': `${secret}3` }, `/v1/thumbnails?id=${id}&id=${id}`)).json().data).toEqual([]);
});

test('when production has no keys, then it does not start', async () => {
  await expect(startApiUnderTest({ NODE_ENV: 'production' })).rejects.toThrow('API_KEYS is empty');
});

test('when production does not ask for them, then samples and old routes are closed', async () => {
  expect((await call({ 'x-api-key': secret }, '/samples/photo.jpg')).statusCode).toBe(404);
  expect((await call({ 'x-api-key': secret }, '/thumbnail?task_id=x')).json().detail).toContain('There is no GET');
});
