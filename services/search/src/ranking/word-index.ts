/** Which items have which terms, in which order: postings by term, and each item's terms one after the other. */
import { fields, type ItemTerms, mostItemCells, type PlacedTerm } from './analysis.ts';
import { ListPool } from './list-pool.ts';
import { Vocabulary } from './vocabulary.ts';

/** Items are known by small numbers, their slots; a posting is a slot with a byte of its fields. */
export const fieldBits = 8;
/** So many slots fit into a posting. */
export const mostSlots = 2 ** (32 - fieldBits);
/** The longest that is told apart: a length of 0 says that the slot is empty. */
export const longestItem = 1023;

/** Slots that are freed in one round of the clean-up, at least: one round looks at all terms. */
const leastFreed = 64;
/** Postings that are looked at for each change while a round is under way, and terms at most. */
const swept = { postings: 4096, terms: 256 };

export class WordIndex {
  readonly vocabulary = new Vocabulary();
  readonly #postings = new ListPool();
  /** By slot: its terms plus one, in their order; 0 stands where no phrase leads over. */
  readonly #sequences = new ListPool();
  /** What was read of one item. */
  readonly #read = new Uint32Array(mostItemCells);
  #lengths = new Uint16Array(64);
  #items = 0;
  #totalLength = 0;
  #slots = 0;
  #freeSlots: number[] = [];
  /** Emptied, and still named by postings. */
  #emptied: number[] = [];
  /** Those of the round that is under way; null between two. */
  #round: { slots: number[]; nextTerm: number } | null = null;

  get items(): number {
    return this.#items;
  }

  /** Slots that were ever used: greater ones are empty. */
  get slots(): number {
    return this.#slots;
  }

  /** By slot: words of its item, 0 for an empty slot. */
  get lengths(): Uint16Array {
    return this.#lengths;
  }

  isTaken(slot: number): boolean {
    return (this.#lengths[slot] ?? 0) > 0;
  }

  get meanLength(): number {
    return this.#items === 0 ? 1 : this.#totalLength / this.#items;
  }

  get bytes(): number {
    const slots =
      this.#read.byteLength + this.#lengths.byteLength + 8 * (this.#freeSlots.length + this.#emptied.length);
    return this.vocabulary.bytes + this.#postings.bytes + this.#sequences.bytes + slots;
  }

  /** Answers the slot. */
  add({ sequence, length }: ItemTerms): number {
    const slot = this.#takeSlot();
    const own = new Map<number, number>();
    for (const one of sequence) {
      if (one === null) this.#sequences.push(slot, 0);
      else {
        const term = this.#termOf(one, own);
        this.#sequences.push(slot, term + 1);
      }
    }
    for (const [term, code] of own) this.#postings.push(term, slot * 2 ** fieldBits + code);
    const counted = Math.min(longestItem, Math.max(1, length));
    this.#lengths[slot] = counted;
    this.#totalLength += counted;
    this.#items += 1;
    this.#sweep();
    return slot;
  }

  remove(slot: number): void {
    for (const term of this.termsOf(slot)) this.vocabulary.release(term);
    this.#sequences.clear(slot);
    this.#totalLength -= this.#lengths[slot] ?? 0;
    this.#lengths[slot] = 0;
    this.#items -= 1;
    this.#emptied.push(slot);
    this.#sweep();
  }

  /** Postings of a term, among them such of empty slots. */
  postings(term: number, visit: (cells: Uint32Array, from: number, to: number) => void): void {
    this.#postings.chunks(term, visit);
  }

  /** The slots of items that have a term, until the visit answers false. */
  eachWith(term: number, visit: (slot: number) => unknown): void {
    this.#postings.chunks(term, (cells, from, to) => {
      for (let at = from; at < to; at++) {
        const slot = (cells[at] ?? 0) >>> fieldBits;
        if ((this.#lengths[slot] ?? 0) > 0 && visit(slot) === false) return false;
      }
      return true;
    });
  }

  hasTerm(slot: number, term: number): boolean {
    return this.hasPhrase(slot, [term]);
  }

  /** The item's terms, each once, in the order in which they come first. */
  termsOf(slot: number): Set<number> {
    const terms = new Set<number>();
    for (const cell of this.#sequences.read(slot)) if (cell !== 0) terms.add(cell - 1);
    return terms;
  }

  /** Whether the terms stand in the item one after the other. */
  hasPhrase(slot: number, terms: readonly number[]): boolean {
    const sequence = this.#read;
    const last = this.#sequences.readInto(slot, sequence) - terms.length;
    for (let at = 0; at <= last; at++) {
      let place = 0;
      while (place < terms.length && sequence[at + place] === (terms[place] ?? -1) + 1) place += 1;
      if (place === terms.length) return true;
    }
    return false;
  }

  /** Counts it for its field; an item that has it again is still one item. */
  #termOf({ use, field }: PlacedTerm, own: Map<number, number>): number {
    const { shift, most } = fields[field];
    const known = this.vocabulary.find(use.text);
    const code = own.get(known);
    const term = code === undefined ? this.vocabulary.use(use) : known;
    if (code !== undefined) this.vocabulary.noteSurface(term, use.surface);
    const count = ((code ?? 0) >> shift) & most;
    own.set(term, (code ?? 0) + (count < most ? 1 << shift : 0));
    return term;
  }

  #takeSlot(): number {
    const slot = this.#freeSlots.pop() ?? this.#slots;
    if (slot >= mostSlots) throw new RangeError(`No more than ${mostSlots} items fit into one library`);
    this.#slots = Math.max(this.#slots, slot + 1);
    if (slot >= this.#lengths.length) {
      const longer = new Uint16Array(Math.ceil(1.5 * this.#lengths.length));
      longer.set(this.#lengths);
      this.#lengths = longer;
    }
    return slot;
  }

  /**
   * A piece of the clean-up with each change, so that none takes long: postings of emptied slots are dropped term by
   * term, and words that no item has any more; when all terms have been looked at, the slots may be used again.
   */
  #sweep(): void {
    if (this.#round === null) {
      if (this.#emptied.length < Math.max(leastFreed, this.#items >> 3)) return;
      this.#round = { slots: this.#emptied, nextTerm: 0 };
      this.#emptied = [];
    }
    let left = swept.postings;
    const end = Math.min(this.vocabulary.length, this.#round.nextTerm + swept.terms);
    while (left > 0 && this.#round.nextTerm < end) {
      const term = this.#round.nextTerm++;
      left -= this.#postings.count(term);
      if (this.#postings.count(term) > this.vocabulary.itemsWith(term))
        this.#postings.keep(term, (posting) => (this.#lengths[posting >>> fieldBits] ?? 0) > 0);
      this.vocabulary.forget(term);
    }
    if (this.#round.nextTerm < this.vocabulary.length) return;
    this.#freeSlots = this.#freeSlots.concat(this.#round.slots);
    this.#round = null;
  }
}
