import { expect, test } from '@jest/globals';
import { hexOfWord, nearestWord } from '../src/index.ts';

test.each([
  ['white', '#ffffff'],
  ['DarkSlateGrey', '#2f4f4f'],
  [' teal ', '#008080'],
  ['#ABCDEF', '#abcdef'],
  ['abcdef', '#abcdef'],
  ['#f0A', '#ff00aa'],
])('when a colour is written as %j, then it is %s', (word, hex) => {
  expect(hexOfWord(word)).toBe(hex);
});

test.each(['', 'fff', '#ffff', '#ffffff80', 'constructor', '__proto__', 'rgb(1,2,3)', 'hotpnik'])(
  'when %j is written, then it is no colour',
  (word) => {
    expect(hexOfWord(word)).toBeNull();
  },
);

test.each([
  ['wite', 'white'],
  ['hotpnik', 'hotpink'],
  ['backround', 'background'],
  ['DARKSLATEGRAI', 'darkslategray'],
  ['xyzzy', null],
  ['', null],
])('when %j is written, then %j was meant', (word, meant) => {
  expect(nearestWord(word, ['background'])).toBe(meant);
});
