/** What is said of an item of the library: its name, and the words by which it is found. */
import Type, { type Static } from 'typebox';
import { itemNamePattern, keptTextPattern } from './pattern-words.ts';

/** How much may be said. */
export const itemLimits = { captionChars: 2000, tags: 50, tagChars: 100 } as const;

export const ItemName = Type.String({
  pattern: itemNamePattern,
  description: 'unique among your items; like a file name',
  examples: ['cat-in-a-park.jpg'],
});
export const Caption = Type.String({
  pattern: keptTextPattern,
  maxLength: itemLimits.captionChars,
  description: 'what is to be seen, in words',
  examples: ['A cat sits on a bench in a park'],
});
export const Tags = Type.Array(
  Type.String({ minLength: 1, maxLength: itemLimits.tagChars, pattern: keptTextPattern }),
  {
    maxItems: itemLimits.tags,
    examples: [['cat', 'park']],
  },
);

/** What is said of an item: on a thumbnail's POST it makes its picture one. */
export const ItemWords = Type.Object(
  { name: Type.Optional(ItemName), caption: Type.Optional(Caption), tags: Type.Optional(Tags) },
  { $id: 'ItemWords', additionalProperties: false },
);
export type ItemWords = Static<typeof ItemWords>;

/** The thumbnail that an item is shown by. */
export const itemRenditionName = 'library';
