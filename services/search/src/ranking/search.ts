/** A search among one tenant's items: candidates, their scores, and the page that is asked for. */
import type { Oklab } from '@tintype/colour';
import { type Learned, verdictScore } from './learned.ts';
import type { Palettes } from './palettes.ts';
import { parseQuery } from './query.ts';
import { type Sought, type Synonyms, seek } from './sought.ts';
import { Top } from './top.ts';
import type { WordIndex } from './word-index.ts';
import type { WordScores } from './word-scores.ts';

export type Search = {
  /** Words, "phrases" and -without; of more than `mostQueryWords` the first. Blank: every item. */
  text: string;
  /** Null: any colours. With a text, an item must have both. */
  colour: Oklab | null;
  /** Greatest distance by `oklabDistance`, black to white being 1. */
  tolerance: number;
  offset: number;
  limit: number;
  /** Whether hits tell what their score is made of. */
  explain: boolean;
  /** Feedback on this query. */
  learned?: Learned | null;
  /** Ids that stand first, in this order, whether or not they have the words. */
  pins?: readonly string[];
  synonyms?: Synonyms;
};

/** What a score is made of. `all`: whether the item has every word; `feedback`, `terms`: −1 … 1. */
export type ScoreParts = { words: number; all: 0 | 1; colour: number; feedback: number; terms: number };

/** `matched`: words of the item by which it was found. */
export type Hit = { id: string; score: number; matched: string[]; parts?: ScoreParts };

/** `total`: hits on all pages. `corrected`: the query as it was understood, null when that is as it was written. */
export type Found = { total: number; corrected: string | null; hits: Hit[] };

/** The items of a tenant, by their slots. */
export type Shelf = {
  index: WordIndex;
  palettes: Palettes;
  scores: WordScores;
  /** −1 for an unknown id. */
  slotOf(id: string): number;
  idOf(slot: number): string;
  /** Negative when the first was made later than the second. */
  newer(one: number, other: number): number;
};

/** Of an item that has every word: it comes before any that lacks one. */
const allWordsGain = 0.5;
/** Feedback can lift an item over those that have every word, and let it sink below them all. */
const feedbackGain = 1;
const termsGain = 0.5;
const noSynonyms: Synonyms = new Map();
const noTerms: ReadonlyMap<string, number> = new Map();

export function searchShelf(shelf: Shelf, search: Search): Found {
  const query = parseQuery(search.text);
  const sought = seek(query, shelf.index.vocabulary, search.synonyms ?? noSynonyms);
  shelf.scores.sum(sought, search.learned?.terms ?? noTerms);
  const scored = new ScoredSearch(shelf, search, sought);
  const pins = pinnedSlots(shelf, search.pins ?? []);
  const end = search.offset + search.limit;
  const top = new Top(Math.max(0, end - pins.size), better(shelf));
  let total = pins.size;
  const visit = (slot: number) => {
    if (pins.has(slot) || !scored.score(slot)) return;
    total += 1;
    top.add(slot);
  };
  if (sought.words.length > 0) scored.eachWithWords(visit);
  else if (query.words > 0 || search.text.trim() === '') eachItem(shelf, visit);
  const slots = [...pins, ...top.sorted()].slice(search.offset, end);
  return { total, corrected: sought.corrected, hits: slots.map((slot) => scored.hitOf(slot)) };
}

/** The order of hits: the better first; of equals the newest, so that a page follows a page. */
export function better({ scores: { totals }, newer }: Shelf): (one: number, other: number) => number {
  return (one, other) => (totals[other] ?? 0) - (totals[one] ?? 0) || newer(one, other);
}

/** What one search makes of single items. */
class ScoredSearch {
  readonly #shelf: Shelf;
  readonly #search: Search;
  readonly #sought: Sought;
  readonly #feedback: ReadonlyMap<number, number>;
  readonly #totals: Float64Array;

  constructor(shelf: Shelf, search: Search, sought: Sought) {
    this.#shelf = shelf;
    this.#search = search;
    this.#sought = sought;
    this.#feedback = feedbackBySlot(shelf, search.learned ?? null);
    this.#totals = shelf.scores.totals;
  }

  /** Items with one of the words, and those that were liked for this query without having any. */
  eachWithWords(visit: (slot: number) => void): void {
    const { scores, index } = this.#shelf;
    scores.each(visit);
    for (const [slot, liked] of this.#feedback)
      if (liked > 0 && !scores.isTouched(slot) && index.isTaken(slot)) visit(slot);
  }

  /** Notes the score of an item; false for one that is no hit. */
  score(slot: number): boolean {
    const { scores, index } = this.#shelf;
    const { words, phrases } = this.#sought;
    if (scores.isExcluded(slot) || !phrases.every((terms) => index.hasPhrase(slot, terms))) return false;
    const colour = this.#colourOf(slot);
    if (colour === 0) return false;
    this.#totals[slot] =
      (words.length > 0 ? this.#wordsGain(slot) : 1) * colour +
      feedbackGain * (this.#feedback.get(slot) ?? 0) +
      termsGain * scores.learnedOf(slot);
    return true;
  }

  hitOf(slot: number): Hit {
    const { scores, idOf } = this.#shelf;
    this.score(slot);
    const parts = {
      words: scores.scoreOf(slot),
      all: scores.hasAll(slot) ? 1 : 0,
      colour: this.#search.colour === null ? 0 : this.#colourOf(slot),
      feedback: this.#feedback.get(slot) ?? 0,
      terms: scores.learnedOf(slot),
    } as const;
    const hit = { id: idOf(slot), score: this.#totals[slot] ?? 0, matched: this.#matched(slot) };
    return this.#search.explain ? { ...hit, parts } : hit;
  }

  #wordsGain(slot: number): number {
    const { scores } = this.#shelf;
    return (1 - allWordsGain) * scores.scoreOf(slot) + (scores.hasAll(slot) ? allWordsGain : 0);
  }

  #colourOf(slot: number): number {
    const { colour, tolerance } = this.#search;
    return colour === null ? 1 : this.#shelf.palettes.nearness(slot, colour, tolerance);
  }

  #matched(slot: number): string[] {
    const { vocabulary } = this.#shelf.index;
    const own = this.#shelf.index.termsOf(slot);
    const variants = this.#sought.words.flatMap((word) => word.variants);
    const found = variants.filter(({ terms }) => terms.every((term) => own.has(term))).flatMap(({ terms }) => terms);
    return [...new Set(found.map((term) => vocabulary.surfaceOf(term)))];
  }
}

function eachItem({ index }: Shelf, visit: (slot: number) => void): void {
  for (let slot = index.slots - 1; slot >= 0; slot--) if (index.isTaken(slot)) visit(slot);
}

/** In their order; what is not among the items any more is left out. */
function pinnedSlots({ slotOf }: Shelf, pins: readonly string[]): Set<number> {
  return new Set(pins.map(slotOf).filter((slot) => slot >= 0));
}

function feedbackBySlot({ slotOf }: Shelf, learned: Learned | null): ReadonlyMap<number, number> {
  const bySlot = new Map<number, number>();
  for (const [id, counter] of learned?.items ?? []) {
    const slot = slotOf(id);
    if (slot >= 0) bySlot.set(slot, verdictScore(counter, learned?.voters ?? 0));
  }
  return bySlot;
}
