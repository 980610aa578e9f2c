/** Which validators are kept of an answer, and what a source is asked with. */
import { expect, test } from '@jest/globals';
import { conditionsOf, confirms, validatorsOf } from '../src/validators.ts';

const nowMs = Date.parse('2026-11-28T16:00:00Z');
const date = (ms: number) => new Date(ms).toUTCString();

test.each(['"5f3a1c2b"', 'W/"5f3a1c2b"', '""', `"${'x'.repeat(158)}"`, '"a,b;c=\'d\'"'])(
  'when the tag is %s, then it is kept, and asked with as it is',
  (etag) => {
    const validators = validatorsOf({ etag }, nowMs);
    expect(validators).toEqual({ etag });
    expect(conditionsOf(validators ?? {})).toEqual({ 'if-none-match': etag });
  },
);

test.each([
  '',
  'bare',
  '*',
  '"open',
  '"a"b"',
  '"a", "b"',
  'w/"small"',
  '"a b"',
  '"a\u0000"',
  '"a\r\nx: y"',
  '"\u00e9"',
  `"${'x'.repeat(159)}"`,
])('when the tag is %j, then it is not kept', (etag) => {
  expect(validatorsOf({ etag }, nowMs)).toBeNull();
});

test('when there are two tags, then neither is kept', () => {
  expect(validatorsOf({ etag: ['"a"', '"b"'] }, nowMs)).toBeNull();
});

test('when there is a date of change, then it is kept to the second, beside a tag too', () => {
  const modified = date(nowMs - 3_600_000);
  const validators = validatorsOf({ etag: '"a"', 'last-modified': modified }, nowMs);
  expect(conditionsOf(validators ?? {})).toEqual({ 'if-none-match': '"a"', 'if-modified-since': modified });
});

test.each([
  ['is as young as the answer', { 'last-modified': date(nowMs), date: date(nowMs) }],
  ['is as young as the answer, and that has no Date', { 'last-modified': date(nowMs) }],
  ['is yet to come', { 'last-modified': date(nowMs + 60_000), date: date(nowMs + 120_000) }],
  ['is no date', { 'last-modified': 'yesterday' }],
  ['is written in another way', { 'last-modified': '2026-11-28T15:00:00Z' }],
  ['is of a day that does not exist', { 'last-modified': 'Sat, 31 Feb 2026 15:00:00 GMT' }],
])('when the date of change %s, then it is not kept', (_, headers) => {
  expect(validatorsOf(headers, nowMs)).toBeNull();
});

test('when a 304 names a tag, then it must be the one that was asked about, weak or not', () => {
  const asked = { etag: 'W/"a"' };
  for (const etag of [undefined, '"a"', 'W/"a"']) expect(confirms({ etag }, asked)).toBe(true);
  for (const etag of ['"b"', 'a', ['"a"', '"b"']]) expect(confirms({ etag }, asked)).toBe(false);
  expect(confirms({ etag: '"b"' }, { modifiedAtMs: nowMs })).toBe(true);
});
