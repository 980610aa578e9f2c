import { expect, test } from '@jest/globals';
import { hexOfWord } from '../src/index.ts';

test.each([
  ['white', '#ffffff'],
  ['DarkSlateGrey', '#2f4f4f'],
  [' teal ', '#008080'],
  ['#ABCDEF', '#abcdef'],
  ['abcdef', '#abcdef'],
  ['#f0A', '#ff00aa'],
  ['088', '#008888'],
])('when a colour is written as %j, then it is %s', (word, hex) => {
  expect(hexOfWord(word)).toBe(hex);
});

test.each(['', '#', 'ff', '#ffff', '#ffffff80', 'constructor', '__proto__', 'rgb(1,2,3)', 'hotpnik'])(
  'when %j is written, then it is no colour',
  (word) => {
    expect(hexOfWord(word)).toBeNull();
  },
);
