/** Batches as they are answered: examples of the OpenAPI document. */
import { type Batch, Problem } from '@tintype/contracts';
import { typeBaseOf } from '../http/problem-answers.ts';
import { thumbnailExamples } from '../thumbnails/thumbnail-examples.ts';

export const exampleBatchId = '01a22189-1368-7000-9c52-7d0f0b6e41aa';
export const exampleBatch = { id: exampleBatchId, collection: '/v1/batches' };

/** By the names under which the document has them. */
export function batchExamples(publicUrl: string) {
  const { thumbnail_queued: queued, thumbnail_completed: completed } = thumbnailExamples(publicUrl);
  const self = `${publicUrl}/v1/batches/${exampleBatchId}`;
  const detail = 'must start with http:// or https://';
  const bad = new Problem('invalid_request', {
    detail: `/items/1/url ${detail}.`,
    errors: [{ pointer: '/items/1/url', detail }],
  });
  const common = {
    id: exampleBatchId,
    metadata: { catalogue: 'spring' },
    created_at: completed.value.created_at,
    expires_at: completed.value.expires_at,
    next: null,
  };
  const badItem = { index: 1, error: bad.toDocument(typeBaseOf(publicUrl)) };
  const none = { total: 2, queued: 0, processing: 0, completed: 0, failed: 1, cancelled: 0 };
  const waiting: Batch = {
    ...common,
    status: 'queued',
    counts: { ...none, queued: 1 },
    links: { self, cancel: `${self}/cancel` },
    items: [{ index: 0, ...queued.value }, badItem],
  };
  const { completed_at = '' } = completed.value;
  const ended: Batch = {
    ...common,
    status: 'completed',
    counts: { ...none, completed: 1 },
    completed_at,
    links: { self },
    items: [{ index: 0, ...completed.value }, badItem],
  };
  return {
    batch_queued: { summary: 'One of two waits, the other could not be taken', value: waiting },
    batch_completed: { summary: 'All have ended', value: ended },
  };
}
