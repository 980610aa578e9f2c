/** Step 2: what this tenant has had done with the same bytes before serves again, thumbnail by thumbnail. */
import type { NamedRendition, StoredColours, StoredRendition, ThumbnailJobResult } from '@tintype/contracts';
import type { BlobReferrers, DoneWork, EarlierRendition, FinishedWork, ThumbnailJob, Work } from '@tintype/jobs';
import type { BlobStore } from '@tintype/storage';

export type RecallStep = { finishedWork: FinishedWork; referrers: Pick<BlobReferrers, 'retain'>; blobs: BlobStore };

export type Recalled = {
  /** Of those that the job asks for; their files are retained for it. */
  renditions: StoredRendition[];
  /** What is still to be made. */
  missing: NamedRendition[];
  description: { colours: StoredColours; thumbhash: string } | null;
  /** Null when nothing was found. */
  source: ThumbnailJobResult['source'] | null;
};

/** Takes on what was not done before. What has expired, or lost its files, is as if it never was. */
export async function recallWork(deps: RecallStep, job: ThumbnailJob, work: Work): Promise<Recalled> {
  const earlier = await deps.finishedWork.claim(work, job);
  const recalled: Recalled = {
    renditions: [],
    missing: [],
    description: earlier.colours && descriptionOf(earlier.colours),
    source: (earlier.colours ?? earlier.renditions.find((found) => found !== null)?.result)?.source ?? null,
  };
  const lost: NamedRendition[] = [];
  for (const [at, asked] of work.order.renditions.entries()) {
    const found = earlier.renditions[at] ?? null;
    if (found && (await retainFile(deps, found.rendition, job.id))) recalled.renditions.push(named(found, asked));
    else recalled.missing.push(asked);
    if (found && recalled.missing.at(-1) === asked) lost.push(asked);
  }
  if (lost.length > 0)
    await deps.finishedWork.claim({ ...work, order: { ...work.order, renditions: lost } }, job, true);
  return recalled;
}

/** All of the work, from others; null when a file of theirs is gone. */
export async function reuseWork(
  deps: RecallStep,
  { renditions, colours, source }: DoneWork & Pick<ThumbnailJobResult, 'source'>,
  job: ThumbnailJob,
): Promise<Recalled | null> {
  const own: StoredRendition[] = [];
  for (const [at, found] of renditions.entries()) {
    const asked = job.data.order.renditions[at];
    if (!asked || !(await retainFile(deps, found.rendition, job.id))) return null;
    own.push(named(found, asked));
  }
  return { renditions: own, missing: [], description: descriptionOf(colours), source };
}

/** Another job's result as this one's own, with its files retained; null when one of them is gone. */
export async function reuseResult(
  deps: Pick<RecallStep, 'referrers' | 'blobs'>,
  result: ThumbnailJobResult,
  job: ThumbnailJob,
): Promise<ThumbnailJobResult | null> {
  for (const rendition of result.renditions) if (!(await retainFile(deps, rendition, job.id))) return null;
  return { ...result, cache: 'hit' };
}

/** Retained first, looked for then: what is there after that stays. */
async function retainFile(
  { referrers, blobs }: Pick<RecallStep, 'referrers' | 'blobs'>,
  { sha256, bytes }: StoredRendition,
  jobId: string,
): Promise<boolean> {
  await referrers.retain(sha256, jobId, bytes);
  return (await blobs.size(sha256)) !== null;
}

function named({ rendition }: EarlierRendition, { name }: NamedRendition): StoredRendition {
  return { ...rendition, name };
}

function descriptionOf({ colours, thumbhash }: ThumbnailJobResult) {
  return { colours, thumbhash };
}
