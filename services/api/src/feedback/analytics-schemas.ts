/** What the routes of analytics accept and answer, for validation and for the OpenAPI document. */
import {
  AnalyticsQuery,
  FeedbackRow,
  FeedbackRows,
  QueryStats,
  QueryStatsQuery,
  TrainingRow,
  TrainingRows,
} from '@tintype/contracts';
import type { TSchema } from 'typebox';
import { json } from '../http/openapi/route-schemas.ts';

const tags = ['library'];
const away = ['search_unavailable'] as const;

function tableOf(description: string, whole: TSchema, row: TSchema) {
  const { content, ...answer } = json(description, whole);
  const text = { schema: { type: 'string' } };
  return { ...answer, content: { ...content, 'application/x-ndjson': { schema: row }, 'text/csv': text } };
}

export const analyticsSchema = {
  operationId: 'getAnalytics',
  tags,
  summary: 'All feedback on your library',
  description:
    'The verdicts that count, the oldest first, however many there are: the answer is streamed. `csv` is for spreadsheets: it begins with a byte order mark, and what would be a formula there begins with an apostrophe. `json` and `ndjson` have every text as it is.',
  querystring: AnalyticsQuery,
  response: { 200: tableOf('All of it', FeedbackRows, FeedbackRow) },
  problems: away,
};

export const trainingSchema = {
  operationId: 'getTrainingData',
  tags,
  summary: 'The same as judgements to train a ranking with',
  description: 'Query, item, label, and the position where it was told; nothing of who has voted.',
  querystring: AnalyticsQuery,
  response: { 200: tableOf('All of it', TrainingRows, TrainingRow) },
  problems: away,
};

export const queryStatsSchema = {
  operationId: 'getQueryStats',
  tags,
  summary: 'What is searched most, what finds nothing, and how results are liked',
  description: 'Searches are counted by day (UTC) and kept for 400 days. A page that follows another one is no search.',
  querystring: QueryStatsQuery,
  response: { 200: json('The figures', QueryStats) },
  problems: away,
};
