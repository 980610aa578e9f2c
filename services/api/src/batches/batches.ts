/** Everything that can be done with batches: hand in, look up, cancel, delete. */
import { createBatchActions } from './batch-actions.ts';
import { type BatchLookUpOptions, createBatchLookUp } from './batch-look-up.ts';
import { type BatchSubmissionOptions, createBatchSubmission } from './batch-submission.ts';

export type BatchesOptions = BatchLookUpOptions & BatchSubmissionOptions & Parameters<typeof createBatchActions>[0];
export type Batches = ReturnType<typeof createBatches>;

/** Every method throws Problems only; `dependency_unavailable` where Redis is needed and away. */
export function createBatches(options: BatchesOptions) {
  const lookUp = createBatchLookUp(options);
  return { ...lookUp, ...createBatchSubmission(options), ...createBatchActions(options, lookUp.find) };
}
