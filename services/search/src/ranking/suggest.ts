/** What somebody who types may be about to type: words of the library by how many items have them, and names. */
import type { ItemNames } from './item-names.ts';
import { expansionsOf } from './sought.ts';
import type { WordIndex } from './word-index.ts';
import { fold, piecesOf } from './words.ts';

/** Completions of which those are taken that stand beside the words before. */
const mostLookedAt = 32;
/** Items of a completion in which the words before are looked for. */
const mostItems = 250;

/**
 * Completions of the last word, behind the words before it as they were typed, the most frequent first; then names that
 * begin like the whole text. Nothing for a text without words, or behind a space.
 */
export function completions(index: WordIndex, names: ItemNames, text: string, limit: number): string[] {
  const pieces = piecesOf(text);
  const last = pieces.at(-1);
  if (!last || /\s$/.test(text)) return [];
  const { vocabulary } = index;
  const before = pieces.slice(0, -1).map(({ term }) => vocabulary.find(term));
  const head = fold(text).slice(0, fold(text).lastIndexOf(last.surface));
  const words = expansionsOf(last.surface, vocabulary, before.length > 0 ? mostLookedAt : limit);
  const fitting = words.filter((term) => before.every((other) => other < 0) || standTogether(index, term, before));
  const found = new Set(fitting.slice(0, limit).map((term) => `${head}${vocabulary.surfaceOf(term)}`));
  names.startingWith(text, (name) => {
    if (found.size < limit) found.add(name);
    return found.size < limit;
  });
  return [...found];
}

/** Whether one of the term's items has the others too, as far as they are known; of many items the first are seen. */
function standTogether(index: WordIndex, term: number, others: readonly number[]): boolean {
  const known = others.filter((other) => other >= 0);
  let looked = 0;
  let isFound = false;
  index.eachWith(term, (slot) => {
    isFound = known.every((other) => index.hasTerm(slot, other));
    looked += 1;
    return !isFound && looked < mostItems;
  });
  return isFound;
}
