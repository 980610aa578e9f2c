/** Step 1: the source's bytes, from a stranger's URL or from the storage. */
import { Problem } from '@tintype/contracts';
import type { ThumbnailJob } from '@tintype/jobs';
import type { SafeFetch } from '@tintype/safe-fetch';
import { BlobMissing, type BlobStore } from '@tintype/storage';
import type { LimitFunction } from 'p-limit';
import type { SourceMemory, SourceShare } from '../source-memory.ts';

export type Source = { bytes: Buffer; sha256: string };

export type FetchStep = {
  safeFetch: SafeFetch;
  blobs: BlobStore;
  /** Slots for downloads: a host that never answers holds one until it times out. */
  fetchSlots: LimitFunction;
  sourceMemory: SourceMemory;
};

/** A source that is held in memory; `release` it when its bytes are needed no more. */
export type HeldSource = Source & Pick<SourceShare, 'release'>;

/** Throws the `source_*` problems; an upload that is gone from the storage is a defect that no retry mends. */
export async function fetchSource(deps: FetchStep, job: ThumbnailJob): Promise<HeldSource> {
  await deps.sourceMemory.room(job.signal);
  const { source } = job.data;
  if (!('url' in source)) return hold(deps, (share) => readUpload(deps, source, share));
  const { safeFetch, fetchSlots } = deps;
  const url = source.fetchUrl ?? source.url;
  return fetchSlots(() => hold(deps, (share) => safeFetch.get(url, { signal: job.signal, onBody: share.add })));
}

async function hold({ sourceMemory }: FetchStep, take: (share: SourceShare) => Promise<Source>): Promise<HeldSource> {
  const share = sourceMemory.enter();
  try {
    const { bytes, sha256 } = await take(share);
    share.complete();
    return { bytes, sha256, release: share.release };
  } catch (err) {
    share.release();
    throw err;
  }
}

async function readUpload(
  { blobs }: FetchStep,
  { upload, bytes }: { upload: string; bytes: number },
  share: SourceShare,
): Promise<Source> {
  await share.add(bytes);
  try {
    return { bytes: await blobs.read(upload), sha256: upload };
  } catch (err) {
    if (!(err instanceof BlobMissing)) throw err;
    throw new Problem('internal_error', { detail: 'The uploaded file is gone.', retryable: false, cause: err });
  }
}
