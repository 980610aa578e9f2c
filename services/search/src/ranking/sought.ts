/** What a query looks for in one library: for each of its words the terms that serve. */
import { lookedUp, mostQueryWords, type Query, type QueryPart, type QueryWord, sequenceOf } from './query.ts';
import { Top } from './top.ts';
import type { Vocabulary } from './vocabulary.ts';
import { piecesOf } from './words.ts';

/** Terms that stand for a word; of several, an item must have all of them, one after the other. */
export type Variant = { terms: readonly number[]; weight: number };

/** `isInPhrase`: no item is a hit without it. `variants` by falling weight; none when no item has anything like it. */
export type SoughtWord = { isSoft: boolean; isInPhrase: boolean; variants: readonly Variant[] };

export type Sought = {
  words: SoughtWord[];
  /** Each must stand in an item; one with a term −1 stands in none. */
  phrases: (readonly number[])[];
  /** None may stand in an item. */
  without: (readonly number[])[];
  /** The query as it was understood; null when that is as it was written. */
  corrected: string | null;
};

/** Words that are looked for beside a word, by that word in lower case. */
export type Synonyms = ReadonlyMap<string, readonly string[]>;

const weights = { synonym: 0.8, expansion: 0.6, meant: [1, 0.7, 0.5] } as const;
/** Words that the last one of a query may be the beginning of: the most frequent. */
const mostExpansions = 32;

type Reading = {
  variants: Variant[];
  /** The term that the word itself is taken for; −1 for none. */
  own: number;
  /** As it is shown. */
  surface: string;
};

export function seek({ parts }: Query, vocabulary: Vocabulary, synonyms: Synonyms): Sought {
  const sought: Sought = { words: [], phrases: [], without: [], corrected: null };
  const met = new Set<string>();
  const add = (key: string, word: SoughtWord) => {
    if (!met.has(key) && sought.words.length < mostQueryWords) sought.words.push(word);
    met.add(key);
  };
  const shown: string[] = [];
  let isCorrected = false;
  for (const part of parts) {
    if (part.kind === 'without') {
      const terms = sequenceOf(part.words).map((term) => vocabulary.find(term));
      if (!terms.includes(-1)) sought.without.push(terms);
      shown.push(shownPart(part, surfacesOf(part)));
      continue;
    }
    const isInPhrase = part.kind === 'phrase';
    const surfaces: string[] = [];
    const phrase: number[] = [];
    for (const word of part.words) {
      if (word.isUnspaced) {
        for (const pair of lookedUp(word))
          add(pair, { isSoft: word.isSoft, isInPhrase, variants: pairVariants(pair, vocabulary) });
        phrase.push(...sequenceOf([word]).map((pair) => vocabulary.find(pair)));
      }
      const { variants, own, surface } = readWord(word, vocabulary, synonyms);
      if (!word.isUnspaced) {
        add(word.isOpen ? `${word.surface}…` : word.term, { isSoft: word.isSoft, isInPhrase, variants });
        phrase.push(own);
      }
      isCorrected ||= surface !== word.surface;
      surfaces.push(surface);
    }
    if (part.kind === 'phrase') sought.phrases.push(phrase);
    shown.push(shownPart(part, surfaces));
  }
  return { ...sought, corrected: isCorrected ? shown.join(' ') : null };
}

/** What a word between spaces is taken for: itself with its synonyms and what it begins; else what it was meant for. */
function readWord(word: QueryWord, vocabulary: Vocabulary, synonyms: Synonyms): Reading {
  const own = vocabulary.find(word.term);
  const variants: Variant[] = own >= 0 ? [{ terms: [own], weight: 1 }] : [];
  for (const synonym of synonyms.get(word.surface) ?? synonyms.get(word.term) ?? []) {
    const terms = sequenceOf(piecesOf(synonym)).map((term) => vocabulary.find(term));
    if (terms.length > 0 && !terms.includes(-1)) variants.push({ terms, weight: weights.synonym });
  }
  if (word.isOpen)
    for (const term of expansionsOf(word.surface, vocabulary))
      if (term !== own) variants.push({ terms: [term], weight: weights.expansion });
  if (variants.length > 0 || word.isUnspaced) return { variants, own, surface: word.surface };
  const meant = vocabulary.meantBy(word);
  const [first = -1] = meant;
  return {
    variants: meant.map((term, at) => ({ terms: [term], weight: weights.meant[at] ?? 0 })),
    own: first,
    surface: first < 0 ? word.surface : vocabulary.surfaceOf(first),
  };
}

function pairVariants(pair: string, vocabulary: Vocabulary): Variant[] {
  const term = vocabulary.find(pair);
  return term >= 0 ? [{ terms: [term], weight: 1 }] : [];
}

/** The most frequent words that begin so. */
export function expansionsOf(prefix: string, vocabulary: Vocabulary, most = mostExpansions): number[] {
  // By text and not by number: every process that has the same items says the same.
  const byText = (one: number, other: number) => (vocabulary.textOf(one) < vocabulary.textOf(other) ? -1 : 1);
  const top = new Top(
    most,
    (one, other) => vocabulary.itemsWith(other) - vocabulary.itemsWith(one) || byText(one, other),
  );
  vocabulary.startingWith(prefix, (term) => top.add(term));
  return top.sorted();
}

const surfacesOf = ({ words }: QueryPart): string[] => words.map(({ surface }) => surface);

function shownPart({ kind, isQuoted }: QueryPart, surfaces: readonly string[]): string {
  const text = surfaces.join(' ');
  return `${kind === 'without' ? '-' : ''}${isQuoted ? `"${text}"` : text}`;
}
