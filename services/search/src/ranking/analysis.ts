/** An item's texts as the terms by which it is found. */
import type { Oklab } from '@tintype/colour';
import type { TermUse } from './vocabulary.ts';
import { pairsOf, piecesOf, segmentsOf } from './words.ts';

/** One item of a library, as far as it is searched. */
export type RankedItem = {
  /** UUID: items made later have greater ones. */
  id: string;
  /** Told apart by it among all items of the library; often a file's name. */
  name: string;
  caption: string;
  tags: readonly string[];
  fileName: string | null;
  /** Shares are of the whole picture, 0 … 1. */
  colours: readonly { lab: Oklab; share: number; name: string }[];
};

/** How much the words of a field count, and where their number stands in a posting's byte. */
export const fields = {
  caption: { weight: 1, shift: 0, most: 3 },
  tags: { weight: 2, shift: 2, most: 3 },
  name: { weight: 1, shift: 4, most: 3 },
  colours: { weight: 0.5, shift: 6, most: 1 },
} as const;
export type FieldName = keyof typeof fields;

/** What a term of a text is: one of its sequence, or beside it, where no phrase leads over it. */
export type TextTerms = { inOrder: TermUse[]; beside: TermUse[] };

export type PlacedTerm = { use: TermUse; field: FieldName };

/** A whole item. */
export type ItemTerms = {
  /** Terms in their order; null stands where no phrase leads over. */
  sequence: (PlacedTerm | null)[];
  /** Words for the length of the item, without names of colours. */
  length: number;
};

/** Terms of an item, with what separates them, beyond these are not looked at. */
export const mostItemCells = 4096;

export function termsOfText(text: string): TextTerms {
  const inOrder: TermUse[] = [];
  const beside: TermUse[] = [];
  for (const { term, surface, isUnspaced } of piecesOf(text)) {
    if (!isUnspaced) {
      inOrder.push({ text: term, surface });
      continue;
    }
    const segments = segmentsOf(term);
    const isOne = segments.length === 1;
    for (const pair of pairsOf(term)) inOrder.push({ text: pair, surface: isOne && pair === term ? pair : null });
    const known = new Set(inOrder.map((use) => use.text));
    for (const character of new Set(term)) if (!known.has(character)) beside.push({ text: character, surface: null });
    for (const segment of segments) beside.push({ text: segment, surface: segment });
  }
  return { inOrder, beside };
}

export function termsOfItem({ name, caption, tags, fileName, colours }: RankedItem): ItemTerms {
  const sequence: ItemTerms['sequence'] = [];
  let length = 0;
  const add = (text: string, field: FieldName) => {
    const { inOrder, beside } = termsOfText(text);
    for (const use of inOrder) sequence.push({ use, field });
    sequence.push(null);
    for (const use of beside) sequence.push({ use, field }, null);
    if (field !== 'colours') length += inOrder.length;
  };
  for (const tag of tags) add(tag, 'tags');
  add(caption, 'caption');
  add(name, 'name');
  if (fileName !== null && fileName !== name) add(fileName, 'name');
  for (const colour of new Set(colours.map((one) => one.name))) add(colour, 'colours');
  return { sequence: sequence.slice(0, mostItemCells), length };
}
