/** Items like another one: by the words that tell it from the rest, or by its colours. */
import { better, type Hit, type Shelf } from './search.ts';
import { Top } from './top.ts';

/** Of the item's words those that fewest items have. */
const mostWords = 10;
/** Of its colours those with the greatest shares. */
const mostOwnColours = 5;
/** Greatest `oklabDistance` at which a colour is taken for another: twice what a search usually takes. */
const reach = 0.2;

/** The likest first, without the item itself and what has nothing in common; null without such an item. */
export function similarItems(shelf: Shelf, id: string, by: 'colour' | 'words', limit: number): Hit[] | null {
  const own = shelf.slotOf(id);
  if (own < 0) return null;
  return by === 'words' ? byWords(shelf, own, limit) : byColour(shelf, own, limit);
}

function byWords(shelf: Shelf, own: number, limit: number): Hit[] {
  const { index, scores, idOf } = shelf;
  const { vocabulary } = index;
  // What nobody else has leads nowhere.
  const terms = [...index.termsOf(own)]
    .filter((term) => vocabulary.itemsWith(term) > 1)
    .sort((one, other) => vocabulary.itemsWith(one) - vocabulary.itemsWith(other))
    .slice(0, mostWords);
  const words = terms.map((term) => ({ isSoft: false, isInPhrase: false, variants: [{ terms: [term], weight: 1 }] }));
  scores.sum({ words, phrases: [], without: [], corrected: null }, new Map());
  const { totals } = scores;
  const top = new Top(limit, better(shelf));
  scores.each((slot) => {
    if (slot === own) return;
    totals[slot] = scores.scoreOf(slot);
    top.add(slot);
  });
  return top.sorted().map((slot) => {
    const has = index.termsOf(slot);
    const matched = terms.filter((term) => has.has(term)).map((term) => vocabulary.surfaceOf(term));
    return { id: idOf(slot), score: totals[slot] ?? 0, matched };
  });
}

function byColour(shelf: Shelf, own: number, limit: number): Hit[] {
  const { index, palettes, scores, idOf } = shelf;
  const colours = palettes
    .of(own)
    .sort((one, other) => other.share - one.share)
    .slice(0, mostOwnColours);
  scores.clear();
  const { totals } = scores;
  const top = new Top(limit, better(shelf));
  for (let slot = index.slots - 1; slot >= 0; slot--) {
    if (slot === own || !index.isTaken(slot)) continue;
    const last = top.last;
    const likeness = palettes.likeness(slot, colours, reach, last === null ? 0 : (totals[last] ?? 0));
    totals[slot] = likeness;
    if (likeness > 0) top.add(slot);
  }
  return top.sorted().map((slot) => ({ id: idOf(slot), score: totals[slot] ?? 0, matched: [] }));
}
