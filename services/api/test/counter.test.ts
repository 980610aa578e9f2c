/** `/v1/counter`: how often a digit is written from 1 to n. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { countDigit } from '../src/counter/count-digit.ts';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';

const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

test('when n is small, then it is what counting gives', () => {
  const counts = digits.map(() => 0);
  for (let n = 1; n <= 11_100; n += 1) {
    for (const written of String(n)) counts[Number(written)] = (counts[Number(written)] ?? 0) + 1;
    if (n < 1111 || n % 97 === 0 || /^[09]+$|[09]{3}$/.test(String(n))) {
      expect([n, ...digits.map((digit) => countDigit(digit, String(n)))]).toEqual([n, ...counts.map(String)]);
    }
  }
  expect(digits.map((digit) => countDigit(digit, '0'))).toEqual(digits.map(() => '0'));
});

/** The same by places, each with the numbers before and behind it. */
function countByPlaces(digit: number, n: bigint): bigint {
  let count = 0n;
  for (let power = 1n; power <= n; power *= 10n) {
    const [before, own, behind] = [n / (power * 10n), (n / power) % 10n, n % power];
    const rounds = digit === 0 ? before - 1n : before;
    const last = own > BigInt(digit) ? power : own === BigInt(digit) ? behind + 1n : 0n;
    count += rounds * power + last;
  }
  return count;
}

test('when n is long, then it is what arithmetic with whole numbers gives', () => {
  const numbers = Array.from({ length: 12 }, (_, at) => {
    const length = 15 + 20 * at;
    return Array.from({ length }, (__, place) => (place * 7919 * (at + 3) + at) % (3 + (at % 8)))
      .join('')
      .replace(/^0*/, '9');
  });
  for (const n of [...numbers, '9'.repeat(200), `1${'0'.repeat(200)}`]) {
    for (const digit of digits) expect(countDigit(digit, n)).toBe(String(countByPlaces(digit, BigInt(n))));
  }
});

test('when n is a power of ten, then it is what a proof gives', () => {
  const nines = (zeros: number) => `${zeros}${'0'.repeat(zeros - 1)}`;
  expect(countDigit(7, `1${'0'.repeat(20_000)}`)).toBe(nines(20_000));
  expect(countDigit(1, `1${'0'.repeat(100)}`)).toBe(String(100n * 10n ** 99n + 1n));
});

describe('the route', () => {
  let api: ApiUnderTest;
  beforeAll(async () => {
    api = await startApiUnderTest();
  });
  afterAll(() => api.stop());

  const get = (query: string) => api.app.inject({ url: `/v1/counter?${query}` });
  const post = (payload: object) => api.app.inject({ method: 'POST', url: '/v1/counter', payload });

  test.each([
    ['digit=7&n=1000', { digit: 7, n: '1000', count: '300' }],
    ['digit=0&n=100', { digit: 0, n: '100', count: '11' }],
    ['digit=1&n=10^100', { digit: 1, n: `1${'0'.repeat(100)}`, count: String(100n * 10n ** 99n + 1n) }],
    ['digit=3&n=0042', { digit: 3, n: '42', count: '14' }],
    ['digit=3&n=0', { digit: 3, n: '0', count: '0' }],
    ['digit=7&n=1000&utm_source=mail&_=1795884193', { digit: 7, n: '1000', count: '300' }],
  ])('when asked for %s, then it counts', async (query, counted) => {
    const response = await get(query);
    expect([response.statusCode, response.json()]).toEqual([200, counted]);
  });

  test('when n is as long as it may be, then it is taken', async () => {
    expect((await get(`digit=7&n=${'9'.repeat(8000)}`)).json().count).toBe(`8${'0'.repeat(3)}${'0'.repeat(7999)}`);
    const body = { digit: '7', n: '9'.repeat(20_000) };
    expect((await post(body)).json()).toEqual({ ...body, digit: 7, count: `2${'0'.repeat(4)}${'0'.repeat(19_999)}` });
    expect((await post({ digit: 7, n: 1000 })).json()).toEqual({ digit: 7, n: '1000', count: '300' });
  });

  test.each([
    ['digit=10&n=5', '/digit', 'one digit'],
    ['digit=&n=5', '/digit', 'one digit'],
    ['digit=x&n=-5', '/n', '10^1000'],
    ['digit=7&n=1.5', '/n', 'whole number'],
    ['digit=7&n=1e3', '/n', 'whole number'],
    ['digit=7&n=', '/n', 'whole number'],
    ['digit=7&n=10^8000', '/n', 'POST /v1/counter takes 20000'],
    ['digit=7&n=10^999999999999999999999999', '/n', 'POST /v1/counter'],
    ['digit=7', '/n', 'is required'],
    ['digits=7&n=5', '/digits', 'did you mean digit?'],
  ])('when asked for %s, then the rule is named', async (query, pointer, words) => {
    const response = await get(query);
    expect([response.statusCode, response.json().code]).toEqual([400, 'invalid_request']);
    expect(response.json().errors).toContainEqual({ pointer, detail: expect.stringContaining(words) });
  });

  test.each([
    [{ digit: 7, n: 2 ** 53 }, '/n'],
    [{ digit: 7, n: '10^20000' }, '/n'],
    [{ digit: 7, n: -1 }, '/n'],
    [{ digit: 7.5, n: 1 }, '/digit'],
    [{ digit: null, n: [] }, '/n'],
  ])('when %j is sent, then the place is named', async (body, pointer) => {
    const response = await post(body);
    expect(response.statusCode).toBe(400);
    expect(response.json().errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });
});
