/** Step 1: the source's bytes, from a stranger's URL or from the storage. */
import { Problem, type SourceValidity, type ThumbnailJobResult, UnreadableRecord } from '@tintype/contracts';
import type { Retrying, ThumbnailJob } from '@tintype/jobs';
import type { FetchOptions, SafeFetch } from '@tintype/safe-fetch';
import { BlobMissing, type BlobStore } from '@tintype/storage';
import type { FetchSlots } from '../fetch-slots.ts';
import type { SourceMemory, SourceShare } from '../source-memory.ts';
import { type RecallStep, reuseResult } from './recall.ts';
import { findKnownWork, isFresh, type KnownWork, type SameSourceStep, storedValidity } from './same-source.ts';

/** `release`, where there is one, says that nobody reads the bytes any more. */
export type Source = { bytes: Buffer; sha256: string; validity: SourceValidity | null; release?: () => void };

/** The source has not changed since all of the job's work was done; `isAsked`: it has said so just now. */
export type UnchangedSource = { unchanged: KnownWork; isAsked: boolean; validity: SourceValidity | null };

export type FetchStep = {
  safeFetch: SafeFetch;
  blobs: BlobStore;
  retrying: Retrying;
  fetchSlots: FetchSlots;
  sourceMemory: SourceMemory;
} & SameSourceStep;

/** A source that is held in memory; `release` it when its bytes are needed no more. */
export type HeldSource = Source & Pick<SourceShare, 'release'>;

/** The bytes, the result of another job that downloaded the same at the same time, or word that they are known. */
export async function fetchOrShare(
  deps: FetchStep & Pick<RecallStep, 'referrers'>,
  job: ThumbnailJob,
): Promise<HeldSource | UnchangedSource | { shared: ThumbnailJobResult }> {
  const found = await joinDownload(deps, job);
  if (found !== 'leads') {
    const shared = found && (await deps.retrying(() => reuseResult(deps, found, job), job.signal));
    if (shared) return { shared };
    await job.joinDownload(true);
  }
  const known = 'url' in job.data.source ? await deps.retrying(() => findKnownWork(deps, job), job.signal) : null;
  if (known && isFresh(deps, known.validity)) return { unchanged: known, isAsked: false, validity: known.validity };
  return known ? fetchIfChanged(deps, job, known) : fetchAnew(deps, job);
}

/**
 * For a job whose source is kept: the bytes themselves are needed, whatever others know of them. They are in the storage,
 * and retained for the job, when this resolves.
 */
export async function fetchAndKeep(
  deps: FetchStep & Pick<RecallStep, 'referrers'>,
  job: ThumbnailJob,
): Promise<HeldSource> {
  const source = await fetchAnew(deps, job);
  if ('upload' in job.data.source) return source; // it was kept before its job came in
  const { bytes, sha256 } = source;
  const keep = async () => {
    await deps.referrers.retain(sha256, job.id, bytes.length);
    await deps.blobs.put(sha256, bytes);
  };
  await deps.retrying(keep, job.signal).catch((err) => {
    source.release();
    throw err;
  });
  return source;
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

/** The bytes, whatever is known of them. Throws the `source_*` problems. */
export function fetchAnew(deps: FetchStep, job: ThumbnailJob): Promise<HeldSource> {
  return fetchSource(deps, job, async (url, options) => {
    const fetched = await deps.safeFetch.get(url, options);
    return { ...fetched, validity: storedValidity(deps, fetched.validity) };
  });
}

/** The same, unless the source says that they are what is known. */
function fetchIfChanged(deps: FetchStep, job: ThumbnailJob, known: KnownWork): Promise<HeldSource | UnchangedSource> {
  return fetchSource<Source | UnchangedSource>(deps, job, async (url, options) => {
    const fetched = await deps.safeFetch.getIfChanged(url, known.validity, options);
    const validity = storedValidity(deps, fetched.validity);
    return 'unchanged' in fetched ? { unchanged: known, isAsked: true, validity } : { ...fetched, validity };
  });
}

type Download<Taken> = (url: string, options: FetchOptions) => Promise<Taken>;

/** An upload that is gone from the storage is a defect that no retry mends. */
async function fetchSource<Taken extends Source | UnchangedSource>(
  deps: FetchStep,
  job: ThumbnailJob,
  download: Download<Taken>,
): Promise<HeldSource | (Taken & Pick<SourceShare, 'release'>)> {
  await deps.sourceMemory.room(job.tenant, job.signal);
  const { source, hidesNames } = job.data;
  if (!('url' in source)) return hold(deps, job, (share) => readUpload(deps, source, share));
  const url = source.fetchUrl ?? source.url;
  return deps.fetchSlots.run(new URL(url).host, job, () =>
    hold(deps, job, (share) => download(url, { signal: share.signal, onBody: share.add, hidesNames })),
  );
}

async function hold<Taken extends Source | UnchangedSource>(
  { sourceMemory }: FetchStep,
  job: ThumbnailJob,
  take: (share: SourceShare) => Promise<Taken>,
): Promise<Taken & Pick<SourceShare, 'release'>> {
  const share = sourceMemory.enter(job.tenant, job.signal);
  try {
    const source = await take(share);
    share.complete();
    const release = () => {
      share.release();
      if ('release' in source) source.release?.();
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
    return { bytes: await retrying(() => blobs.read(upload), signal), sha256: upload, validity: null };
  } catch (err) {
    if (!(err instanceof BlobMissing)) throw err;
    throw new Problem('internal_error', { detail: 'The uploaded file is gone.', retryable: false, cause: err });
  }
}
