/** Step 1: the source's bytes, from a stranger's URL or from the storage. */
import { Problem, type ThumbnailJobResult, UnreadableRecord } from '@tintype/contracts';
import type { Retrying, ThumbnailJob } from '@tintype/jobs';
import type { SafeFetch } from '@tintype/safe-fetch';
import { BlobMissing, type BlobStore } from '@tintype/storage';
import type { FetchSlots } from '../fetch-slots.ts';
import type { SourceMemory, SourceShare } from '../source-memory.ts';
import { type RecallStep, reuseResult } from './recall.ts';

/** `release`, where there is one, says that nobody reads the bytes any more. */
export type Source = { bytes: Buffer; sha256: string; release?: () => void };

export type FetchStep = {
  safeFetch: SafeFetch;
  blobs: BlobStore;
  retrying: Retrying;
  fetchSlots: FetchSlots;
  sourceMemory: SourceMemory;
  /** Told of an earlier result that cannot be read; it counts as not there. */
  onUnreadable: (err: unknown) => void;
};

/** A source that is held in memory; `release` it when its bytes are needed no more. */
export type HeldSource = Omit<Source, 'release'> & Pick<SourceShare, 'release'>;

/** The bytes, or the result of another job that downloaded the same at the same time. */
export async function fetchOrShare(
  deps: FetchStep & Pick<RecallStep, 'referrers'>,
  job: ThumbnailJob,
): Promise<HeldSource | { shared: ThumbnailJobResult }> {
  const found = await joinDownload(deps, job);
  if (found === 'leads') return fetchSource(deps, job);
  const shared = found && (await deps.retrying(() => reuseResult(deps, found, job), job.signal));
  if (shared) return { shared };
  await job.joinDownload(true);
  return fetchSource(deps, job);
}

/** Null when there is a result that nobody can read. */
async function joinDownload(
  { onUnreadable }: FetchStep,
  job: ThumbnailJob,
): Promise<ThumbnailJobResult | 'leads' | null> {
  try {
    return (await job.joinDownload()) ?? 'leads';
  } catch (err) {
    if (!(err instanceof UnreadableRecord)) throw err;
    onUnreadable(err);
    return null;
  }
}

/** Throws the `source_*` problems; an upload that is gone from the storage is a defect that no retry mends. */
async function fetchSource(deps: FetchStep, job: ThumbnailJob): Promise<HeldSource> {
  await deps.sourceMemory.room(job.tenant, job.signal);
  const { source } = job.data;
  if (!('url' in source)) return hold(deps, job, (share) => readUpload(deps, source, share));
  const { safeFetch, fetchSlots } = deps;
  const url = source.fetchUrl ?? source.url;
  const { hidesNames } = job.data;
  return fetchSlots.run(new URL(url).host, job, () =>
    hold(deps, job, (share) => safeFetch.get(url, { signal: share.signal, onBody: share.add, hidesNames })),
  );
}

async function hold(
  { sourceMemory }: FetchStep,
  job: ThumbnailJob,
  take: (share: SourceShare) => Promise<Source>,
): Promise<HeldSource> {
  const share = sourceMemory.enter(job.tenant, job.signal);
  try {
    const source = await take(share);
    share.complete();
    const release = () => {
      share.release();
      source.release?.();
    };
    return { ...source, release };
  } catch (err) {
    share.release();
    throw err;
  }
}

async function readUpload(
  { blobs, retrying }: FetchStep,
  { upload, bytes }: { upload: string; bytes: number },
  share: SourceShare,
): Promise<Source> {
  const { signal } = share;
  await share.add(bytes);
  signal.throwIfAborted();
  try {
    return { bytes: await retrying(() => blobs.read(upload), signal), sha256: upload };
  } catch (err) {
    if (!(err instanceof BlobMissing)) throw err;
    throw new Problem('internal_error', { detail: 'The uploaded file is gone.', retryable: false, cause: err });
  }
}
