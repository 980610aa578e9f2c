/** Step 2: the same bytes with the same options were worked on before by this tenant: that result serves again. */
import type { ThumbnailJobResult } from '@tintype/contracts';
import type { BlobReferrers, FinishedWork, JobReader, ThumbnailJob, Work } from '@tintype/jobs';
import type { BlobStore } from '@tintype/storage';

export type RecallStep = { finishedWork: FinishedWork; jobs: JobReader; referrers: BlobReferrers; blobs: BlobStore };

/** The earlier result with its files retained for this job, or null: never done, expired, or its files are gone. */
export async function recallResult(
  deps: RecallStep,
  job: ThumbnailJob,
  work: Work,
): Promise<ThumbnailJobResult | null> {
  const earlierId = await deps.finishedWork.find(work);
  if (earlierId === null || earlierId === job.id) return null;
  const earlier = await deps.jobs.read(earlierId);
  if (earlier.kind !== 'record' || earlier.record.result === null) return null;
  const { result } = earlier.record;
  for (const { sha256 } of result.renditions) {
    await deps.referrers.retain(sha256, job.id);
    if ((await deps.blobs.size(sha256)) === null) return null;
  }
  return { ...result, cache: 'hit' };
}
