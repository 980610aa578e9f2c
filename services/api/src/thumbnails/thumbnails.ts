/** The use cases around a thumbnail: hand in, look up, wait for it, read its file. */
import {
  colourOptionsOf,
  defaultRenditionName,
  isThumbnailId,
  maxMetadataBytes,
  Problem,
  parseSourceUrl,
  renditionOf,
  requireAcceptedFormat,
  type StoredRendition,
  type ThumbnailJobData,
  type UploadFields,
} from '@tintype/contracts';
import {
  type BlobReferrers,
  type JobEnds,
  type JobLookup,
  type JobReader,
  type JobRecord,
  type JobWatch,
  listUnreadableCommand,
  type ThumbnailQueue,
  type UnreadableJobs,
} from '@tintype/jobs';
import { BlobMissing, type BlobStore, type IncomingBlob, isStorageFailure } from '@tintype/storage';
import type { Caller, Viewer } from '../http/caller.ts';
import { createThumbnailActions, type ThumbnailActionsOptions } from './actions.ts';

export type ThumbnailsOptions = Omit<ThumbnailActionsOptions, 'find'> & {
  queue: ThumbnailQueue;
  jobs: JobReader;
  endings: JobEnds;
  referrers: BlobReferrers;
  unreadable: UnreadableJobs;
  /** The time of Redis. */
  nowMs: () => number;
  blobs: BlobStore;
  uploadMaxBytes: number;
  resultTtlSeconds: number;
  /** Where workers reach a URL that names this API itself; others stay as they are. */
  fetchUrlOf: (url: string) => string;
};

/** How long a client should wait before it asks again for what is not done, in seconds. */
export const retryAfterSeconds = 1;

/** A request's options; `only: 'colours'` makes no thumbnail, `waits` says that the client waits for the end. */
export type Wishes = UploadFields & { only?: 'colours'; waits?: boolean };

/** How long to wait for a job's end, and by the watch of which submission. */
export type EndWait = { waitMs: number; signal: AbortSignal; watch: JobWatch | null };

export type ThumbnailFile = { rendition: StoredRendition; bytes: Buffer };

type Unreadable = Extract<JobLookup, { kind: 'unreadable' }>;

export type Thumbnails = ReturnType<typeof createThumbnails>;

/** Every method throws Problems only; `dependency_unavailable` where Redis is needed and away. */
export function createThumbnails(options: ThumbnailsOptions) {
  const { queue, jobs, endings, referrers, withDeadline, blobs } = options;

  const jobDataOf = (caller: Caller, source: ThumbnailJobData['source'], request: Wishes): ThumbnailJobData => ({
    tenant: caller.tenant,
    source,
    order: {
      renditions: request.only ? [] : [{ name: defaultRenditionName, ...renditionOf(request) }],
      colours: colourOptionsOf(request.colours),
    },
    priority: request.priority ?? 'normal',
    expiresAtMs: options.nowMs() + 1000 * (request.expires_in_seconds ?? options.resultTtlSeconds),
    ...(request.metadata && { metadata: requireSmall(request.metadata) }),
    requestId: caller.requestId,
    traceparent: caller.traceparent,
  });

  const find = async (id: string, viewer: Viewer): Promise<JobRecord | Problem> => {
    if (!isThumbnailId(id)) return unknownThumbnail();
    const found = await withDeadline(() => jobs.read(id));
    if (found.kind === 'gone') return maySee(viewer, found.tenant) ? expiredThumbnail() : unknownThumbnail();
    if (found.kind === 'unreadable') return unreadableThumbnail(id, found, viewer);
    if (found.kind === 'unknown' || !maySee(viewer, found.record.data.tenant)) return unknownThumbnail();
    // The sweep comes by every few seconds; what is due is gone for clients already.
    if (found.record.data.expiresAtMs <= options.nowMs()) return expiredThumbnail();
    return found.record;
  };

  const unreadableThumbnail = (id: string, { envelope, reason }: Unreadable, viewer: Viewer): Problem => {
    options.unreadable.note(id, envelope, reason).catch(() => undefined);
    if (!envelope || !maySee(viewer, envelope.tenant)) return unknownThumbnail();
    if (envelope.expiresAtMs <= options.nowMs()) return expiredThumbnail();
    return new Problem('unreadable_record', {
      detail: `What was stored of this thumbnail cannot be read; \`${listUnreadableCommand}\` lists such records.`,
      cause: reason,
    });
  };

  const read = async (id: string, viewer: Viewer): Promise<JobRecord> => {
    const found = await find(id, viewer);
    if (found instanceof Problem) throw found;
    return found;
  };

  /** The watch begins before the job, so it misses nothing of a job that is new. */
  const enqueue = async (id: string, data: ThumbnailJobData, waits = false): Promise<JobWatch | null> => {
    const watch = waits ? endings.watch(id) : null;
    let isNew = false;
    try {
      isNew = await withDeadline(() => queue.add(id, data, waits ? 'waiting' : 'single'));
      return isNew ? watch : null;
    } finally {
      if (!isNew) watch?.close();
    }
  };

  return {
    ...createThumbnailActions({ ...options, find }),
    read,
    etaMs: options.admission.etaMs,

    /**
     * Queues a picture by its URL, under a new id. Resolves once the job is safe in Redis; with a watch for `readEnded`
     * when the client waits, and the job was not there before.
     */
    async submitUrl(id: string, url: string, request: Wishes, caller: Caller): Promise<JobWatch | null> {
      const clean = parseSourceUrl(url);
      options.admission.requireRoom();
      const fetchUrl = options.fetchUrlOf(clean);
      const source = fetchUrl === clean ? { url: clean } : { url: clean, fetchUrl };
      return enqueue(id, jobDataOf(caller, source, request), request.waits);
    },

    /** Takes a file in, as a stream, refusing by its first bytes what is no picture. */
    async receive(file: AsyncIterable<Uint8Array>): Promise<IncomingBlob> {
      options.admission.requireRoom();
      const limits = { maxBytes: options.uploadMaxBytes, inspectHead: requireAcceptedFormat };
      return storing(() => blobs.receive(file, limits));
    },

    /** Queues a received file under a new id, as `submitUrl` does: named in the storage first, then queued, then answered. */
    async submitUpload(id: string, upload: IncomingBlob, request: Wishes, caller: Caller): Promise<JobWatch | null> {
      const data = await discardOnFailure(upload, async () => {
        const made = jobDataOf(caller, { upload: upload.sha256, bytes: upload.bytes }, request);
        await withDeadline(() => referrers.retainUpload(upload.sha256, id));
        await storing(upload.commit);
        return made;
      });
      return enqueue(id, data, request.waits);
    },

    /** The records of those ids that exist and are the caller's, in the order asked for. */
    async readMany(ids: string[], caller: Caller): Promise<JobRecord[]> {
      const found = await Promise.all(ids.map((id) => find(id, caller)));
      return found.filter((record) => !(record instanceof Problem));
    },

    /**
     * The record as soon as its job has ended, or as it is when the time is over or the client has gone. With the watch of
     * a new job there is nothing to be read before its end.
     */
    async readEnded(id: string, caller: Caller, { waitMs, signal, watch }: EndWait): Promise<JobRecord> {
      const deadline = Date.now() + waitMs;
      const watching = watch ?? endings.watch(id);
      try {
        if (watch) await watch.ended(waitMs, signal);
        let record = await read(id, caller);
        while (!isEnded(record) && Date.now() < deadline && !signal.aborted) {
          await watching.ended(deadline - Date.now(), signal);
          record = await read(id, caller);
        }
        return record;
      } finally {
        watching.close();
      }
    },

    /** The bytes of a finished thumbnail; says as a problem why there are none. */
    async readFile(record: JobRecord, name = 'default'): Promise<ThumbnailFile> {
      if (record.status === 'cancelled') throw new Problem('not_found', { detail: 'The job was cancelled.' });
      if (record.problem !== null)
        throw new Problem('not_found', { detail: `The job failed: ${record.problem.message}` });
      if (record.result === null) throw new Problem('not_ready', { retryAfterSeconds });
      if (record.data.order.renditions.length === 0) {
        throw new Problem('not_found', { detail: 'No thumbnail was made: the job was for the colours alone.' });
      }
      const rendition = record.result.renditions.find((candidate) => candidate.name === name);
      if (!rendition) throw new Problem('not_found', { detail: `There is no rendition ${JSON.stringify(name)}.` });
      return { rendition, bytes: await readBlob(blobs, rendition.sha256) };
    },
  };
}

function maySee(viewer: Viewer, tenant: string): boolean {
  return viewer === 'holder of a signed link' || viewer.tenant === tenant;
}

/** Whether nothing about it will change any more. */
export function isEnded(record: JobRecord): boolean {
  return record.status === 'completed' || record.status === 'failed' || record.status === 'cancelled';
}

/** What was received and cannot be used is not kept. */
export async function discardOnFailure<Value>(upload: IncomingBlob, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (err) {
    await upload.discard();
    throw err;
  }
}

function expiredThumbnail(): Problem {
  return new Problem('expired', { detail: 'The thumbnail has expired or was deleted.' });
}

function unknownThumbnail(): Problem {
  return new Problem('not_found', { detail: 'There is no thumbnail with this id.' });
}

function requireSmall(metadata: NonNullable<UploadFields['metadata']>): NonNullable<UploadFields['metadata']> {
  if (Buffer.byteLength(JSON.stringify(metadata)) <= maxMetadataBytes) return metadata;
  const detail = `must not be larger than ${maxMetadataBytes} bytes`;
  throw new Problem('invalid_option', { detail: `/metadata ${detail}.`, errors: [{ pointer: '/metadata', detail }] });
}

/** A full disk is not the client's fault, and passes. */
async function storing<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (err) {
    if (!isStorageFailure(err)) throw err;
    throw new Problem('dependency_unavailable', { detail: 'The storage does not take the file.', cause: err });
  }
}

async function readBlob(blobs: BlobStore, sha256: string): Promise<Buffer> {
  try {
    return await blobs.read(sha256);
  } catch (err) {
    if (!(err instanceof BlobMissing))
      throw new Problem('dependency_unavailable', { detail: 'The storage does not answer.', cause: err });
    throw new Problem('expired', { detail: 'The file of this thumbnail is gone.', cause: err });
  }
}
