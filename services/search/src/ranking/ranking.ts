/** One tenant's items in memory: who is found by words and by a colour, and in which order. */
import { type RankedItem, termsOfItem } from './analysis.ts';
import { Palettes } from './palettes.ts';
import { type Found, type Search, type Shelf, searchShelf } from './search.ts';
import { stringBytes } from './vocabulary.ts';
import { WordIndex } from './word-index.ts';
import { WordScores } from './word-scores.ts';

export type Ranking = {
  readonly size: number;
  /** Of memory, by estimate. */
  readonly bytes: number;
  /** Takes the place of what had this id. */
  put(item: RankedItem): void;
  /** Whether it was there. */
  remove(id: string): boolean;
  search(search: Search): Found;
};

/** Of an id: its text, an entry of the map, a place in the array. */
const idBytes = stringBytes + 36 + 48 + 8;

export function createRanking(): Ranking {
  const index = new WordIndex();
  const palettes = new Palettes();
  const slots = new Map<string, number>();
  const ids: string[] = [];
  const shelf: Shelf = {
    index,
    palettes,
    scores: new WordScores(index),
    slotOf: (id) => slots.get(id) ?? -1,
    idOf: (slot) => ids[slot] ?? '',
  };

  const remove = (id: string): boolean => {
    const slot = slots.get(id);
    if (slot === undefined) return false;
    slots.delete(id);
    palettes.remove(slot);
    index.remove(slot);
    return true;
  };

  return {
    put(item) {
      remove(item.id);
      const slot = index.add(termsOfItem(item));
      palettes.add(slot, item.colours);
      slots.set(item.id, slot);
      ids[slot] = item.id;
    },
    remove,
    get size() {
      return slots.size;
    },
    get bytes() {
      return index.bytes + palettes.bytes + shelf.scores.bytes + slots.size * idBytes;
    },
    search: (search) => searchShelf(shelf, search),
  };
}
