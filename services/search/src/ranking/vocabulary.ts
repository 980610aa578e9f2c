/** The words of a library: a number for each, how many items have it, and how it is shown. */
import { grown } from './list-pool.ts';
import { SortedKeys } from './sorted-keys.ts';
import { forgivenEdits, TypoIndex } from './typos.ts';

/** What is known of a term when it comes in. */
export type TermUse = {
  text: string;
  /** As it was written; null for what is no word by itself: pairs of characters. */
  surface: string | null;
};

/** Bytes of a term besides its text: entries of the map and of two arrays. */
const termBytes = 72;
/** Of a string besides its characters. */
export const stringBytes = 16;

export class Vocabulary {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  /** Null while it is no word by itself. */
  readonly #surfaces: (string | null)[] = [];
  readonly #unused: number[] = [];
  readonly #sorted = new SortedKeys((term) => this.textOf(term));
  readonly #typos = new TypoIndex((term) => this.textOf(term));
  #items = new Uint32Array(64);
  #textBytes = 0;

  /** Words and what else is looked up, used or not. */
  get length(): number {
    return this.#texts.length;
  }

  textOf(term: number): string {
    return this.#texts[term] ?? '';
  }

  /** As it is shown; the term itself for what is no word. */
  surfaceOf(term: number): string {
    return this.#surfaces[term] ?? this.textOf(term);
  }

  /** Whether a person would write it by itself. */
  isWord(term: number): boolean {
    return typeof this.#surfaces[term] === 'string';
  }

  /** How many items have it. */
  itemsWith(term: number): number {
    return this.#items[term] ?? 0;
  }

  /** The number of a term that items have; −1 for any other. */
  find(text: string): number {
    const term = this.#numbers.get(text) ?? -1;
    return term >= 0 && this.itemsWith(term) > 0 ? term : -1;
  }

  /** One more item has it. */
  use({ text, surface }: TermUse): number {
    const term = this.#numbers.get(text) ?? this.#add(text);
    this.#items[term] = this.itemsWith(term) + 1;
    this.noteSurface(term, surface);
    return term;
  }

  /** The term as it stands in the text is the best to show; before it is met, whatever comes first. */
  noteSurface(term: number, surface: string | null): void {
    if (surface === null) return;
    const known = this.#surfaces[term] ?? null;
    if (known === null) {
      this.#surfaces[term] = surface;
      this.#sorted.add(term);
      this.#typos.add(term);
    } else if (known !== surface && surface === this.textOf(term)) this.#surfaces[term] = surface;
  }

  /** One item less has it. */
  release(term: number): void {
    this.#items[term] = this.itemsWith(term) - 1;
  }

  /** Forgets a term that no item has; its number may come again. */
  forget(term: number): void {
    const text = this.textOf(term);
    if (this.#numbers.get(text) !== term || this.itemsWith(term) > 0) return;
    if (this.isWord(term)) {
      this.#sorted.remove(term);
      this.#typos.remove(term);
    }
    this.#numbers.delete(text);
    this.#textBytes -= stringBytes + text.length;
    this.#texts[term] = '';
    this.#surfaces[term] = null;
    this.#unused.push(term);
  }

  /** Words that begin so and that items have, by their order in the alphabet. */
  startingWith(prefix: string, visit: (term: number) => void): void {
    this.#sorted.startingWith(prefix, (term) => {
      if (this.itemsWith(term) > 0) visit(term);
      return true;
    });
  }

  /** Words that items have and that a misspelt one may have been meant for, the likeliest first. */
  meantBy({ term, surface }: { term: string; surface: string }): number[] {
    const edits = forgivenEdits(surface);
    return edits === 0 ? [] : this.#typos.near(term, edits, (other) => this.itemsWith(other));
  }

  get bytes(): number {
    const terms = this.#numbers.size * termBytes + this.#textBytes;
    return terms + this.#items.byteLength + this.#sorted.bytes + this.#typos.bytes;
  }

  #add(text: string): number {
    const term = this.#unused.pop() ?? this.#texts.length;
    this.#numbers.set(text, term);
    this.#texts[term] = text;
    this.#surfaces[term] = null;
    this.#textBytes += stringBytes + text.length;
    if (term >= this.#items.length) this.#items = grown(this.#items, Math.ceil(1.5 * this.#items.length));
    return term;
  }
}
