/** Feedback on searches, as clients give it, and as it is read again: verdicts, batches, and what was searched. */
import Type, { type Static } from 'typebox';
import { ItemName } from './item-words.ts';
import { searchLimits } from './library.ts';
import { keptTextPattern } from './pattern-words.ts';
import { thumbnailIdPattern } from './thumbnail-id.ts';

/** How much feedback one request may bring, and how much is read at once. */
export const feedbackLimits = {
  entries: 100,
  /** Names in one list. */
  names: 100,
  /** Names in all lists of a request. */
  verdicts: 500,
  voterChars: 200,
  batches: { most: 100, usual: 20 },
  queries: { most: 100, usual: 20 },
} as const;

const Query = Type.String({
  minLength: 1,
  maxLength: searchLimits.queryChars,
  pattern: keptTextPattern,
  description: 'as it was searched; the same words in another order are the same query',
  examples: ['cat in a park'],
});
const Names = (description: string, examples: string[][]) =>
  Type.Array(ItemName, { maxItems: feedbackLimits.names, description, examples });

export const FeedbackEntry = Type.Object(
  {
    query: Query,
    positive: Type.Optional(Names('names of items that fit', [['cat-in-a-park.jpg']])),
    negative: Type.Optional(Names('names of items that do not', [['dog.jpg']])),
    positions: Type.Optional(
      Type.Record(Type.String({ maxLength: 255 }), Type.Integer({ minimum: 1, maximum: searchLimits.deepest }), {
        maxProperties: 2 * feedbackLimits.names,
        description: 'where names stood among the results, from 1; nothing is kept of names in neither list',
        examples: [{ 'cat-in-a-park.jpg': 1, 'dog.jpg': 2 }],
      }),
    ),
  },
  { $id: 'FeedbackEntry', additionalProperties: false },
);
export type FeedbackEntry = Static<typeof FeedbackEntry>;

/** JSON body of `POST /v1/feedback`. */
export const Feedback = Type.Object(
  {
    feedback: Type.Array(FeedbackEntry, { minItems: 1, maxItems: feedbackLimits.entries }),
    voter: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: feedbackLimits.voterChars,
        description:
          'tells people behind one address apart, where there is no key: any word of yours. It is kept only as a hash that nobody can undo, another one every 30 days',
        examples: ['session-7f3a'],
      }),
    ),
  },
  { $id: 'Feedback', additionalProperties: false },
);
export type Feedback = Static<typeof Feedback>;

/** Answer of 202 to feedback. */
export const FeedbackAccepted = Type.Object(
  {
    id: Type.String({ description: 'of this batch of feedback' }),
    accepted: Type.Integer({ description: 'verdicts that are kept' }),
    unknown: Type.Union([Type.Array(Type.String()), Type.Null()], {
      description:
        'names that no item has: kept all the same, and counted once one has. Null while the search service is away',
    }),
  },
  { $id: 'FeedbackAccepted' },
);
export type FeedbackAccepted = Static<typeof FeedbackAccepted>;

const Time = Type.String({ format: 'date-time' });
const Next = Type.Union([Type.String(), Type.Null()], { description: 'cursor of the next page; null on the last one' });
const Id = Type.String({ pattern: thumbnailIdPattern });

/** What one request brought. */
export const FeedbackBatch = Type.Object(
  {
    id: Id,
    tenant: Type.String(),
    voter: Type.String({ description: 'the same for the same voter, for 30 days at most' }),
    verdicts: Type.Integer(),
    unknown: Type.Integer({ description: 'names that no item had then' }),
    created_at: Time,
    undone_at: Type.Union([Time, Type.Null()]),
  },
  { $id: 'FeedbackBatch' },
);
export type FeedbackBatch = Static<typeof FeedbackBatch>;

export const FeedbackBatchList = Type.Object(
  { data: Type.Array(FeedbackBatch, { description: 'the newest first' }), next: Next },
  { $id: 'FeedbackBatchList' },
);
export type FeedbackBatchList = Static<typeof FeedbackBatchList>;

/** Query of `GET /v1/feedback/batches`. */
export const BatchListQuery = Type.Object({
  tenant: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      pattern: keptTextPattern,
      description: 'of this tenant alone; else of all',
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: feedbackLimits.batches.most,
      description: `batches on a page (${feedbackLimits.batches.usual})`,
    }),
  ),
  cursor: Type.Optional(Type.String({ pattern: thumbnailIdPattern, description: '`next` of the page before' })),
});
export type BatchListQuery = Static<typeof BatchListQuery>;
