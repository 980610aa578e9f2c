/** Hands a picture in: by its URL or as a file that was received, with or without a wait for its end. */
import { Problem, requireAcceptedFormat, type SwitchedFormat } from '@tintype/contracts';
import type { JobEnds, JobRecord, JobUrgency, ThumbnailQueue } from '@tintype/jobs';
import type { BlobStore, IncomingBlob } from '@tintype/storage';
import type { Caller } from '../http/caller.ts';
import { storing } from '../http/storing.ts';
import type { Wait } from '../http/waiting.ts';
import { createPreparation, type NewThumbnail, type PreparationOptions } from './job-preparation.ts';
import { type LookUp, madeHere, untilEnded } from './look-up.ts';
import { createUploadRoom, type Uploader, type UploadRoomOptions } from './upload-room.ts';

export type SubmissionOptions = PreparationOptions &
  UploadRoomOptions & {
    queue: ThumbnailQueue;
    endings: JobEnds;
    blobs: BlobStore;
    /** Formats that are accepted besides the usual ones. */
    formats: readonly SwitchedFormat[];
    read: LookUp['read'];
    /** Of a job that was refused: its item is none. */
    forgetItem: (id: string, tenant: string) => Promise<void>;
    /** Hears of every job that is safe in Redis. */
    onQueued: (id: string, caller: Caller) => void;
  };

/** Every method throws Problems only; `dependency_unavailable` where Redis or the storage is away. */
export function createSubmission(options: SubmissionOptions) {
  const { queue, endings, blobs, withDeadline, admission, read } = options;
  const prepare = createPreparation(options);
  const uploadRoom = createUploadRoom(options);

  /** Whether the job is new: an id that a client claims again may have been queued before. */
  const add = async (order: NewThumbnail, urgency: JobUrgency): Promise<boolean> => {
    const data = await prepare(order);
    const isNew = await withDeadline(() => queue.add(order.id, data, urgency, order.caller.passesOthers)).catch(
      async (err) => {
        await forgetRefused(options, order, err);
        throw err;
      },
    );
    options.onQueued(order.id, order.caller);
    return isNew;
  };

  /** The watch begins before the job, so it misses nothing of a job that is new. */
  const addAndWait = async (order: NewThumbnail, wait: Wait): Promise<JobRecord> => {
    const watch = endings.watch(order.id);
    const isNew = await add(order, 'waiting').catch((err) => {
      watch.close();
      throw err;
    });
    return untilEnded(watch, () => madeHere(read(order.id, order.caller)), wait, isNew);
  };

  return {
    /** Takes a file in, as a stream, refusing by its first bytes what is no picture, and what there is no room for. */
    async receive(file: AsyncIterable<Uint8Array>, uploader: Uploader): Promise<IncomingBlob> {
      admission.requireRoom(uploader.tenant);
      const { maxBytes, problemOf } = await uploadRoom(uploader);
      const limits = { maxBytes, inspectHead: (head: Uint8Array) => requireAcceptedFormat(head, options.formats) };
      return storing(() => blobs.receive(file, limits)).catch((err) => {
        throw problemOf(err);
      });
    },

    /** Queues a picture; resolves once its job is safe in Redis. */
    async submit(order: NewThumbnail): Promise<void> {
      await add(order, 'single');
    },

    /**
     * Queues a picture and reads its record: at once, or as soon as its job has ended. A job that somebody waits for
     * goes before those that nobody waits for.
     */
    async submitAndRead(order: NewThumbnail, wait: Wait | null): Promise<JobRecord> {
      if (wait !== null) return addAndWait(order, wait);
      await add(order, 'single');
      return madeHere(read(order.id, order.caller));
    },
  };
}

/** What was refused leaves no file and no item; should that fail, the sweep finds in an hour that its job never was. */
async function forgetRefused(
  { referrers, blobs, forgetItem }: Pick<SubmissionOptions, 'referrers' | 'blobs' | 'forgetItem'>,
  { id, source, options: { library }, caller }: NewThumbnail,
  err: unknown,
): Promise<void> {
  if (!(err instanceof Problem) || err.code !== 'quota_exceeded') return;
  if (library) await forgetItem(id, caller.tenant);
  if (!('upload' in source)) return;
  await referrers.release(source.upload.sha256, id, blobs.erase).catch(() => undefined);
}
