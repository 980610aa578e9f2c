/** The names of a library's items in the order of the alphabet, for who types the beginning of one. */
import { SortedKeys } from './sorted-keys.ts';
import { stringBytes } from './vocabulary.ts';
import { fold } from './words.ts';

/** Of a name besides its characters: two texts with their places in arrays. */
const nameBytes = 2 * (stringBytes + 8);

export class ItemNames {
  /** By slot: as they are, and folded. */
  readonly #names: string[] = [];
  readonly #folded: string[] = [];
  readonly #sorted = new SortedKeys((slot) => this.#folded[slot] ?? '');
  #bytes = 0;

  get bytes(): number {
    return this.#bytes + this.#sorted.bytes;
  }

  /** The slot has none yet. */
  add(slot: number, name: string): void {
    this.#names[slot] = name;
    this.#folded[slot] = fold(name);
    this.#sorted.add(slot);
    this.#bytes += nameBytes + 2 * name.length;
  }

  remove(slot: number): void {
    this.#sorted.remove(slot);
    this.#bytes -= nameBytes + 2 * (this.#names[slot]?.length ?? 0);
    this.#names[slot] = '';
    this.#folded[slot] = '';
  }

  /** Names that begin so, in either case, until the visit answers false. */
  startingWith(prefix: string, visit: (name: string) => boolean): void {
    this.#sorted.startingWith(fold(prefix), (slot) => visit(this.#names[slot] ?? ''));
  }
}
