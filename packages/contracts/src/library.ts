/** The library: pictures that are kept under names, with words, and searched. What clients send and read. */
import Type, { type Static } from 'typebox';
import { Caption, ItemName, ItemWords, Tags } from './item-words.ts';
import { keptTextPattern } from './pattern-words.ts';
import { ProblemDocument } from './problem-document.ts';
import { ColourWithShare, maxUrlLength } from './thumbnail.ts';
import { thumbnailIdPattern } from './thumbnail-id.ts';

/** How many items are listed at once. */
export const libraryLimits = { listed: { most: 100, usual: 20 } } as const;

/** What a search may ask for, and how much it answers. */
export const searchLimits = {
  queryChars: 1000,
  found: { most: 100, usual: 20 },
  /** How far pages go. */
  deepest: 1000,
  suggestions: { most: 20, usual: 8 },
} as const;

/** Greatest distance in OKLab at which a colour still is the one that was asked for: usually, and at most. */
export const searchTolerance = { usual: 0.1, most: 1 } as const;

/** JSON body of `POST /v1/library/items`. */
export const ItemRequest = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: maxUrlLength,
      description: 'http or https address of a picture',
      examples: ['https://example.org/cat.jpg'],
    }),
    ...ItemWords.properties,
  },
  { $id: 'ItemRequest', additionalProperties: false },
);
export type ItemRequest = Static<typeof ItemRequest>;

/** JSON body of `PATCH /v1/library/items/{id}`: what is there replaces what was. */
export const ItemPatch = Type.Object(
  { name: Type.Optional(ItemName), caption: Type.Optional(Caption), tags: Type.Optional(Tags) },
  {
    $id: 'ItemPatch',
    additionalProperties: false,
    minProperties: 1,
    examples: [{ caption: 'A cat on a bench', tags: ['cat', 'bench'] }],
  },
);
export type ItemPatch = Static<typeof ItemPatch>;

export const itemStatuses = ['pending', 'ready', 'failed'] as const;
export const ItemStatus = Type.Enum(itemStatuses, {
  $id: 'ItemStatus',
  description: 'pending: its picture is not made yet; ready: it is found; failed: `error` says why',
});
export type ItemStatus = Static<typeof ItemStatus>;

const Time = Type.String({ format: 'date-time' });

/** A picture of an item, as a URL opens it. */
const ItemPicture = Type.Object(
  { url: Type.String(), width: Type.Integer(), height: Type.Integer(), format: Type.String() },
  { $id: 'ItemPicture' },
);
const Palette = Type.Array(ColourWithShare);

export const LibraryItem = Type.Object(
  {
    id: Type.String({ pattern: thumbnailIdPattern, description: 'of its thumbnail too' }),
    status: ItemStatus,
    name: ItemName,
    caption: Caption,
    tags: Tags,
    thumbnail: Type.Optional(ItemPicture),
    palette: Type.Optional(Palette),
    source: Type.Optional(
      Type.Object(
        {
          sha256: Type.String(),
          bytes: Type.Integer(),
          width: Type.Integer(),
          height: Type.Integer(),
          format: Type.String(),
        },
        { $id: 'ItemSource' },
      ),
    ),
    error: Type.Union([ProblemDocument, Type.Null()]),
    created_at: Time,
    updated_at: Time,
    links: Type.Object({ self: Type.String(), thumbnail: Type.String() }, { $id: 'ItemLinks' }),
  },
  { $id: 'LibraryItem' },
);
export type LibraryItem = Static<typeof LibraryItem>;

const Next = Type.Union([Type.String(), Type.Null()], { description: 'cursor of the next page; null on the last one' });

/** Query of `GET /v1/library/items`. */
export const itemListFields = {
  name: Type.Optional(
    Type.String({ maxLength: 255, pattern: keptTextPattern, description: 'the one item of this name' }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: libraryLimits.listed.most,
      description: `items on a page (${libraryLimits.listed.usual})`,
      examples: [50],
    }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 100, description: '`next` of the page before' })),
};

export const LibraryItemList = Type.Object(
  { data: Type.Array(LibraryItem, { description: 'the newest first' }), next: Next },
  { $id: 'LibraryItemList' },
);
export type LibraryItemList = Static<typeof LibraryItemList>;

/** Query of `GET /v1/search`. */
export const searchFields = {
  query: Type.Optional(
    Type.String({
      maxLength: searchLimits.queryChars,
      pattern: keptTextPattern,
      description:
        'words; `"a phrase"` in this order, `-without` a word. The last word may be a beginning, unless a space follows it',
      examples: ['cat in a park'],
    }),
  ),
  colour: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'a colour that the picture is to have: six hex digits (`#` is `%23` in a URL), or a CSS name',
      examples: ['d2691e'],
    }),
  ),
  tolerance: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: searchTolerance.most,
      description: `greatest distance of that colour in OKLab (${searchTolerance.usual})`,
      examples: [0.1],
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: searchLimits.found.most,
      description: `items on a page (${searchLimits.found.usual})`,
      examples: [20],
    }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 100, description: `\`next\` of the page before; pages end at ${searchLimits.deepest}` }),
  ),
  explain: Type.Optional(Type.Enum(['0', '1'], { description: '`1` adds the parts of each score' })),
};

export const FoundItem = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    caption: Type.String(),
    score: Type.Number(),
    matched: Type.Array(Type.String(), { description: 'words of the query that were found' }),
    thumbnail: ItemPicture,
    palette: Palette,
    explained: Type.Optional(
      Type.Record(Type.String(), Type.Number(), { description: 'parts of the score, with `explain=1`' }),
    ),
  },
  { $id: 'FoundItem' },
);

/** Answer of `GET /v1/search`, and of `GET /v1/search/similar/{id}`. */
export const SearchAnswer = Type.Object(
  {
    query: Type.Union([Type.String(), Type.Null()]),
    corrected: Type.Union([Type.String(), Type.Null()], {
      description: 'the query as it was understood, where a word of it is not known; else null',
    }),
    total: Type.Integer({ description: 'how many were found' }),
    data: Type.Array(FoundItem, { description: 'the best first' }),
    next: Next,
  },
  { $id: 'SearchAnswer' },
);
export type SearchAnswer = Static<typeof SearchAnswer>;

/** Query of `GET /v1/search/suggest`. */
export const SuggestQuery = Type.Object({
  prefix: Type.String({
    minLength: 1,
    maxLength: searchLimits.queryChars,
    description: 'what has been typed so far',
    examples: ['ca'],
  }),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: searchLimits.suggestions.most, examples: [8] })),
});
export type SuggestQuery = Static<typeof SuggestQuery>;

export const SuggestAnswer = Type.Object(
  { data: Type.Array(Type.String(), { description: 'the likeliest first' }), next: Type.Null() },
  { $id: 'SuggestAnswer' },
);
export type SuggestAnswer = Static<typeof SuggestAnswer>;

/** Query of `GET /v1/search/similar/{id}`. */
export const SimilarQuery = Type.Object({
  by: Type.Optional(Type.Enum(['colour', 'words'], { description: 'what they are to have in common (colour)' })),
  limit: searchFields.limit,
});
export type SimilarQuery = Static<typeof SimilarQuery>;
