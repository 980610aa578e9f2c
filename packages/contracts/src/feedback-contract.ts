/** What the API says to the search service of feedback, and hears from it: said for others in docs/search-contract.md. */
import Type, { type Static } from 'typebox';
import { FeedbackRow } from './analytics.ts';
import { FeedbackEntry, feedbackLimits } from './feedback.ts';
import { thumbnailIdPattern } from './thumbnail-id.ts';

/** Paths besides `POST /feedback`; a service that takes the place of ours may lack them. */
export const feedbackPaths = {
  batches: '/feedback/batches',
  verdicts: '/feedback/verdicts',
  queries: '/feedback/queries',
} as const;

const Tenant = Type.String({ minLength: 1 });
const Id = Type.String({ pattern: thumbnailIdPattern });
const Time = Type.String({ format: 'date-time' });

/** Body of `POST /feedback`: one thing that is done to the feedback. */
export const FeedbackCommand = Type.Union([
  Type.Object({
    do: Type.Literal('keep', { description: 'once, however often this batch comes' }),
    batch: Id,
    tenant: Tenant,
    voter: Type.String({ minLength: 1, description: 'the same for the same voter; says nothing of who that is' }),
    network: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'the same for all voters of one address, who may be one that invents names; not of voters with a key',
      }),
    ),
    at: Time,
    entries: Type.Array(FeedbackEntry, { minItems: 1, maxItems: feedbackLimits.entries }),
  }),
  Type.Object({
    do: Type.Literal('undo', { description: 'as if the batch had never come; 404 without such a batch' }),
    batch: Id,
  }),
]);
export type FeedbackCommand = Static<typeof FeedbackCommand>;
export type FeedbackToKeep = Extract<FeedbackCommand, { do: 'keep' }>;

/** Answer of 200 to a command: what is, or was, kept of the batch. */
export const FeedbackKept = Type.Object({
  accepted: Type.Integer({ minimum: 0 }),
  unknown: Type.Array(Type.String(), { description: 'names that no item of the tenant had' }),
});
export type FeedbackKept = Static<typeof FeedbackKept>;

/** Query of `GET /feedback/batches`: a page, the newest first. */
export const BatchesQuery = Type.Object({
  tenant: Type.Optional(Tenant),
  before: Type.Optional(Id),
  limit: Type.Integer({ minimum: 1, maximum: feedbackLimits.batches.most + 1 }),
});
export type BatchesQuery = Static<typeof BatchesQuery>;

export const KeptBatch = Type.Object({
  id: Id,
  tenant: Tenant,
  voter: Type.String(),
  verdicts: Type.Integer(),
  unknown: Type.Integer(),
  at: Time,
  undoneAt: Type.Union([Time, Type.Null()]),
});
export type KeptBatch = Static<typeof KeptBatch>;

export const BatchesAnswer = Type.Object({ batches: Type.Array(KeptBatch) });
export type BatchesAnswer = Static<typeof BatchesAnswer>;

const between = { from: Type.Optional(Time), to: Type.Optional(Time) };

/** Query of `GET /feedback/verdicts`: those that count, the oldest first. */
export const VerdictsQuery = Type.Object({ tenant: Tenant, query: Type.Optional(Type.String()), ...between });
export type VerdictsQuery = Static<typeof VerdictsQuery>;

/** A line of the answer to it, which is as long as there are verdicts. */
export const VerdictsPage = Type.Array(FeedbackRow);
export type VerdictsPage = Static<typeof VerdictsPage>;

/** Query of `GET /feedback/queries`; the answer is `QueryStats`. */
export const QueryStatsOrder = Type.Object({
  tenant: Tenant,
  ...between,
  limit: Type.Integer({ minimum: 1, maximum: feedbackLimits.queries.most }),
});
export type QueryStatsOrder = Static<typeof QueryStatsOrder>;
