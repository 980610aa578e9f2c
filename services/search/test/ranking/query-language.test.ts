/** The rules of queries, on small libraries. */
import { describe, expect, test } from '@jest/globals';
import { oklabFromRgb, rgbFromHex } from '@tintype/colour';
import {
  countQueryWords,
  createRanking,
  mostQueryWords,
  queryKey,
  type RankedItem,
  type Search,
} from '../../src/index.ts';
import { colourOf, idOf, itemOf, searchOf } from './libraries.ts';

function rankingOf(...items: RankedItem[]) {
  const ranking = createRanking();
  for (const item of items) ranking.put(item);
  return ranking;
}

/** Of captions, which are numbered from 1: the numbers of those that are found, in order. */
function found(captions: readonly string[], text: string, more: Partial<Search> = {}): number[] {
  const ranking = rankingOf(...captions.map((caption, at) => itemOf(at + 1, caption)));
  return ranking.search(searchOf(text, more)).hits.map(({ id }) => Number.parseInt(id.slice(-12), 16));
}

describe('words', () => {
  test('when some items have all words, then they come before those with one, however often that is', () => {
    expect(found(['cat cat cat cat', 'a park with benches and trees and a cat far away', 'a dog'], 'cat park')).toEqual(
      [2, 1],
    );
  });

  test.each([
    ['cats', 'a cat', 'singular'],
    ['cat', 'two cats', 'plural'],
    ['women', 'a woman', 'irregular plural'],
    ['cafe', 'a CAFÉ', 'case and accent'],
    ['STRASSE', 'eine Straße', 'sharp s'],
    ['ΟΔΟΣ', 'οδος', 'final sigma'],
    ['ｃａｔ', 'cat', 'wide letters'],
    ['dogs', "the dog's bowl", 'possessive'],
    ['кошка', 'Кошка спит', 'another alphabet'],
    ['lighthouse', 'a light\u00adhouse', 'a hyphen that shows at line ends alone'],
    ['lighthouse', 'a light\u2060house', 'a joint that nobody sees'],
    ['light', '\u2066light\u2069', 'a direction of writing'],
    ['शहर', 'नया शहर', 'vowels that are marks'],
    ['高尾', '高尾山の猫', 'Japanese, a pair'],
    ['猫', '黒猫と犬', 'Japanese, one character'],
    ['北京天安门', '北京天安门广场', 'Chinese'],
    ['แมว', 'แมวสีดำนอนหลับ', 'Thai'],
    ['🐱', 'my 🐱️ sleeps', 'an emoji'],
    ['👍', '👍🏽', 'an emoji of another skin'],
    ['2041', 'IMG_2041.jpg', 'part of a file name'],
  ])('when %s is asked for, then %s is found: %s', (query, caption) => {
    expect(found([caption, 'something else'], query)).toEqual([1]);
  });

  test('when a word is a tag, then it counts more than in a caption', () => {
    const ranking = rankingOf(itemOf(1, 'x y', { tags: ['cat'] }), itemOf(2, 'x cat', { tags: ['y'] }));
    expect(ranking.search(searchOf('cat')).hits.map(({ id }) => id)).toEqual([idOf(1), idOf(2)]);
  });

  test('when a word is the name of a colour or stands in the file name, then it is found', () => {
    const item = itemOf(1, 'x', { fileName: 'beach.png', colours: [colourOf('#ff7f50', 1, 'coral')] });
    expect([rankingOf(item).search(searchOf('coral')).total, rankingOf(item).search(searchOf('beach')).total]).toEqual([
      1, 1,
    ]);
  });

  test('when stop words stand beside others, then they find nothing, and alone they do', () => {
    const captions = ['a cat in the park', 'in the park'];
    expect(found(captions, 'the cat')).toEqual([1]);
    expect(found(captions, 'in the')).toEqual([2, 1]);
  });

  test('when items are equal, then the newest comes first, and a page follows a page', () => {
    const captions = Array.from({ length: 9 }, () => 'a cat');
    expect(found(captions, 'cat')).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(found(captions, 'cat', { offset: 4, limit: 3 })).toEqual([5, 4, 3]);
  });
});

describe('the last word', () => {
  const captions = ['an elephant', 'an elevator', 'a cat'];
  test('when no space follows, then it may be a beginning', () => {
    expect(found(captions, 'ele')).toEqual([2, 1]);
    expect(found(captions, 'cat ele')).toEqual([3, 2, 1]);
  });
  test('when a space follows, or another word, then it is whole', () => {
    expect(found(captions, 'ele ')).toEqual([]);
    expect(found(captions, 'ele cat')).toEqual([3]);
  });
  test('when the word itself is there, then it comes before what it begins', () => {
    expect(found(['cat', 'catalogue'], 'cat')).toEqual([1, 2]);
  });
});

describe('typos', () => {
  const captions = ['an elephant', 'a zebra', 'a cat', 'a photograph'];
  test.each([
    ['elefant', [], null],
    ['elephnat', [1], 'elephant'],
    ['elehpamt', [1], 'elephant'],
    ['zebar', [2], 'zebra'],
    ['zebbra', [2], 'zebra'],
    ['zbera drinking', [2], 'zebra drinking'],
    ['fotograph', [4], 'photograph'],
    ['cet', [], null],
    ['"zebar"', [2], '"zebra"'],
    ['zebra', [2], null],
    ['zebar -cat', [2], 'zebra -cat'],
    ['zebr4', [], null],
  ])('when %s is asked for, then %j is found and %j understood', (query, numbers, corrected) => {
    expect(found(captions, `${query} `)).toEqual(numbers);
    const ranking = rankingOf(...captions.map((caption, at) => itemOf(at + 1, caption)));
    expect(ranking.search(searchOf(`${query} `)).corrected).toBe(corrected);
  });

  test('when two words are as near, then the one that more items have is meant', () => {
    expect(found(['a horse', 'a house', 'a house', 'a house'], 'hoise ').slice(0, 3)).toEqual([4, 3, 2]);
  });

  test('when its only item goes, then a word is there no more', () => {
    const ranking = rankingOf(itemOf(1, 'a horse'), itemOf(2, 'a house'));
    ranking.remove(idOf(1));
    expect(ranking.search(searchOf('horse ')).corrected).toBe('house');
  });
});

describe('"phrases" and -without', () => {
  const captions = ['a black cat and a white dog', 'a white cat and a black dog', 'black and white', '黒い猫'];
  test.each([
    ['"black cat"', [1]],
    ['"white dog"', [1]],
    ['“black cat”', [1]],
    ['"black white"', []],
    ['"black and white"', [3]],
    ['"cat and a black"', [2]],
    ['black -cat', [3]],
    ['black -"black cat"', [3, 2]],
    ['-black', [4]],
    ['-black-cat', [4, 3, 2]],
    ['-unheard', [4, 3, 2, 1]],
    ['"黒い猫"', [4]],
    ['-"い猫" -black', []],
    ['black -', [3, 2, 1]],
    ['"black', [3, 2, 1]],
  ])('when %s is asked for, then %j is found', (query, numbers) => {
    expect(found(captions, query).toSorted()).toEqual(numbers.toSorted());
  });

  test('when a phrase leads from one tag to the next, then it is none', () => {
    const ranking = rankingOf(itemOf(1, 'x', { tags: ['black', 'cat'] }));
    expect(ranking.search(searchOf('"black cat"')).total).toBe(0);
  });
});

describe('colours', () => {
  const orange = oklabFromRgb(rgbFromHex('#d2691e'));
  const items = [
    itemOf(1, 'a cat', { colours: [colourOf('#d2691e', 0.2), colourOf('#000000', 0.8)] }),
    itemOf(2, 'a dog', { colours: [colourOf('#d2691e', 0.7), colourOf('#ffffff', 0.3)] }),
    itemOf(3, 'a cat', { colours: [colourOf('#d26a20', 0.6), colourOf('#0000ff', 0.4)] }),
    itemOf(4, 'a cat', { colours: [colourOf('#0000ff', 1)] }),
    itemOf(5, 'a cat'),
  ];
  const numbers = (search: Search) =>
    rankingOf(...items)
      .search(search)
      .hits.map(({ id }) => Number.parseInt(id.slice(-12), 16));

  test('when a colour is asked for alone, then who has most of it comes first, and who has none is not found', () => {
    expect(numbers(searchOf('', { colour: orange }))).toEqual([2, 3, 1]);
  });
  test('when words are asked for too, then an item must have both', () => {
    expect(numbers(searchOf('cat', { colour: orange }))).toEqual([3, 1]);
    expect(numbers(searchOf('-cat', { colour: orange }))).toEqual([2]);
  });
  test('when nothing may differ, then only the colour itself is found', () => {
    expect(numbers(searchOf('', { colour: orange, tolerance: 0 }))).toEqual([2, 1]);
  });
});

describe('what nobody would type', () => {
  const captions = ['a cat 🐱', 'the and of'];
  test.each([
    ['10 000 words', Array.from({ length: 10_000 }, (_, at) => `word${at}`).join(' '), []],
    ['a word of 100 000 letters', 'x'.repeat(100_000), []],
    ['10 000 hyphens', '-'.repeat(10_000), []],
    ['10 000 quotation marks', '"'.repeat(10_001), []],
    ['punctuation', '!?;% _', []],
    ['SQL', "'; DROP TABLE items; --", []],
    ['nothing', '', [2, 1]],
    ['a space', ' ', [2, 1]],
    ['lone surrogates', '\ud800 \udc00', []],
    ['controls', '\0\u0001\u202e', []],
    ['names of an object’s own', '__proto__ constructor toString', []],
    ['a thousand emoji', '🐱'.repeat(1000), [1]],
  ])('when %s is asked for, then there is an answer', (_name, text, numbers) => {
    expect(found(captions, text)).toEqual(numbers);
  });

  test('when a query has many words, then they can be counted', () => {
    expect([countQueryWords('a "b c" -d'), countQueryWords('x '.repeat(10_000)) > mostQueryWords]).toEqual([4, true]);
  });
});

describe('pins and synonyms', () => {
  test('when items are pinned, then they stand first in their order, once, on whichever page', () => {
    const captions = ['a cat', 'a dog', 'a cat', 'a cat'];
    const pins = [idOf(2), idOf(99), idOf(1)];
    expect(found(captions, 'cat', { pins })).toEqual([2, 1, 4, 3]);
    expect(found(captions, 'cat', { pins, offset: 1, limit: 2 })).toEqual([1, 4]);
    expect(found(captions, 'cat', { pins, offset: 3, limit: 2 })).toEqual([3]);
  });

  test('when a word has synonyms, then they are found behind it', () => {
    const captions = ['a love seat', 'a couch', 'a sofa', 'a seat of love'];
    const synonyms = new Map([['sofa', ['couch', 'love seat']]]);
    expect(found(captions, 'sofas', { synonyms })).toEqual([3, 2, 1]);
  });
});

test('when words stand in another order, then it is the same query', () => {
  expect(queryKey('Cats in a park')).toBe(queryKey('the park, cat'));
  expect(queryKey('"in a" cat')).not.toBe(queryKey('cat'));
  expect(queryKey('cat -dog')).not.toBe(queryKey('cat dog'));
  expect(queryKey('to be')).toBe(queryKey('be to'));
});

test('when a hit is explained, then it says by which words and what for', () => {
  const ranking = rankingOf(itemOf(1, 'two cats in a park'));
  const [hit] = ranking.search(searchOf('park cat dog', { explain: true })).hits;
  expect(hit).toEqual({
    id: idOf(1),
    score: expect.any(Number),
    matched: ['park', 'cats'],
    parts: { words: expect.any(Number), all: 0, colour: 0, feedback: 0, terms: 0 },
  });
});
