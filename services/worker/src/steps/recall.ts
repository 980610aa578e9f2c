/** Step 2: what this tenant has had done with the same bytes before serves again. */
import type { StoredColours, ThumbnailJobResult } from '@tintype/contracts';
import type { BlobReferrers, FinishedWork, JobReader, ThumbnailJob, Work } from '@tintype/jobs';
import type { BlobStore } from '@tintype/storage';

export type RecallStep = { finishedWork: FinishedWork; jobs: JobReader; referrers: BlobReferrers; blobs: BlobStore };

export type Recalled = {
  /** Everything the job asks for; nothing is left to do. */
  result: ThumbnailJobResult | null;
  /** The colours alone; the thumbnail is still to be made. */
  colours: { colours: StoredColours; thumbhash: string } | null;
};

/** Looks for the same work, then for the same colours. What has expired, or lost its files, is as if it never was. */
export async function recallWork(deps: RecallStep, job: ThumbnailJob, work: Work): Promise<Recalled> {
  const earlier = await deps.finishedWork.find(work);
  const same = job.data.only === 'colours' ? null : await resultOf(deps, earlier.same, job);
  if (same && (await retainFiles(deps, same, job))) return { result: { ...same, cache: 'hit' }, colours: null };
  const withColours = same ?? (await resultOf(deps, earlier.sameColours, job));
  if (!withColours) return { result: null, colours: null };
  if (job.data.only === 'colours') return { result: { ...withColours, renditions: [], cache: 'hit' }, colours: null };
  return { result: null, colours: { colours: withColours.colours, thumbhash: withColours.thumbhash } };
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
  { referrers, blobs }: RecallStep,
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
