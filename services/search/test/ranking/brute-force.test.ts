/** The ranking and its structures against plain loops, on random small libraries and random changes. */
import { expect, test } from '@jest/globals';
import { oklabDistance } from '@tintype/colour';
import fc from 'fast-check';
import { createRanking, type RankedItem } from '../../src/index.ts';
import { ListPool } from '../../src/ranking/list-pool.ts';
import { SortedKeys } from '../../src/ranking/sorted-keys.ts';
import { editDistance, TypoIndex } from '../../src/ranking/typos.ts';
import { colourOf, idOf, itemOf, searchOf } from './libraries.ts';

const words = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen'];
const anyWord = fc.constantFrom(...words);
const anyCaption = fc.array(anyWord, { minLength: 1, maxLength: 8 }).map((list) => list.join(' '));
const anyColour = fc
  .tuple(fc.constantFrom('#ff0000', '#fa0505', '#00ff00', '#808080'), fc.double({ min: 0.1, max: 0.5, noNaN: true }))
  .map(([hex, share]) => colourOf(hex, share));
const anyItem = fc
  .record({ number: fc.nat(40), caption: anyCaption, colours: fc.array(anyColour, { maxLength: 4 }) })
  .map(({ number, caption, colours }) => itemOf(number, caption, { name: '', colours }));
const anyLibrary = fc.uniqueArray(anyItem, { selector: ({ id }) => id, maxLength: 30 });

function rankingOf(items: readonly RankedItem[]) {
  const ranking = createRanking();
  for (const item of items) ranking.put(item);
  return ranking;
}

/** BM25 by its definition, the items with all words first, of equals the newest. */
function plainOrder(items: readonly RankedItem[], asked: readonly string[]): string[] {
  const textsOf = ({ caption }: RankedItem) => caption.split(' ');
  const mean = items.reduce((sum, item) => sum + textsOf(item).length, 0) / items.length;
  const rarity = (word: string) => {
    const having = items.filter((item) => textsOf(item).includes(word)).length;
    return Math.log(1 + (items.length - having + 0.5) / (having + 0.5));
  };
  const scoreOf = (item: RankedItem) => {
    const text = textsOf(item);
    const sum = asked.reduce((all, word) => {
      const uses = Math.min(3, text.filter((other) => other === word).length);
      return all + (rarity(word) * uses) / (uses + 1.2 * (0.6 + (0.4 * text.length) / mean));
    }, 0);
    return (asked.every((word) => text.includes(word)) ? 100 : 0) + sum;
  };
  // Sums that differ by their rounding alone are equal.
  const scored = items.map((item) => ({ id: item.id, score: Number(scoreOf(item).toFixed(9)) }));
  return scored
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score || (one.id < other.id ? 1 : -1))
    .map(({ id }) => id);
}

test('when words are asked for, then the order is that of a plain loop', () => {
  fc.assert(
    fc.property(anyLibrary, fc.uniqueArray(anyWord, { minLength: 1, maxLength: 4 }), (items, asked) => {
      const { hits, total } = rankingOf(items).search(searchOf(`${asked.join(' ')} `));
      const plain = plainOrder(items, asked);
      expect(hits.map(({ id }) => id).toSorted()).toEqual(plain.toSorted());
      expect(total).toBe(plain.length);
      const place = new Map(plain.map((id, at) => [id, at]));
      for (const [at, hit] of hits.entries()) {
        const next = hits[at + 1];
        // What is equal but for rounding may stand either way.
        if (next && hit.score - next.score > 1e-9) expect(place.get(hit.id)).toBeLessThan(place.get(next.id) ?? 0);
      }
    }),
  );
});

test('when a colour is asked for, then items are found whose colours are within, as a plain loop finds them', () => {
  fc.assert(
    fc.property(anyLibrary, fc.double({ min: 0.01, max: 1, noNaN: true }), (items, tolerance) => {
      const { lab } = colourOf('#ff0000', 1);
      const plain = items.filter(({ colours }) =>
        colours.some((colour) => oklabDistance(colour.lab, lab) <= tolerance),
      );
      const { hits } = rankingOf(items).search(searchOf('', { colour: lab, tolerance }));
      expect(hits.map(({ id }) => id).toSorted()).toEqual(plain.map(({ id }) => id).toSorted());
    }),
  );
});

test('when a library has changed often, then it answers like a new one of the same items', () => {
  const anyChange = fc.oneof(
    { weight: 3, arbitrary: anyItem.map((item) => ({ item, id: item.id })) },
    { weight: 2, arbitrary: fc.nat(40).map((number) => ({ item: null, id: idOf(number) })) },
  );
  fc.assert(
    fc.property(fc.array(anyChange, { minLength: 200, maxLength: 600 }), anyCaption, (changes, text) => {
      const ranking = createRanking();
      const kept = new Map<string, RankedItem>();
      for (const { item, id } of changes) {
        if (item) {
          ranking.put(item);
          kept.set(id, item);
        } else expect(ranking.remove(id)).toBe(kept.delete(id));
      }
      const fresh = rankingOf([...kept.values()]);
      expect(ranking.size).toBe(kept.size);
      for (const query of [`${text} `, `"${text.slice(0, 7)}"`, `-${text.slice(0, 3)}`, 'bea ', 'c'])
        expect(ranking.search(searchOf(query))).toEqual(fresh.search(searchOf(query)));
      for (const id of kept.keys()) expect(ranking.similar(id, 'colour', 5)).toEqual(fresh.similar(id, 'colour', 5));
      expect(ranking.suggest('c', 5)).toEqual(fresh.suggest('c', 5));
    }),
    { numRuns: 20 },
  );
});

test('when items come and go without end, then memory does not grow without end', () => {
  const ranking = createRanking();
  const replaceAll = (round: number) => {
    for (let number = 0; number < 300; number++) ranking.put(itemOf(number, `word${round * 300 + number} in a park`));
  };
  for (let round = 0; round < 4; round++) replaceAll(round);
  const { bytes } = ranking;
  for (let round = 4; round < 20; round++) replaceAll(round);
  expect(ranking.bytes).toBeLessThan(1.5 * bytes);
});

test('when pages follow each other, then together they are the whole', () => {
  fc.assert(
    fc.property(anyLibrary, anyCaption, fc.integer({ min: 1, max: 7 }), (items, text, limit) => {
      const ranking = rankingOf(items);
      const whole = ranking.search(searchOf(`${text} `));
      const pages = Array.from({ length: Math.ceil(whole.total / limit) }, (_, at) =>
        ranking.search(searchOf(`${text} `, { offset: at * limit, limit })),
      );
      expect(pages.flatMap(({ hits }) => hits)).toEqual(whole.hits);
    }),
  );
});

test('when many lists grow, shrink and go, then each has what was pushed into it', () => {
  const step = fc.record({ list: fc.nat(5), values: fc.nat(9000), clears: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const pool = new ListPool();
      const plain: number[][] = Array.from({ length: 6 }, () => []);
      for (const { list, values, clears } of steps) {
        if (clears) {
          pool.clear(list);
          plain[list] = [];
        }
        for (let value = 0; value < values; value++) pool.push(list, value);
        plain[list] = [...(plain[list] ?? []), ...Array.from({ length: values }, (_, value) => value)].filter(
          (value) => value % 3 > 0,
        );
        pool.keep(list, (value) => value % 3 > 0);
      }
      for (const [list, values] of plain.entries()) expect([...pool.read(list)]).toEqual(values);
    }),
    { numRuns: 20 },
  );
});

test('when texts are sorted in, then those that begin alike are found in order', () => {
  const anyText = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 600, maxLength: 1500 }), anyText, (texts, prefix) => {
      const keys = new SortedKeys((number) => texts[number] ?? '');
      for (const number of texts.keys()) keys.add(number);
      const kept = [...texts.keys()].filter((number) => number % 4 > 0);
      for (const number of texts.keys()) if (number % 4 === 0) keys.remove(number);
      const found: string[] = [];
      keys.startingWith(prefix, (number) => found.push(texts[number] ?? '') > 0);
      expect(found).toEqual(
        kept
          .map((number) => texts[number] ?? '')
          .filter((text) => text.startsWith(prefix))
          .sort(),
      );
    }),
    { numRuns: 10 },
  );
});

test('when a word is misspelt, then all words within its edits are considered', () => {
  const anyText = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 3, maxLength: 11 });
  fc.assert(
    fc.property(fc.uniqueArray(anyText, { maxLength: 60 }), anyText, fc.constantFrom(1, 2), (texts, asked, edits) => {
      fc.pre(asked.length >= (edits === 1 ? 4 : 8));
      const index = new TypoIndex((number) => texts[number] ?? '');
      for (const number of texts.keys()) index.add(number);
      for (const number of texts.keys()) if (number % 5 === 0) index.remove(number);
      const near = [...texts.keys()].filter(
        (number) => number % 5 > 0 && editDistance(asked, texts[number] ?? '') <= (edits === 1 ? 1 : 2),
      );
      const found = index.near(asked, edits === 1 ? 1 : 2, () => 1);
      expect(found.length).toBe(Math.min(3, near.length));
      expect(near).toEqual(expect.arrayContaining(found));
    }),
  );
});
