/** What is read of all feedback on a library, and of what was searched in it. */
import Type, { type Static } from 'typebox';
import { feedbackLimits } from './feedback.ts';
import { searchLimits } from './library.ts';
import { dayOrTimePattern, keptTextPattern } from './pattern-words.ts';

export const analyticsFormats = ['json', 'csv', 'ndjson'] as const;
export type AnalyticsFormat = (typeof analyticsFormats)[number];

const from = Type.Optional(
  Type.String({
    pattern: dayOrTimePattern,
    description: 'not before this day (UTC), or time',
    examples: ['2026-11-01'],
  }),
);
const to = Type.Optional(
  Type.String({ pattern: dayOrTimePattern, description: 'before this day (UTC), or time', examples: ['2026-12-01'] }),
);

/** Query of `GET /v1/analytics`, and of `GET /v1/analytics/training`. */
export const AnalyticsQuery = Type.Object({
  query: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: searchLimits.queryChars,
      pattern: keptTextPattern,
      description: 'feedback on this query alone, in whichever order its words were written',
      examples: ['cat in a park'],
    }),
  ),
  from,
  to,
  format: Type.Optional(Type.Enum(analyticsFormats, { description: 'how it is written (json)' })),
});
export type AnalyticsQuery = Static<typeof AnalyticsQuery>;

/** Query of `GET /v1/analytics/queries`. */
export const QueryStatsQuery = Type.Object({
  from,
  to,
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: feedbackLimits.queries.most,
      description: `queries in each list (${feedbackLimits.queries.usual})`,
    }),
  ),
});
export type QueryStatsQuery = Static<typeof QueryStatsQuery>;

const Time = Type.String({ format: 'date-time' });
const Label = Type.Enum(['positive', 'negative']);
const Position = Type.Union([Type.Integer(), Type.Null()], {
  description: 'among the results, from 1, where it was told',
});

export const FeedbackRow = Type.Object(
  {
    query: Type.String(),
    item: Type.String({ description: 'name of the item' }),
    label: Label,
    position: Position,
    voter: Type.String({ description: 'a digest: the same for the same voter, for 30 days at most' }),
    batch: Type.String(),
    created_at: Time,
  },
  { $id: 'FeedbackRow' },
);
export type FeedbackRow = Static<typeof FeedbackRow>;

export const FeedbackRows = Type.Object(
  { data: Type.Array(FeedbackRow, { description: 'the oldest first' }) },
  { $id: 'FeedbackRows' },
);

export const TrainingRow = Type.Pick(FeedbackRow, ['query', 'item', 'label', 'position'], { $id: 'TrainingRow' });
export type TrainingRow = Static<typeof TrainingRow>;

export const TrainingRows = Type.Object({ data: Type.Array(TrainingRow) }, { $id: 'TrainingRows' });

const Count = Type.Integer({ minimum: 0 });
const counts = {
  searches: Count,
  empty: Type.Integer({ minimum: 0, description: 'searches that found nothing' }),
  positive: Count,
  negative: Count,
  positive_rate: Type.Union([Type.Number(), Type.Null()], {
    description: 'part of the verdicts that are positive; null without any',
  }),
};

export const CountedQuery = Type.Object({ query: Type.String(), ...counts }, { $id: 'CountedQuery' });
export type CountedQuery = Static<typeof CountedQuery>;

export const QueryStats = Type.Object(
  {
    top: Type.Array(CountedQuery, { description: 'the most searched first' }),
    zero_result: Type.Array(CountedQuery, { description: 'those that found nothing most often first' }),
    by_day: Type.Array(Type.Object({ day: Type.String({ format: 'date' }), ...counts }, { $id: 'CountedDay' }), {
      description: 'days (UTC) with searches or verdicts, the latest 400 at most, the oldest first',
    }),
  },
  { $id: 'QueryStats' },
);
export type QueryStats = Static<typeof QueryStats>;
