/** Completions of what is typed, and items like another. */
import { expect, test } from '@jest/globals';
import { createRanking } from '../../src/index.ts';
import { colourOf, idOf, itemOf } from './libraries.ts';

const ranking = createRanking();
const items = [
  itemOf(1, 'a cat on a couch', {
    name: 'Cat on couch.jpg',
    colours: [colourOf('#d2691e', 0.7), colourOf('#000000', 0.3)],
  }),
  itemOf(2, 'two cats in a car', { colours: [colourOf('#d26a20', 0.6), colourOf('#101010', 0.4)] }),
  itemOf(3, 'a car and a castle', { colours: [colourOf('#0000ff', 1)] }),
  itemOf(4, 'a red car', { colours: [colourOf('#d2691e', 0.1), colourOf('#0000ff', 0.9)] }),
  itemOf(5, '東京の猫 東京タワー'),
];
for (const item of items) ranking.put(item);

test.each([
  ['ca', ['car', 'cat', 'castle', 'Cat on couch.jpg']],
  ['CAT', ['cat', 'Cat on couch.jpg']],
  ['cas', ['castle']],
  ['red ca', ['red car']],
  ['cat on co', ['cat on couch', 'Cat on couch.jpg']],
  ['東', ['東京', '東京タワー']],
  ['', []],
  ['ca ', []],
  ['zzz', []],
  ['!', []],
])('when %j is typed, then %j is offered', (text, offered) => {
  expect(ranking.suggest(text, 8)).toEqual(offered);
});

test('when fewer are wanted, then the most frequent are offered', () => {
  expect(ranking.suggest('ca', 1)).toEqual(['car']);
});

const like = (number: number, by: 'colour' | 'words', limit = 10) =>
  ranking.similar(idOf(number), by, limit)?.map(({ id }) => Number.parseInt(id.slice(-12), 16));

test('when items like another are asked for, then the likest come first, without itself', () => {
  expect(like(1, 'colour')).toEqual([2, 4]);
  expect(like(2, 'words', 2)).toEqual([1, 3]);
  expect(like(3, 'colour', 1)).toEqual([4]);
  expect(like(99, 'words')).toBeUndefined();
});
