/** The depth of JSON before it is parsed. */
import { expect, test } from '@jest/globals';
import { isDeeperThan } from '../src/http/json-depth.ts';

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

test.each([
  ['lists as deep as may be', nested(3), false],
  ['lists one deeper', nested(4), true],
  ['objects one deeper', '{"a":{"b":{"c":{}}}}', true],
  ['many beside each other', `[${'[],{},'.repeat(100)}1]`, false],
  ['brackets in a string', '["[[[[[[{{{{{"]', false],
  ['brackets in a string behind an escaped quote', String.raw`["\"[[[[[","\\"]`, false],
  ['brackets behind a string that ends in a backslash', String.raw`["\\",[[[1]]]]`, true],
  ['a string that does not end', '["[[[[[[', false],
  ['ends without beginnings', ']]]][[[[', false],
])('when %s come, then whether they lie deeper than three levels is %s', (_name, text, isDeeper) => {
  expect(isDeeperThan(3, text)).toBe(isDeeper);
});
