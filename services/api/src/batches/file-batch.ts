/** Several files of one form as a batch: the options of its fields hold for all of them. */
import { Problem } from '@tintype/contracts';
import { callerOf } from '../http/caller.ts';
import { claimFiles, idFor } from '../http/idempotent-requests.ts';
import type { JobQuota } from '../http/rate-limits.ts';
import { clientOf } from '../http/turns.ts';
import type { HandInSeveral } from '../thumbnails/submit-routes.ts';
import { type AnswerBatchOptions, createAnswerBatch } from './batch-answer.ts';
import type { Batches } from './batches.ts';
import { answerNewBatch } from './new-batch-answer.ts';

export type FileBatchOptions = AnswerBatchOptions & { batches: Batches; stopping: AbortSignal };

export function createFileBatch(options: FileBatchOptions): HandInSeveral {
  const { batches, turns } = options;
  const answerBatch = createAnswerBatch(options);
  return async (request, reply, form) => {
    if (!(await claimFiles(request, reply, form))) return reply;
    const id = idFor(request);
    if (request.repeats === null) {
      const { files, fields } = form;
      const items = files.map((file) =>
        file instanceof Problem ? file : { source: { upload: file }, options: fields },
      );
      const order = { id, caller: callerOf(request), items, metadata: fields.metadata };
      const quota = withOneTaken(request.jobQuota(reply));
      await batches.submitBatch(order, quota, turns.begin(clientOf(request)));
    }
    return answerNewBatch(id, request, reply, { ...options, answerBatch });
  };
}

/** The request itself has been counted as a job, before anybody knew that it brings several. */
function withOneTaken(quota: JobQuota): JobQuota {
  return {
    ...quota,
    async take(wanted) {
      if (wanted === 1) return { taken: 1, giveBack: async () => undefined };
      try {
        const { taken, giveBack } = await quota.take(wanted - 1);
        return { taken: taken + 1, giveBack };
      } catch (err) {
        if (err instanceof Problem && err.code === 'rate_limited') return { taken: 1, giveBack: async () => undefined };
        throw err;
      }
    },
  };
}
