/** Whoever is refused is counted before: wrong keys, tokens and links count for the address, and valid keys get through. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApiUnderTest, startApiUnderTest, unknownId } from './api-under-test.ts';
import { untilRedisCounts } from './counting-redis.ts';

const quota = 5;
const keyOf = (name: string) => `${name}-with-a-secret-of-enough-length`;
let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApiUnderTest({
    RATE_LIMIT: `requests=${quota}/600`,
    AUTH: 'required',
    API_KEYS: `pictures:${keyOf('pictures')}:thumbnails,watch:${keyOf('watch')}:metrics`,
    JWT_SECRET: 'x'.repeat(32),
  });
  await untilRedisCounts(api);
});
afterAll(() => api.stop());

const probe = `/v1/thumbnails/${unknownId}`;
const get = (url: string, remoteAddress: string, headers: Record<string, string> = {}) =>
  api.app.inject({ url, remoteAddress, headers });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const forged = `${part({ alg: 'HS256' })}.${part({ sub: 'pictures', exp: 9_999_999_999 })}.AAAA`;

let addresses = 0;
const newAddress = () => `192.0.2.${++addresses}`;

test.each([
  ['an unknown key', probe, { 'x-api-key': `tt_${'0'.repeat(16)}_${'a'.repeat(43)}` }, 401],
  ['a word as key', probe, { authorization: 'Bearer guess' }, 401],
  ['a forged token', probe, { authorization: `Bearer ${forged}` }, 401],
  ['a token of garbage', probe, { authorization: 'Bearer a.b.c' }, 401],
  ['a forged link', `${probe}/file?exp=9999999999&sig=AAAA`, {}, 403],
  ['a forged link and a wrong token', `${probe}/file?exp=9999999999&sig=AAAA`, { authorization: 'Bearer a.b.c' }, 403],
  ['a wrong key for the figures', '/metrics', { 'x-api-key': keyOf('nobody') }, 401],
  ['a forged token for the figures', '/metrics', { authorization: `Bearer ${forged}` }, 401],
  ['no key for the figures', '/metrics', {}, 401],
])('when %s comes again and again, then the address has spent its quota', async (_name, url, headers, status) => {
  const address = newAddress();
  for (let left = quota - 1; left >= 0; left -= 1) {
    const refused = await get(url, address, headers);
    expect([refused.statusCode, refused.headers.ratelimit]).toEqual([
      status,
      expect.stringMatching(new RegExp(`^"requests";r=${left};t=\\d+$`)),
    ]);
    expect(refused.headers['ratelimit-policy']).toBe(`"requests";q=${quota};w=600`);
  }
  for (const again of [url, probe, '/openapi.json']) {
    const { statusCode, json, headers: told } = await get(again, address, headers);
    expect([statusCode, json().code, told.ratelimit]).toEqual([
      429,
      'rate_limited',
      expect.stringMatching(/r=0;t=\d+/),
    ]);
    expect(Number(told['retry-after'])).toBeGreaterThan(590);
  }
  // The network is shared: what its neighbours have spent is no matter to who has a key.
  expect((await get('/metrics', address, { 'x-api-key': keyOf('watch') })).statusCode).toBe(200);
  for (const open of ['/livez', '/readyz', '/health']) expect((await get(open, address)).statusCode).toBe(200);
});

test('when an address has spent its quota, then a valid key from there has all of its own', async () => {
  const address = newAddress();
  for (let count = 0; count <= quota; count += 1) await get(probe, address, { 'x-api-key': keyOf('nobody') });
  expect((await get(probe, address)).statusCode).toBe(429);
  const known = await get(probe, address, { 'x-api-key': keyOf('pictures') });
  expect([known.statusCode, known.headers.ratelimit]).toEqual([
    404,
    expect.stringMatching(`"requests";r=${quota - 1};`),
  ]);
});

test('when many guess at once, then no more are refused as guesses than the quota has, wherever in a network', async () => {
  const guesses = Array.from({ length: 200 }, (_, at) =>
    get(probe, `2001:db8:7:7:${at.toString(16)}::1`, {
      'x-api-key': `tt_${'0'.repeat(16)}_${String(at).padStart(43, 'a')}`,
    }),
  );
  const statuses = (await Promise.all(guesses)).map(({ statusCode }) => statusCode);
  expect(statuses.filter((status) => status === 401)).toHaveLength(quota);
  expect(statuses.filter((status) => status === 429)).toHaveLength(200 - quota);
  expect((await get(probe, '2001:db8:7:8::1', { 'x-api-key': 'a-guess' })).statusCode).toBe(401);
});

test('when a valid key may not see the figures, then it counts; one that may has no limit', async () => {
  const address = newAddress();
  const look = (name: string) => get('/metrics', address, { 'x-api-key': keyOf(name) });
  for (let count = 0; count < quota; count += 1) await look('pictures');
  expect((await look('pictures')).statusCode).toBe(429);
  for (let count = 0; count < 2 * quota; count += 1) {
    const seen = await look('watch');
    expect([seen.statusCode, seen.headers.ratelimit]).toEqual([200, undefined]);
  }
  expect((await get('/openapi.json', address)).headers.ratelimit).toMatch(`"requests";r=${quota - 1};`);
});
