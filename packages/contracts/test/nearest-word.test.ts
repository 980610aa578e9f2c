import { expect, test } from '@jest/globals';
import { nearestWord } from '../src/index.ts';

test.each([
  ['wite', 'white'],
  ['hotpnik', 'hotpink'],
  ['backround', 'background'],
  ['DARKSLATEGRAI', 'darkslategray'],
  ['REDISURL', 'REDIS_URL'],
  ['wihte', 'white'],
  ['xyzzy', null],
  ['', null],
])('when %j is written, then %j was meant', (word, meant) => {
  expect(nearestWord(word, ['background', 'white', 'hotpink', 'darkslategray', 'REDIS_URL'])).toBe(meant);
});
