/** What the routes of feedback accept and answer, for validation and for the OpenAPI document. */
import { BatchListQuery, Feedback, FeedbackAccepted, FeedbackBatchList } from '@tintype/contracts';
import Type from 'typebox';
import { json, nothing } from '../http/openapi/route-schemas.ts';
import { exampleBatchOfFeedback } from './feedback-examples.ts';

const tags = ['library'];
const away = ['search_unavailable'] as const;

export const giveFeedbackSchema = {
  operationId: 'giveFeedback',
  tags,
  summary: 'Say which items fit a query, and which do not',
  description:
    'It moves later results of this query, and of the same words in another order. A voter has one verdict on an item for a query, the last one: a key is a voter, else an address (an IPv6 network of 64 bits), or each of those that it tells apart by `voter`. A name in both lists of a query is 422. While the search service is away feedback is kept, and counted when it is back.',
  body: Feedback,
  response: { 202: json('It is kept', FeedbackAccepted, { examples: ['feedback_accepted', 'feedback_waiting'] }) },
  problems: [...away, 'quota_exceeded'] as const,
};

export const listBatchesSchema = {
  operationId: 'listFeedbackBatches',
  tags,
  summary: 'Batches of feedback of all tenants, the newest first',
  description: 'Each is what one request brought. Who has voted is not known: `voter` is a digest.',
  querystring: BatchListQuery,
  response: { 200: json('A page of them', FeedbackBatchList, { examples: ['feedback_batches'] }) },
  problems: away,
};

export const undoBatchSchema = {
  operationId: 'undoFeedbackBatch',
  tags,
  summary: 'Take a batch of feedback back',
  description: 'Results are as if it had never come: what the voter had said before counts again.',
  params: Type.Object({ id: Type.String({ description: 'id of the batch', examples: [exampleBatchOfFeedback] }) }),
  response: { 204: nothing('It counts no more') },
  problems: ['not_found', ...away] as const,
};
