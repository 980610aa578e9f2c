/** Quotas: what is counted, for whom, what the headers say, and what happens without the counter. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApiUnderTest, startApiUnderTest, unknownId } from './api-under-test.ts';

const secret = 'a-secret-of-enough-length';
let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApiUnderTest({
    RATE_LIMIT: 'requests=6/600, jobs=2/300',
    TRUST_PROXY: '127.0.0.0/8',
    AUTH: 'required',
    API_KEYS: `a:${secret}-a:thumbnails+colours,b:${secret}-b:thumbnails+colours`,
  });
  // The counter has a connection of its own, which may come a moment later, once the loop gets to it.
  while ((await api.app.inject('/openapi.json')).headers.ratelimit === undefined) await sleep(5);
});
afterAll(() => api.stop());

const probe = `/v1/thumbnails/${unknownId}`;
const get = (url: string, headers: Record<string, string>) => api.app.inject({ url, headers });
const submit = (headers: Record<string, string>, url = '/v1/thumbnails') =>
  api.app.inject({ method: 'POST', url, headers, payload: { url: 'https://example.org/a.jpg' } });

test('when a key uses up a quota, then it is told before and after, and other keys are not touched', async () => {
  const headers = { 'x-api-key': `${secret}-a` };
  const first = await submit(headers);
  expect(first.statusCode).toBe(202);
  expect(first.headers['ratelimit-policy']).toBe('"requests";q=6;w=600, "jobs";q=2;w=300');
  expect(first.headers.ratelimit).toBe('"requests";r=5;t=600, "jobs";r=1;t=300');
  const look = await get(probe, headers);
  expect([look.statusCode, look.headers.ratelimit]).toEqual([404, expect.stringMatching(/^"requests";r=4;t=\d+$/)]);
  const match = (query: string) => get(`/v1/colours/match?${query}`, headers);
  expect((await match('hex=ff0000')).headers.ratelimit).toMatch(/^"requests";r=3;t=\d+$/);
  expect((await submit(headers)).statusCode).toBe(202);

  const refused = await match('url=https://example.org/a.jpg');
  expect(refused.json()).toMatchObject({ status: 429, code: 'rate_limited', retryable: true });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(290);
  expect(refused.headers.ratelimit).toMatch(/"jobs";r=0;t=\d+/);
  expect((await get(probe, headers)).statusCode).toBe(404);
  expect((await get(probe, headers)).json().code).toBe('rate_limited');
  expect((await submit({ 'x-api-key': `${secret}-b` })).statusCode).toBe(202);
});

test('when there is no key, then the address counts, as a trusted proxy tells it', async () => {
  const from = (address: string) => get(probe, { 'x-forwarded-for': address });
  for (let count = 0; count < 6; count += 1) expect((await from('192.0.2.1')).statusCode).toBe(401);
  expect((await from('192.0.2.1')).statusCode).toBe(429);
  expect((await from('192.0.2.2')).statusCode).toBe(401);
  // The last hop that is not trusted counts: what stands before it is the client's own invention.
  expect((await from('203.0.113.9, 192.0.2.1')).statusCode).toBe(429);
  for (let count = 0; count < 6; count += 1) await from(`2001:db8:0:1::${count}`);
  expect((await from('2001:db8:0:1::ffff')).statusCode).toBe(429);
  expect((await from('2001:db8:0:2::1')).statusCode).toBe(401);
});

test('when health is asked for, then nothing is counted', async () => {
  for (let count = 0; count < 8; count += 1) {
    const health = await get('/livez', { 'x-forwarded-for': '192.0.2.77' });
    expect([health.statusCode, health.headers.ratelimit]).toEqual([200, undefined]);
  }
});

test('when Redis does not answer the counter, then requests pass uncounted', async () => {
  const headers = { 'x-forwarded-for': '192.0.2.50' };
  process.kill(api.redis.pid, 'SIGSTOP');
  try {
    const docs = await get('/openapi.json', headers);
    expect([docs.statusCode, docs.headers.ratelimit]).toEqual([200, undefined]);
  } finally {
    process.kill(api.redis.pid, 'SIGCONT');
  }
});

test.each(['requests', 'requests=0/60', 'pictures=5/60', 'requests=5/60;jobs=3/60', 'on'])(
  'when RATE_LIMIT is %j, then it does not start, and says how it is written',
  async (RATE_LIMIT) => {
    await expect(startApiUnderTest({ RATE_LIMIT })).rejects.toThrow(/requests=<quota>\/<seconds>/);
  },
);

test('when TRUST_PROXY is no address, then it does not start', async () => {
  await expect(startApiUnderTest({ TRUST_PROXY: 'our-proxy' })).rejects.toThrow(/our-proxy/);
});
