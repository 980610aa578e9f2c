/** Step 2: what this tenant has had done with the same bytes before serves again. */
import type { StoredColours, ThumbnailJobResult } from '@tintype/contracts';
import type { BlobReferrers, Claimant, FinishedWork, JobReader, ThumbnailJob, Work } from '@tintype/jobs';
import type { BlobStore } from '@tintype/storage';

export type RecallStep = { finishedWork: FinishedWork; jobs: JobReader; referrers: BlobReferrers; blobs: BlobStore };

export type Recalled = {
  /** Everything the job asks for; nothing is left to do. */
  result: ThumbnailJobResult | null;
  /** The colours alone; the thumbnail is still to be made. */
  colours: { colours: StoredColours; thumbhash: string } | null;
};

/** Takes the work on, unless it was done before. What has expired, or lost its files, is as if it never was. */
export async function recallWork(deps: RecallStep, job: ThumbnailJob, work: Work): Promise<Recalled> {
  const claimant = claimantOf(job);
  const earlier = await deps.finishedWork.claim(work, claimant);
  if (earlier.same) {
    const result = await reuseResult(deps, earlier.same, job);
    if (result) return { result, colours: null };
    const { colours, thumbhash } = earlier.same;
    await deps.finishedWork.claim(work, claimant, true);
    return { result: null, colours: { colours, thumbhash } };
  }
  const withColours = await resultOf(deps, earlier.sameColours, job);
  if (!withColours) return { result: null, colours: null };
  if (claimant.coloursOnly) return { result: { ...withColours, renditions: [], cache: 'hit' }, colours: null };
  return { result: null, colours: { colours: withColours.colours, thumbhash: withColours.thumbhash } };
}

export function claimantOf({ id, data, signal }: ThumbnailJob): Claimant {
  return { id, expiresAtMs: data.expiresAtMs, coloursOnly: data.order.renditions.length === 0, signal };
}

/** Another job's result as this one's own, with its files retained; null when they are gone. */
export async function reuseResult(
  deps: Pick<RecallStep, 'referrers' | 'blobs'>,
  result: ThumbnailJobResult,
  job: ThumbnailJob,
): Promise<ThumbnailJobResult | null> {
  if (job.data.order.renditions.length === 0) return { ...result, renditions: [], cache: 'hit' };
  return (await retainFiles(deps, result, job)) ? { ...result, cache: 'hit' } : null;
}

async function resultOf(
  { jobs }: RecallStep,
  id: string | null,
  job: ThumbnailJob,
): Promise<ThumbnailJobResult | null> {
  if (id === null || id === job.id) return null;
  const found = await jobs.read(id);
  return found.kind === 'record' ? found.record.result : null;
}

/** Retained first, looked for then: what is there after that stays. */
async function retainFiles(
  { referrers, blobs }: Pick<RecallStep, 'referrers' | 'blobs'>,
  result: ThumbnailJobResult,
  job: ThumbnailJob,
): Promise<boolean> {
  for (const { sha256 } of result.renditions) {
    await referrers.retain(sha256, job.id);
    if ((await blobs.size(sha256)) !== null) continue;
    await referrers.release(sha256, job.id, blobs.erase);
    return false;
  }
  return true;
}
