/** How well each item serves the words of a query: BM25 over fields, summed up in arrays that all searches use in turn. */
import { fields } from './analysis.ts';
import type { Sought, SoughtWord, Variant } from './sought.ts';
import { fieldBits, longestItem, type WordIndex } from './word-index.ts';

/**
 * Saturation and the influence of length. Source: Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25
 * and Beyond" (2009); captions are short and of one kind, so length counts little.
 */
const bm25 = { k1: 1.2, b: 0.4 } as const;
/** What a stop word counts beside others. */
const softWeight = 0.1;
/** A stop word that more of the items have is not counted beside others. */
const usualShare = 0.25;
/** Bit of an item that a query excludes; those below are of its words. */
const excluded = 1 << 30;

/** By a posting's byte: how often the item has the term, each field by its weight. */
const weightedUses = Float64Array.from({ length: 2 ** fieldBits }, (_, code) =>
  Object.values(fields).reduce((sum, { weight, shift, most }) => sum + weight * ((code >> shift) & most), 0),
);

export class WordScores {
  readonly #index: WordIndex;
  #sums = new Float64Array(0);
  /** By slot: what its other terms are worth, by feedback. */
  #learned = new Float64Array(0);
  /** By slot, for whoever searches: what it comes to in the end. */
  totals = new Float64Array(0);
  /** By slot: which of the words it has, a bit for each. */
  #bits = new Int32Array(0);
  #touched = new Uint32Array(0);
  #touchedCount = 0;
  readonly #norms = new Float64Array(longestItem + 1);
  #best = 1;
  #bestLearned = 1;
  #required = 0;
  #demanded = 0;

  constructor(index: WordIndex) {
    this.#index = index;
  }

  get bytes(): number {
    return 3 * this.#sums.byteLength + this.#bits.byteLength + this.#touched.byteLength;
  }

  /** Sums up, for the words and for terms that were learned; until the next call the others tell what came of it. */
  sum({ words, without }: Sought, learned: ReadonlyMap<string, number>): void {
    this.clear();
    for (const terms of without) this.#eachWith(terms, (slot) => this.#touch(slot, excluded));
    this.#best = 0;
    this.#required = 0;
    this.#demanded = 0;
    // Soft words last: they count where another word is, and make no item a hit.
    const inOrder = words.map((word, at) => ({ word, bit: 1 << at }));
    for (const { word, bit } of inOrder.filter(({ word }) => !word.isSoft)) {
      this.#required |= bit;
      if (word.isInPhrase) this.#demanded |= bit;
      this.#addWord(word, bit);
    }
    for (const { word, bit } of inOrder.filter(({ word }) => word.isSoft && this.#tells(word)))
      this.#addWord(word, bit);
    this.#addLearned(learned, new Set(words.flatMap(({ variants }) => variants.flatMap(({ terms }) => terms))));
  }

  /** Items that have a word at all, and all words of phrases, without those that are excluded. */
  each(visit: (slot: number) => void): void {
    // From the newest, as they mostly are: of equals those that come later are then turned away at once.
    for (let at = this.#touchedCount - 1; at >= 0; at--) {
      const slot = this.#touched[at] ?? 0;
      if (((this.#bits[slot] ?? 0) & (excluded | this.#demanded)) === this.#demanded) visit(slot);
    }
  }

  /** Whether it has a word, or one that excludes it. */
  isTouched(slot: number): boolean {
    return (this.#bits[slot] ?? 0) !== 0;
  }

  isExcluded(slot: number): boolean {
    return ((this.#bits[slot] ?? 0) & excluded) !== 0;
  }

  /** 0 … 1: of what an item could have at best. */
  scoreOf(slot: number): number {
    return this.#best > 0 ? (this.#sums[slot] ?? 0) / this.#best : 0;
  }

  /** −1 … 1: of what an item would have with each term that is liked and none that is not. */
  learnedOf(slot: number): number {
    return Math.max(-1, (this.#learned[slot] ?? 0) / this.#bestLearned);
  }

  /** Whether it has every word that is not soft. */
  hasAll(slot: number): boolean {
    return this.#required !== 0 && ((this.#bits[slot] ?? 0) & this.#required) === this.#required;
  }

  /** No item has anything; there is room for all. */
  clear(): void {
    for (let at = 0; at < this.#touchedCount; at++) {
      const slot = this.#touched[at] ?? 0;
      this.#sums[slot] = 0;
      this.#learned[slot] = 0;
      this.#bits[slot] = 0;
    }
    this.#touchedCount = 0;
    const { slots, meanLength } = this.#index;
    if (slots > this.#sums.length) {
      const length = Math.ceil(1.25 * slots);
      this.#sums = new Float64Array(length);
      this.#learned = new Float64Array(length);
      this.totals = new Float64Array(length);
      this.#bits = new Int32Array(length);
      this.#touched = new Uint32Array(length);
    }
    for (let length = 0; length <= longestItem; length++)
      this.#norms[length] = bm25.k1 * (1 - bm25.b + (bm25.b * length) / meanLength);
  }

  #touch(slot: number, bit: number): void {
    const bits = this.#bits[slot] ?? 0;
    if (bits === 0) this.#touched[this.#touchedCount++] = slot;
    this.#bits[slot] = bits | bit;
  }

  #addWord({ variants, isSoft }: SoughtWord, bit: number): void {
    const weight = this.#rarity(variants) * (isSoft ? softWeight : 1);
    this.#best += weight;
    for (const variant of variants) this.#addVariant(variant, weight * variant.weight, bit, isSoft);
  }

  /** What many items have tells next to nothing of any, and takes the longest to count. */
  #tells({ variants }: SoughtWord): boolean {
    const { vocabulary, items } = this.#index;
    return variants.every(({ terms: [term = -1] }) => usualShare * items >= vocabulary.itemsWith(term));
  }

  /** Of a word with all that stands for it: the rarer, the more it tells. One that nobody has tells the most. */
  #rarity(variants: readonly Variant[]): number {
    const { vocabulary, items } = this.#index;
    const withIt = variants.reduce(
      (sum, { terms }) => sum + Math.min(...terms.map((term) => vocabulary.itemsWith(term))),
      0,
    );
    const counted = Math.min(items, withIt);
    return Math.log(1 + (items - counted + 0.5) / (counted + 0.5));
  }

  /** An item that has the word by a better variant gains nothing. */
  #addVariant({ terms }: Variant, weight: number, bit: number, isSoft: boolean): void {
    const [first = -1, ...others] = terms;
    const taken = bit | excluded;
    const [sums, bits, norms, { lengths }] = [this.#sums, this.#bits, this.#norms, this.#index];
    this.#index.postings(first, (cells, from, to) => {
      for (let at = from; at < to; at++) {
        const posting = cells[at] ?? 0;
        const slot = posting >>> fieldBits;
        const length = lengths[slot] ?? 0;
        const known = bits[slot] ?? 0;
        if (length === 0 || (known & taken) !== 0 || (isSoft && known === 0)) continue;
        if (others.length > 0 && !this.#index.hasPhrase(slot, terms)) continue;
        const uses = weightedUses[posting & 0xff] ?? 0;
        sums[slot] = (sums[slot] ?? 0) + (weight * uses) / (uses + (norms[length] ?? 1));
        if (known === 0) this.#touched[this.#touchedCount++] = slot;
        bits[slot] = known | bit;
      }
    });
  }

  /** Of items that have a word already. What the query itself asks for has been counted. */
  #addLearned(learned: ReadonlyMap<string, number>, asked: ReadonlySet<number>): void {
    this.#bestLearned = 0;
    for (const [text, weight] of learned) {
      const term = this.#index.vocabulary.find(text);
      if (term < 0 || asked.has(term)) continue;
      const worth = weight * this.#rarity([{ terms: [term], weight: 1 }]);
      if (worth > 0) this.#bestLearned += worth;
      this.#eachWith([term], (slot) => {
        if (this.isTouched(slot)) this.#learned[slot] = (this.#learned[slot] ?? 0) + worth;
      });
    }
    this.#bestLearned ||= 1;
  }

  #eachWith([first = -1, ...others]: readonly number[], visit: (slot: number) => void): void {
    this.#index.eachWith(first, (slot) => {
      if (others.length === 0 || this.#index.hasPhrase(slot, [first, ...others])) visit(slot);
    });
  }
}
