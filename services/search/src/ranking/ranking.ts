/** One tenant's items in memory: who is found by words and by a colour, and in which order. */
import { type RankedItem, termsOfItem } from './analysis.ts';
import { ItemNames } from './item-names.ts';
import { Palettes } from './palettes.ts';
import { type Found, type Hit, type Search, type Shelf, searchShelf } from './search.ts';
import { similarItems } from './similar.ts';
import { completions } from './suggest.ts';
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
  /** Items like this one, the likest first; null without it. */
  similar(id: string, by: 'colour' | 'words', limit: number): Hit[] | null;
  /** What a text may be about to become: its last word completed, then names that begin so. */
  suggest(text: string, limit: number): string[];
};

/** Of an id: its text, an entry of the map, places in two arrays. */
const idBytes = stringBytes + 36 + 48 + 8 + 8;

export function createRanking(): Ranking {
  const index = new WordIndex();
  const palettes = new Palettes();
  const slots = new Map<string, number>();
  const ids: string[] = [];
  const names = new ItemNames();
  /** The milliseconds that a UUIDv7 begins with: ids are seldom compared themselves. */
  let times = new Float64Array(64);
  const shelf: Shelf = {
    index,
    palettes,
    scores: new WordScores(index),
    slotOf: (id) => slots.get(id) ?? -1,
    idOf: (slot) => ids[slot] ?? '',
    newer: (one, other) =>
      (times[other] ?? 0) - (times[one] ?? 0) || (one === other ? 0 : (ids[one] ?? '') < (ids[other] ?? '') ? 1 : -1),
  };

  const remove = (id: string): boolean => {
    const slot = slots.get(id);
    if (slot === undefined) return false;
    slots.delete(id);
    names.remove(slot);
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
      times = roomFor(times, slot);
      times[slot] = Number.parseInt(item.id.slice(0, 8) + item.id.slice(9, 13), 16);
      names.add(slot, item.name);
    },
    remove,
    get size() {
      return slots.size;
    },
    get bytes() {
      return index.bytes + palettes.bytes + shelf.scores.bytes + names.bytes + slots.size * idBytes;
    },
    search: (search) => searchShelf(shelf, search),
    similar: (id, by, limit) => similarItems(shelf, id, by, limit),
    suggest: (text, limit) => completions(index, names, text, limit),
  };
}

function roomFor(times: Float64Array<ArrayBuffer>, slot: number): Float64Array<ArrayBuffer> {
  if (slot < times.length) return times;
  const longer = new Float64Array(Math.ceil(1.5 * times.length));
  longer.set(times);
  return longer;
}
