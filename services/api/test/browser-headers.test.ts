/** What browsers, proxies and traces get to see. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApiUnderTest, startApiUnderTest, unknownId } from './api-under-test.ts';

let plain: ApiUnderTest;
let shared: ApiUnderTest;
beforeAll(async () => {
  [plain, shared] = await Promise.all([
    startApiUnderTest(),
    startApiUnderTest({ CORS_ORIGINS: 'https://shop.example, https://blog.example', PUBLIC_URL: 'https://t.example' }),
  ]);
});
afterAll(() => Promise.all([plain.stop(), shared.stop()]));

const probe = `/v1/thumbnails/${unknownId}`;

test('when anything is answered, then it is not to be sniffed, framed, run, or told to others', async () => {
  for (const url of [probe, '/livez', '/nowhere', '/openapi.json']) {
    expect((await plain.app.inject(url)).headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'SAMEORIGIN',
    });
  }
  expect((await plain.app.inject(probe)).headers).not.toHaveProperty('strict-transport-security');
  expect((await shared.app.inject(probe)).headers).toHaveProperty('strict-transport-security');
});

test('when no origin is named, then pages of others may not call; when some are, then those may, with what they need', async () => {
  const call = (api: ApiUnderTest, origin: string) => api.app.inject({ url: probe, headers: { origin } });
  expect((await call(plain, 'https://shop.example')).headers).not.toHaveProperty('access-control-allow-origin');
  expect((await call(shared, 'https://evil.example')).headers).not.toHaveProperty('access-control-allow-origin');
  const { headers } = await call(shared, 'https://shop.example');
  expect(headers['access-control-allow-origin']).toBe('https://shop.example');
  expect(headers['access-control-expose-headers']).toContain('Retry-After');
  expect(headers).not.toHaveProperty('access-control-allow-credentials');

  const preflight = await shared.app.inject({
    method: 'OPTIONS',
    url: '/v1/thumbnails',
    headers: {
      origin: 'https://blog.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-api-key,idempotency-key',
    },
  });
  expect([preflight.statusCode, preflight.headers['access-control-allow-headers']]).toEqual([
    204,
    'content-type,x-api-key,idempotency-key',
  ]);
});

test('when keys are required, then a preflight needs none', async () => {
  const env = { AUTH: 'required', API_KEYS: 'a:0123456789abcdef:thumbnails', CORS_ORIGINS: '*' };
  const closed = await startApiUnderTest(env);
  const headers = { origin: 'https://any.example', 'access-control-request-method': 'POST' };
  const preflight = await closed.app.inject({ method: 'OPTIONS', url: '/v1/thumbnails', headers });
  expect([preflight.statusCode, preflight.headers['access-control-allow-origin']]).toEqual([204, '*']);
  const refused = await closed.app.inject({ url: probe, headers: { origin: 'https://any.example' } });
  expect([refused.statusCode, refused.headers['access-control-allow-origin']]).toEqual([401, '*']);
  await closed.stop();
});

test('when the docs are opened, then their own scripts may run, and https is asked for only where it is', async () => {
  const policyOf = async ({ app }: ApiUnderTest) => (await app.inject('/docs/')).headers['content-security-policy'];
  expect(await policyOf(plain)).toContain("script-src 'self'");
  expect(await policyOf(plain)).not.toContain('upgrade-insecure-requests');
  expect(await policyOf(shared)).toContain('upgrade-insecure-requests');
});

test('when two requests come with one UUID as their id, then they are two spans of the trace that has its digits', async () => {
  const id = '8f3aaff2-47db-49bf-b9ab-b0e7182d4ab2';
  const ask = async () => (await plain.app.inject({ url: probe, headers: { 'x-request-id': id } })).headers.traceparent;
  const spans = [await ask(), await ask()];
  for (const span of spans) expect(span).toMatch(/^00-8f3aaff247db49bfb9abb0e7182d4ab2-[0-9a-f]{16}-00$/);
  expect(new Set(spans).size).toBe(2);
});

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
test('when a request belongs to a trace, then its own span in it is returned; else a trace begins', async () => {
  const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  const { traceparent } = (await plain.app.inject({ url: probe, headers })).headers;
  expect(traceparent).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
  for (const wrong of ['', 'nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff-${trace}-00f067aa0ba902b7-01`]) {
    const fresh = (await plain.app.inject({ url: probe, headers: { traceparent: wrong } })).headers.traceparent;
    expect(fresh).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(fresh).not.toContain(trace);
  }
});
