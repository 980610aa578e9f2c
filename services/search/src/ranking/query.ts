/** The language of queries: words, "phrases", -without. */
import { isStopWord, type Piece, pairsOf, piecesOf, segmentsOf } from './words.ts';

/** A query has no more words than this; of a longer one the first are looked for. */
export const mostQueryWords = 30;

/** Of a query of stop words alone, the words that make a hit: nearly every item has the others too. */
const firmStopWords = 2;

/** A word as it stands in a query. */
export type QueryWord = Piece & {
  /** Whether what begins with it is meant too: the last word, as long as no space follows. */
  isOpen: boolean;
  /** Of little weight: a stop word beside others. */
  isSoft: boolean;
};

/** Words that stand together: one of a plain part, those in quotation marks, or behind a hyphen. */
export type QueryPart = { kind: 'words' | 'phrase' | 'without'; isQuoted: boolean; words: QueryWord[] };

export type Query = { parts: QueryPart[]; words: number };

const partPattern = /-?"[^"]*"|\S+/gu;

/** Never fails: what cannot be read as a rule is words. */
export function parseQuery(text: string): Query {
  const plain = text.replaceAll(/[“”„«»]/g, '"');
  const parts: QueryPart[] = [];
  let words = 0;
  for (const found of plain.matchAll(partPattern)) {
    const [raw] = found;
    const isQuoted = /^-?"[^"]*"$/.test(raw);
    const kind = /^-[^-]/.test(raw) ? 'without' : isQuoted ? 'phrase' : 'words';
    const isLast = found.index + raw.length === plain.length;
    const pieces = piecesOf(raw).slice(0, mostQueryWords - words);
    if (pieces.length === 0) continue;
    words += pieces.length;
    const isOpen = (at: number) => isLast && kind === 'words' && at === pieces.length - 1;
    parts.push({
      kind,
      isQuoted,
      words: pieces.map((piece, at) => ({ ...piece, isOpen: isOpen(at) && !piece.isUnspaced, isSoft: false })),
    });
  }
  return { parts: softened(parts), words };
}

/** How many words a query has, of which those beyond `mostQueryWords` are not looked for. */
export function countQueryWords(text: string): number {
  return piecesOf(text).length;
}

/** Stop words are soft; where there is nothing else to look for, all but the first few. */
function softened(parts: QueryPart[]): QueryPart[] {
  const asked = parts.filter(({ kind }) => kind !== 'without').flatMap(({ words }) => words);
  const isAlone = asked.every(({ surface }) => isStopWord(surface));
  const firm = isAlone ? new Set([...new Set(asked.map(({ surface }) => surface))].slice(0, firmStopWords)) : new Set();
  const isSoft = ({ surface }: Piece) => isStopWord(surface) && !firm.has(surface);
  return parts.map((part) => ({ ...part, words: part.words.map((word) => ({ ...word, isSoft: isSoft(word) })) }));
}

/** The terms of some words one after the other, as items have them. */
export function sequenceOf(words: readonly Piece[]): string[] {
  return words.flatMap(({ term, isUnspaced }) => (isUnspaced ? pairsOf(term) : [term]));
}

/** What a run without spaces is looked for by: the pairs of its dictionary words, none from one word to the next. */
export function lookedUp(run: Piece): string[] {
  return segmentsOf(run.term).flatMap(pairsOf);
}

/**
 * The same for the same words in another order: feedback on one query counts for the other. Stop words count only
 * where there is nothing else; phrases and exclusions are another query.
 */
export function queryKey(text: string): string {
  const keys = parseQuery(text).parts.flatMap(({ kind, words }) => {
    if (kind === 'words') return words.filter(({ isSoft }) => !isSoft).map(({ term }) => term);
    const sequence = words.map(({ term }) => term).join(' ');
    return kind === 'phrase' ? [`"${sequence}"`] : [`-"${sequence}"`];
  });
  return [...new Set(keys)].sort().join(' ');
}
