/** Step 1: the source's bytes, from a stranger's URL or from the storage. */
import { Problem } from '@tintype/contracts';
import type { ThumbnailJob } from '@tintype/jobs';
import type { SafeFetch } from '@tintype/safe-fetch';
import { BlobMissing, type BlobStore } from '@tintype/storage';
import type { LimitFunction } from 'p-limit';

export type Source = { bytes: Buffer; sha256: string };

export type FetchStep = {
  safeFetch: SafeFetch;
  blobs: BlobStore;
  /** Slots for downloads: a host that never answers holds one until it times out. */
  fetchSlots: LimitFunction;
};

/** Throws the `source_*` problems; an upload that is gone from the storage is a defect that no retry mends. */
export async function fetchSource({ safeFetch, blobs, fetchSlots }: FetchStep, job: ThumbnailJob): Promise<Source> {
  const { source } = job.data;
  if ('url' in source) {
    return fetchSlots(() => safeFetch.get(source.fetchUrl ?? source.url, { signal: job.signal }));
  }
  try {
    return { bytes: await blobs.read(source.upload), sha256: source.upload };
  } catch (err) {
    if (!(err instanceof BlobMissing)) throw err;
    throw new Problem('internal_error', { detail: 'The uploaded file is gone.', retryable: false, cause: err });
  }
}
