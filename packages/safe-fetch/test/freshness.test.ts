/** For how long an answer is fresh, by what RFC 9111 lets a shared cache take from its headers. */
import { expect, test } from '@jest/globals';
import { freshnessOf } from '../src/freshness.ts';
import type { AnswerHeaders } from '../src/reception.ts';

const nowMs = Date.parse('2026-11-28T16:00:00Z');
const at = (seconds: number) => new Date(nowMs + seconds * 1000).toUTCString();
const secondsOf = (headers: AnswerHeaders, changes: { isAuthorized?: boolean; delayMs?: number } = {}) =>
  freshnessOf(headers, { nowMs, delayMs: 0, isAuthorized: false, ...changes }).freshForMs / 1000;

const cases: [name: string, headers: AnswerHeaders, seconds: number][] = [
  ['nothing', {}, 0],
  ['a date of change alone', { 'last-modified': at(-1e6) }, 0],
  ['max-age', { 'cache-control': 'max-age=60' }, 60],
  ['max-age in quotes', { 'cache-control': 'max-age="60"' }, 60],
  ['capitals and spaces', { 'cache-control': ' Public ,  MAX-AGE=60 ' }, 60],
  ['a header in two lines', { 'cache-control': ['public', 'max-age=60'] }, 60],
  ['s-maxage beside max-age', { 'cache-control': 'max-age=60, s-maxage=10' }, 10],
  ['max-age beside Expires', { 'cache-control': 'max-age=60', expires: at(10) }, 60],
  ['Expires', { expires: at(90) }, 90],
  ['Expires by the Date of the source', { expires: at(3600), date: at(3500) }, 100],
  ['Expires that is over', { expires: at(-1) }, 0],
  ['Expires that is no date', { expires: '0' }, 0],
  ['a year', { 'cache-control': 'max-age=31536000, immutable' }, 86_400],
  ['more seconds than there are', { 'cache-control': `max-age=${'9'.repeat(400)}` }, 86_400],
  ['seconds below zero', { 'cache-control': 'max-age=-1' }, 0],
  ['seconds that are none', { 'cache-control': 'max-age=1e3' }, 0],
  ['max-age without a value', { 'cache-control': 'max-age' }, 0],
  ['two different max-age', { 'cache-control': 'max-age=60, max-age=600' }, 0],
  ['max-age within a text', { 'cache-control': 'note="max-age=60"' }, 0],
  ['an age on the way', { 'cache-control': 'max-age=60', age: '20' }, 40],
  ['an age that is no number', { 'cache-control': 'max-age=60', age: 'old' }, 60],
  ['a Date long ago', { 'cache-control': 'max-age=60', date: at(-50) }, 10],
  ['a Date to come', { 'cache-control': 'max-age=60', date: at(500) }, 60],
  ['older than it may be', { 'cache-control': 'max-age=60', age: '61' }, 0],
  ['no-cache', { 'cache-control': 'max-age=60, no-cache' }, 0],
  ['no-cache of a field', { 'cache-control': 'max-age=60, no-cache="set-cookie"' }, 0],
  ['private', { 'cache-control': 'private, max-age=60' }, 0],
  ['no-store', { 'cache-control': 'max-age=60, no-store' }, 0],
  ['that it varies by anything', { 'cache-control': 'max-age=60', vary: 'accept, *' }, 0],
  ['that it varies by Accept', { 'cache-control': 'max-age=60', vary: 'accept' }, 60],
];

test.each(cases)('when the source says %s, then it is fresh for so long', (_, headers, seconds) => {
  expect(secondsOf(headers)).toBe(seconds);
});

test('when the answer was long on its way, then it is older by that', () => {
  expect(secondsOf({ 'cache-control': 'max-age=60', age: '5' }, { delayMs: 2000 })).toBe(53);
});

test('when it was asked for with an Authorization, then a shared cache needs the source’s word', () => {
  const authorized = (cacheControl: string) => secondsOf({ 'cache-control': cacheControl }, { isAuthorized: true });
  expect(authorized('max-age=60')).toBe(0);
  for (const word of ['public', 'must-revalidate', 's-maxage=60']) expect(authorized(`max-age=60, ${word}`)).toBe(60);
});

test('when it says no-store, in whatever way, then nothing is kept, and else it is', () => {
  const mayBeKept = (header: string | string[]) =>
    freshnessOf({ 'cache-control': header }, { nowMs, delayMs: 0, isAuthorized: false }).mayBeKept;
  for (const header of ['no-store', 'No-Store', 'max-age=9,no-store', 'no-store="x"', ['public', 'no-store']]) {
    expect([header, mayBeKept(header)]).toEqual([header, false]);
  }
  for (const header of ['', 'no-cache', 'x-no-store', 'note="no-store"']) expect(mayBeKept(header)).toBe(true);
});
