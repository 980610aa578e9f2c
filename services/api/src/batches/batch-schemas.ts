/** What the batch routes accept and answer, for validation and for the OpenAPI document. */
import { Batch, BatchRequest, batchPageItems, maxBatchItems } from '@tintype/contracts';
import Type from 'typebox';
import { json, nothing } from '../http/openapi/route-schemas.ts';
import { maxWaitSeconds } from '../http/waiting.ts';
import { exampleBatchId } from './batch-examples.ts';

const wait = Type.Optional(
  Type.Integer({
    minimum: 0,
    description: `answer as soon as all items have ended, at most after so many seconds (more than ${maxWaitSeconds} become ${maxWaitSeconds}, as \`Preference-Applied\` says); the header \`Prefer: wait=10\` does the same`,
    examples: [10],
  }),
);

const PageQuery = Type.Object({
  wait,
  cursor: Type.Optional(
    Type.String({ pattern: '^[0-9]{1,3}$', description: '`next` of the page before', examples: ['100'] }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: batchPageItems,
      default: batchPageItems,
      description: 'most items of the answer; 0 for the counts alone',
    }),
  ),
});

const IdParams = Type.Object({
  id: Type.String({ description: 'id of the batch', examples: [exampleBatchId] }),
});
const unseen = ['not_found', 'expired'] as const;
const location = ['Location'] as const;

export const createBatchSchema = {
  operationId: 'createBatch',
  tags: ['batches'],
  summary: `Hand in up to ${maxBatchItems} pictures by their URLs`,
  description:
    'An item that cannot be taken stays in the batch with its problem, and the others go on; a batch whose items are all bad has ended at once. Its jobs go behind the single ones of the same caller. A request that was broken off may have added a part: sent again with its `Idempotency-Key` it adds the rest.',
  querystring: Type.Object({ wait }),
  body: BatchRequest,
  response: {
    200: json('All items ended within `wait`, or none could be taken', Batch, {
      examples: ['batch_completed'],
      headers: location,
    }),
    202: json('Accepted; poll `Location`', Batch, { examples: ['batch_queued'], headers: location }),
  },
  problems: [...unseen, 'storage_full'] as const,
};

export const getBatchSchema = {
  operationId: 'getBatch',
  tags: ['batches'],
  summary: 'Look up a batch',
  description: 'Its counts, and its items in the order of the request, by pages.',
  params: IdParams,
  querystring: PageQuery,
  response: { 200: json('The batch', Batch, { examples: ['batch_completed', 'batch_queued'] }) },
  problems: unseen,
};

export const cancelBatchSchema = {
  operationId: 'cancelBatch',
  tags: ['batches'],
  summary: 'Cancel all items of a batch that have not ended',
  description: 'Cancelling twice answers the same; 409 when every item had ended before.',
  params: IdParams,
  response: { 200: json('What had not ended is cancelled', Batch, { examples: ['batch_completed'] }) },
  problems: [...unseen, 'conflict'] as const,
};

export const deleteBatchSchema = {
  operationId: 'deleteBatch',
  tags: ['batches'],
  summary: 'Delete a batch with all its thumbnails and their files',
  description: 'In any status; what has not ended is cancelled. Afterwards everything of it is 410.',
  params: IdParams,
  response: { 204: nothing('It is gone') },
  problems: ['not_found'] as const,
};
