/** Quotas: what is counted, for whom, what the headers say, and what happens without the counter. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { networkOf } from '../src/http/quota-holder.ts';
import { type ApiUnderTest, startApiUnderTest, unknownId } from './api-under-test.ts';
import { untilRedisCounts } from './counting-redis.ts';

const secret = 'a-secret-of-enough-length';
let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApiUnderTest({
    RATE_LIMIT: 'requests=6/600, jobs=2/300',
    TRUST_PROXY: '127.0.0.0/8',
    AUTH: 'required',
    API_KEYS: `a:${secret}-a:thumbnails+colours,b:${secret}-b:thumbnails+colours,lists:${secret}-lists:thumbnails+colours`,
  });
  await untilRedisCounts(api);
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

test('when a list is asked for, then each ten of it count as a request, and never as more than the quota', async () => {
  const headers = { 'x-api-key': `${secret}-lists` };
  const ids = (count: number) => Array.from({ length: count }, () => `id=${unknownId}`).join('&');
  const colours = (count: number) => `/v1/colours/match?hex=${Array(count).fill('ff0000').join(',')}`;
  const asked = async (url: string) => {
    const { statusCode, headers: told } = await get(url, headers);
    return [statusCode, /"requests";r=(\d+)/.exec(String(told.ratelimit))?.[1]];
  };
  expect(await asked(`/v1/thumbnails/lookup?${ids(10)}`)).toEqual([200, '5']);
  expect(await asked(`/v1/thumbnails?${ids(11)}`)).toEqual([200, '3']);
  // As much as the whole quota, of which too little is left: what is refused takes nothing.
  expect(await asked(`/v1/thumbnails/lookup?${ids(100)}`)).toEqual([429, '3']);
  expect(await asked(colours(21))).toEqual([200, '0']);
  expect(await asked(colours(1))).toEqual([429, '0']);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['2001:db8:0:1:ffff::9', '2001:db8:0:1::'],
  ['2001:0DB8:0000:0001::', '2001:db8:0:1::'],
  ['fe80::1%eth0', 'fe80::'],
  ['::1', '::'],
  ['192.0.2.1:50123', '192.0.2.1'],
  ['[2001:db8:0:1::9]:50123', '2001:db8:0:1::'],
  ['[2001:db8:0:1::9]', '2001:db8:0:1::'],
  ['unknown', 'unknown'],
  ['_somebody', 'unknown'],
  ['0x7f000001', 'unknown'],
])('when the address is %s, then it counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each(['requests', 'requests=0/60', 'pictures=5/60', 'requests=5/60;jobs=3/60', 'on', 'jobs=5/60,jobs=3/600'])(
  'when RATE_LIMIT is %j, then it does not start, and says how it is written',
  async (RATE_LIMIT) => {
    await expect(startApiUnderTest({ RATE_LIMIT })).rejects.toThrow(/=<quota>\/<seconds>/);
  },
);

test('when TRUST_PROXY is no address, then it does not start', async () => {
  await expect(startApiUnderTest({ TRUST_PROXY: 'our-proxy' })).rejects.toThrow(/our-proxy/);
});
