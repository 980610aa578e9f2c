/** What is asked of a library, by kind: each call is another query of the kind. */
import type { Ranking, Search } from '@tintype/search';
import type { GeneratedLibrary, Random } from './library.ts';
import { misspelt } from './library.ts';

export const page = { offset: 0, limit: 20, explain: false, colour: null, tolerance: 0.1 } as const;

/** Greatest time of each kind in milliseconds, at 95 %, with up to 40 000 items; with more it is `mostMs` for all. */
export const kinds = {
  'two words': { atMost: 10 },
  'two words, one misspelt': { atMost: 10 },
  'a sentence': { atMost: 10 },
  'two words, the last begun': { atMost: 10 },
  'a letter': { atMost: 10 },
  'a phrase': { atMost: 10 },
  'stop words alone': { atMost: 10 },
  'all without a word': { atMost: 10 },
  'a colour': { atMost: 15 },
  'words and a colour': { atMost: 20 },
  'like an item, by words': { atMost: 15 },
  'like an item, by colour': { atMost: 15 },
  'completions of three letters': { atMost: 10 },
  'completions behind a word': { atMost: 10 },
} as const;
export const mostMs = 60;
export type Kind = keyof typeof kinds;
export const kindNames = Object.keys(kinds).filter((name): name is Kind => name in kinds);

/** Two words of one item, not always those of its caption. */
export function twoWords(library: GeneratedLibrary, items: number, random: Random): [string, string] {
  const { things } = library.shown(Math.floor(random() * items));
  const [one = 0, other = 0] = things;
  return [library.wordOf(one, random), library.wordOf(other, random)];
}

/** The same with the first misspelt, behind a space: it is no beginning. */
export function misspeltWords(library: GeneratedLibrary, items: number, random: Random): () => string {
  return () => {
    const [one, other] = twoWords(library, items, random);
    return `${misspelt(one, random)} ${other} `;
  };
}

/** One call for each kind. */
export function callsOf(
  ranking: Ranking,
  library: GeneratedLibrary,
  items: number,
  random: Random,
): Record<Kind, () => unknown> {
  const two = () => twoWords(library, items, random);
  const colour = () => library.lab(Math.floor(random() * library.colours));
  const id = () => library.item(Math.floor(random() * items)).id;
  const search = (text: string, more: Partial<Search> = {}) => ranking.search({ ...page, text, ...more });
  const begun = ([one, other]: [string, string]) => `${one} ${other.slice(0, 3)}`;
  const wrong = misspeltWords(library, items, random);
  return {
    'two words': () => search(`${two().join(' ')} `),
    'two words, one misspelt': () => search(wrong()),
    'a sentence': () => search(`a ${two().join(' in the ')} `),
    'two words, the last begun': () => search(begun(two())),
    'a letter': () => search(two()[0].slice(0, 1)),
    'a phrase': () => search(`"near the ${two()[0]}"`),
    'stop words alone': () => search('in the and a '),
    'all without a word': () => search(`-${two()[0]}`),
    'a colour': () => search('', { colour: colour() }),
    'words and a colour': () => search(`${two().join(' ')} `, { colour: colour() }),
    'like an item, by words': () => ranking.similar(id(), 'words', page.limit),
    'like an item, by colour': () => ranking.similar(id(), 'colour', page.limit),
    'completions of three letters': () => ranking.suggest(two()[0].slice(0, 3), 8),
    'completions behind a word': () => ranking.suggest(begun(two()), 8),
  };
}

/** Milliseconds of each of so many calls, after some that are not counted. */
export function timesOf(call: () => unknown, count: number): number[] {
  for (let at = 0; at < Math.ceil(count / 5); at++) call();
  return Array.from({ length: count }, () => {
    const start = performance.now();
    call();
    return performance.now() - start;
  });
}
