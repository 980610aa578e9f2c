/** What feedback does to a search, and what it cannot do. */
import { expect, test } from '@jest/globals';
import { createRanking, learn, type Verdict, verdictScore } from '../../src/index.ts';
import { idOf, itemOf, searchOf } from './libraries.ts';

const captions = ['a cat on a red sofa', 'a cat in a garden', 'a cat with a garden gnome', 'a cat', 'a dog'];
const ranking = createRanking();
for (const [at, caption] of captions.entries()) ranking.put(itemOf(at + 1, caption));

const textOf = (id: string) => captions[Number.parseInt(id.slice(-12), 16) - 1] ?? null;
const vote = (number: number, verdict: 1 | -1, voter = 'v'): Verdict => ({ id: idOf(number), voter, verdict });
const found = (verdicts: readonly Verdict[], text = 'cat') =>
  ranking
    .search(searchOf(text, { learned: learn(verdicts, textOf) }))
    .hits.map(({ id }) => Number.parseInt(id.slice(-12), 16));

test('when an item is liked, then it rises, and sinks when it is disliked', () => {
  expect(found([])).toEqual([4, 2, 3, 1]);
  expect(found([vote(1, 1)])[0]).toBe(1);
  expect(found([vote(4, -1)]).at(-1)).toBe(4);
});

test('when an item is liked that has none of the words, then it is found', () => {
  expect(found([vote(5, 1)])).toContain(5);
  expect(found([vote(5, 1)], 'cat -dog')).not.toContain(5);
});

test('when an item is liked, then others rise that share its words', () => {
  const order = found([vote(2, 1)]);
  expect(order[0]).toBe(2);
  expect(order.indexOf(3)).toBeLessThan(order.indexOf(1));
});

test('when a verdict is taken back, then the order is what it was', () => {
  expect(found([vote(1, 1), vote(1, -1), vote(4, 1)])).toEqual(found([vote(1, -1), vote(4, 1)]));
});

test('when a voter says the same a hundred times, then it counts once', () => {
  const often = Array.from({ length: 100 }, () => vote(1, 1));
  expect(learn(often, textOf)).toEqual(learn([vote(1, 1)], textOf));
});

test('when more like an item, then its score grows, and stays below 1', () => {
  const scores = [1, 2, 10, 1000].map((positive) => verdictScore({ positive, negative: 0 }, positive));
  expect(scores).toEqual(scores.toSorted());
  expect(Math.max(...scores)).toBeLessThan(1);
  expect(verdictScore({ positive: 3, negative: 3 }, 6)).toBe(0);
});

test('when a tenth of the voters lie together, then what the others say stands', () => {
  const honest = Array.from({ length: 90 }, (_, at) => [vote(2, 1, `h${at}`), vote(4, -1, `h${at}`)]).flat();
  const liars = Array.from({ length: 10 }, (_, at) => [
    vote(2, -1, `l${at}`),
    vote(4, 1, `l${at}`),
    vote(5, 1, `l${at}`),
  ]).flat();
  const { items } = learn([...honest, ...liars], textOf);
  const { positive = 0, negative = 0 } = items.get(idOf(2)) ?? {};
  expect(negative / positive).toBeLessThan(0.05);
  expect(found([...honest, ...liars]).filter((number) => number !== 5)).toEqual(found(honest));
});

test('when one network invents a thousand voters, then they count as a few, and those who are known decide', () => {
  const invented = Array.from({ length: 1000 }, (_, at) => ({ ...vote(5, 1, `i${at}`), network: 'n' }));
  const known = Array.from({ length: 8 }, (_, at) => vote(5, -1, `k${at}`));
  const { voters, items } = learn([...invented, ...known], textOf);
  expect(Math.round(voters)).toBe(13);
  const { positive = 0, negative = 0 } = items.get(idOf(5)) ?? {};
  expect(positive).toBeLessThan(negative);
  expect(found([...invented, ...known])).not.toContain(5);
});

test('when a few people share an address, then each counts as one', () => {
  const votes = ['x', 'y', 'z'].map((voter) => vote(1, 1, voter));
  expect(
    learn(
      votes.map((one) => ({ ...one, network: 'n' })),
      textOf,
    ),
  ).toEqual(learn(votes, textOf));
});

test('when an item is gone, then its verdicts teach no words', () => {
  expect(learn([vote(99, 1)], textOf).terms.size).toBe(0);
});
