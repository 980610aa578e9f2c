/** What the API says to the search service and hears from it: whoever keeps this contract can take its place. */
import Type, { type Static } from 'typebox';
import { itemStatuses, searchLimits } from './library.ts';
import { thumbnailIdPattern } from './thumbnail-id.ts';

/** Paths of the three endpoints, under SEARCH_URL. */
export const searchPaths = { items: '/items', search: '/search', feedback: '/feedback' } as const;

/** SEARCH_TOKEN, in the settings of both. */
export const SearchTokenSetting = Type.Optional(
  Type.String({
    minLength: 16,
    secret: true,
    description:
      'Shared secret of the API and the search service: the same value for both. Not set: the search service asks nobody who they are',
  }),
);

const Tenant = Type.String({ minLength: 1 });
const Id = Type.String({ pattern: thumbnailIdPattern });
const Revision = Type.Integer({ minimum: 1, description: 'grows with each change of the item' });
const Time = Type.String({ format: 'date-time' });

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const KeptFile = Type.Object({
  name: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  format: Type.String(),
  bytes: Type.Integer(),
  sha256: Sha256,
});
export type KeptFile = Static<typeof KeptFile>;

/** What came of an item's job. `files`: what is kept of it beyond the job, the source apart. */
export const ItemMade = Type.Object({
  source: Type.Object({
    sha256: Sha256,
    bytes: Type.Integer(),
    width: Type.Integer(),
    height: Type.Integer(),
    format: Type.String(),
  }),
  files: Type.Array(KeptFile, { minItems: 1 }),
  palette: Type.Array(
    Type.Object({
      hex: Type.String({ pattern: '^#[0-9a-f]{6}$' }),
      share: Type.Number({ minimum: 0, maximum: 1 }),
      name: Type.String(),
    }),
  ),
});
export type ItemMade = Static<typeof ItemMade>;

const words = { name: Type.String(), caption: Type.String(), tags: Type.Array(Type.String()) };

/** An item as the search service keeps it. */
export const KeptItem = Type.Object({
  id: Id,
  status: Type.Enum(itemStatuses),
  ...words,
  fileName: Type.Union([Type.String(), Type.Null()], { description: 'last part of its URL, or name of the upload' }),
  made: Type.Union([ItemMade, Type.Null()]),
  problem: Type.Union([Type.String(), Type.Null()], { description: 'of a failed job: its problem, as jobs keep it' }),
  revision: Revision,
  createdAt: Time,
  updatedAt: Time,
});
export type KeptItem = Static<typeof KeptItem>;

/** Body of `POST /items`: one thing that is done to one item of a tenant. */
export const ItemCommand = Type.Union([
  Type.Object({
    do: Type.Literal('add', { description: 'under a name that no other item of the tenant has: else 409' }),
    tenant: Tenant,
    id: Id,
    ...words,
    fileName: KeptItem.properties.fileName,
  }),
  Type.Object({
    do: Type.Literal('change', { description: '404 without such an item; 409 as above; 412 for another revision' }),
    tenant: Tenant,
    id: Id,
    name: Type.Optional(words.name),
    caption: Type.Optional(words.caption),
    tags: Type.Optional(words.tags),
    revision: Type.Optional(Revision),
  }),
  Type.Object({
    do: Type.Literal('end', { description: 'its job has ended, perhaps once more; 404 without such an item' }),
    tenant: Tenant,
    id: Id,
    made: KeptItem.properties.made,
    problem: KeptItem.properties.problem,
  }),
  Type.Object({
    do: Type.Literal('remove', { description: 'it is found no more; 404 without such an item' }),
    tenant: Tenant,
    id: Id,
    revision: Type.Optional(Revision),
  }),
]);
export type ItemCommand = Static<typeof ItemCommand>;

/** Answer of 200 to a command: the item as it is now, or as it was when it was removed. */
export const ItemAnswer = Type.Object({ item: KeptItem });
export type ItemAnswer = Static<typeof ItemAnswer>;

/** Query of `GET /items`: those with these ids, the one of this name, or a page, the newest first. */
export const ItemsQuery = Type.Object({
  /** Whoever holds a signed link is not known by a tenant, and asks for one id. */
  tenant: Type.Optional(Tenant),
  id: Type.Optional(Type.Array(Id, { maxItems: searchLimits.found.most })),
  name: Type.Optional(Type.String()),
  before: Type.Optional(Id),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
});
export type ItemsQuery = Static<typeof ItemsQuery>;

export const ItemsAnswer = Type.Object({ items: Type.Array(KeptItem) });
export type ItemsAnswer = Static<typeof ItemsAnswer>;

const Limit = Type.Integer({ minimum: 1, maximum: searchLimits.found.most });

/** Body of `POST /search`. */
export const SearchOrder = Type.Union([
  Type.Object({
    find: Type.Literal('items'),
    tenant: Tenant,
    query: Type.String(),
    colour: Type.Union([Type.String({ pattern: '^#[0-9a-f]{6}$' }), Type.Null()]),
    tolerance: Type.Number({ minimum: 0 }),
    offset: Type.Integer({ minimum: 0 }),
    limit: Limit,
  }),
  Type.Object({
    find: Type.Literal('similar', { description: '404 without such an item' }),
    tenant: Tenant,
    id: Id,
    by: Type.Enum(['colour', 'words']),
    limit: Limit,
  }),
  Type.Object({ find: Type.Literal('completions'), tenant: Tenant, prefix: Type.String(), limit: Limit }),
]);
export type SearchOrder = Static<typeof SearchOrder>;

/** Answer of 200 to a search for items; `item` is as it is kept. */
export const FoundItems = Type.Object({
  total: Type.Integer({ minimum: 0 }),
  corrected: Type.Union([Type.String(), Type.Null()]),
  hits: Type.Array(
    Type.Object({
      item: KeptItem,
      score: Type.Number(),
      matched: Type.Array(Type.String()),
      parts: Type.Record(Type.String(), Type.Number()),
    }),
  ),
});
export type FoundItems = Static<typeof FoundItems>;

/** Answer of 200 to a search for completions. */
export const FoundCompletions = Type.Object({ completions: Type.Array(Type.String()) });
export type FoundCompletions = Static<typeof FoundCompletions>;

/** Body of every other answer: a problem's code, and words for people. */
export const SearchRefusal = Type.Object({ code: Type.String(), detail: Type.String() });
export type SearchRefusal = Static<typeof SearchRefusal>;
