/** Step 1: the source's bytes, from a stranger's URL or from the storage. */
import { Problem, type ThumbnailJobResult } from '@tintype/contracts';
import type { Patience, ThumbnailJob } from '@tintype/jobs';
import type { SafeFetch } from '@tintype/safe-fetch';
import { BlobMissing, type BlobStore } from '@tintype/storage';
import type { LimitFunction } from 'p-limit';
import { type RecallStep, reuseResult } from './recall.ts';

export type Source = { bytes: Buffer; sha256: string };

export type FetchStep = {
  safeFetch: SafeFetch;
  blobs: BlobStore;
  patiently: Patience;
  /** Slots for downloads: a host that never answers holds one until it times out. */
  fetchSlots: LimitFunction;
};

/** The bytes, or the result of another job that downloaded the same at the same time. */
export async function fetchOrShare(
  deps: FetchStep & Pick<RecallStep, 'referrers'>,
  job: ThumbnailJob,
): Promise<Source | { shared: ThumbnailJobResult }> {
  const result = await job.joinDownload();
  if (!result) return fetchSource(deps, job);
  const shared = await deps.patiently(() => reuseResult(deps, result, job), job.signal);
  if (shared) return { shared };
  await job.joinDownload(true);
  return fetchSource(deps, job);
}

/** Throws the `source_*` problems; an upload that is gone from the storage is a defect that no retry mends. */
async function fetchSource({ safeFetch, blobs, fetchSlots, patiently }: FetchStep, job: ThumbnailJob): Promise<Source> {
  const { source } = job.data;
  if ('url' in source) {
    return fetchSlots(() => safeFetch.get(source.fetchUrl ?? source.url, { signal: job.signal }));
  }
  try {
    const bytes = await patiently(() => blobs.read(source.upload), job.signal);
    return { bytes, sha256: source.upload };
  } catch (err) {
    if (!(err instanceof BlobMissing)) throw err;
    throw new Problem('internal_error', { detail: 'The uploaded file is gone.', retryable: false, cause: err });
  }
}
