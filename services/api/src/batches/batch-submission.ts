/** Hands many pictures in as one batch: the record first, which reserves their ids, then files, then all jobs at once. */
import { batchItemId, Problem, type ThumbnailJobData } from '@tintype/contracts';
import type { BatchJob, BatchQueue } from '@tintype/jobs';
import type { LongWork } from '@tintype/runtime';
import type { BlobStore, IncomingBlob } from '@tintype/storage';
import type { Caller } from '../http/caller.ts';
import type { JobQuota } from '../http/rate-limits.ts';
import {
  createPreparation,
  type NewThumbnail,
  type PreparationOptions,
  requireSmall,
  type ThumbnailOptions,
} from '../thumbnails/job-preparation.ts';
import { itemPointer, withinItem } from './batch-request.ts';

/** A picture of a batch that comes in. */
export type NewItem = Pick<NewThumbnail, 'source'> & { options: ThumbnailOptions };

export type NewBatchOrder = {
  id: string;
  caller: Caller;
  /** In order; a problem where there is no picture. */
  items: (NewItem | Problem)[];
  metadata: ThumbnailOptions['metadata'];
};

export type BatchSubmissionOptions = PreparationOptions & {
  batchQueue: BatchQueue;
  blobs: BlobStore;
  /** Hears of every batch that is safe in Redis, and how many jobs it has. */
  onBatchQueued: (id: string, jobs: number, caller: Caller) => void;
};

/** Files that are put in their places at once. */
const filesAtOnce = 8;

export function createBatchSubmission(options: BatchSubmissionOptions) {
  const { batchQueue, withDeadline, admission } = options;
  const prepare = createPreparation(options);

  /** The job's data, or the item's problem; what is wrong with the service is thrown. */
  const jobOf = async (order: NewBatchOrder, item: NewItem, index: number): Promise<ThumbnailJobData | Problem> => {
    const { id, caller } = order;
    try {
      const data = await prepare({ ...item, id: batchItemId(id, index), caller });
      return { ...data, batch: id };
    } catch (err) {
      if (!(err instanceof Problem) || err.code === 'dependency_unavailable') throw err;
      return withinItem(err, itemPointer(index));
    }
  };

  return {
    /**
     * Queues the pictures of a batch; resolves once all their jobs are safe in Redis. The same under the same id again
     * finishes what was begun, and changes nothing else.
     */
    async submitBatch(order: NewBatchOrder, quota: JobQuota, work: LongWork): Promise<void> {
      const { id, caller, metadata = {} } = order;
      const { tenant, requestId } = caller;
      const uploads = createUploads(order, options);
      let isNew = false;
      const makeJobs = async (): Promise<BatchJob[]> => {
        requireSmall(metadata);
        admission.requireRoom(tenant);
        const items = await withinQuota(order.items, quota);
        await uploads.discard(problemsIn(items));
        const urls = await prepareAll(items, (item) => 'url' in item.source, order, jobOf, work);
        const refused = new Map([...problemsIn(items), ...problemsIn(urls)]);
        const expiresAtMs = options.nowMs() + 1000 * options.resultTtlSeconds;
        const batch = { id, tenant, requestId, expiresAtMs, metadata, total: items.length, refused };
        isNew = await withDeadline(() => batchQueue.begin(batch));
        const files = await prepareAll(items, (item) => 'upload' in item.source, order, jobOf, work);
        await withDeadline(() => batchQueue.refuse(id, problemsIn(files)));
        return [...jobsIn(urls), ...jobsIn(files)].toSorted((one, other) => one.index - other.index);
      };
      const jobs = await makeJobs().catch(async (err) => {
        await uploads.forgetAll(isNew);
        throw err;
      });
      const unplaced = await withDeadline(() => batchQueue.add({ id, tenant }, jobs, caller.passesOthers));
      await uploads.release(unplaced);
      options.onBatchQueued(id, jobs.length - unplaced.size, caller);
    },
  };
}

/** So many of them as the caller may still make; of the others that is the problem. */
async function withinQuota(items: NewBatchOrder['items'], quota: JobQuota): Promise<NewBatchOrder['items']> {
  const wanted = items.filter((item) => !(item instanceof Problem)).length;
  if (wanted === 0) return items;
  const { taken } = await quota.take(wanted);
  let left = taken;
  return items.map((item) => {
    if (item instanceof Problem) return item;
    left -= 1;
    const detail = `Your quota of jobs had room for ${taken} of the ${wanted} items: send the others again later.`;
    return left >= 0 ? item : new Problem('rate_limited', { detail });
  });
}

type Prepared = Map<number, ThumbnailJobData | Problem>;

/** Those of the items that are wanted, some at a time. */
async function prepareAll(
  items: NewBatchOrder['items'],
  isWanted: (item: NewItem) => boolean,
  order: NewBatchOrder,
  jobOf: (order: NewBatchOrder, item: NewItem, index: number) => Promise<ThumbnailJobData | Problem>,
  work: LongWork,
): Promise<Prepared> {
  const wanted = items.flatMap((item, index) => (item instanceof Problem || !isWanted(item) ? [] : [{ item, index }]));
  const prepared: Prepared = new Map();
  for (let at = 0; at < wanted.length; at += filesAtOnce) {
    if (work.isDue()) await work.rest();
    const some = wanted.slice(at, at + filesAtOnce);
    const made = await Promise.allSettled(some.map(({ item, index }) => jobOf(order, item, index)));
    for (const [nth, result] of made.entries()) {
      if (result.status === 'rejected') throw result.reason;
      prepared.set(some[nth]?.index ?? 0, result.value);
    }
  }
  return prepared;
}

function problemsIn(items: Iterable<unknown> | Prepared): Map<number, Problem> {
  const entries = items instanceof Map ? [...items] : [...items].entries();
  const problems = new Map<number, Problem>();
  for (const [index, item] of entries) if (item instanceof Problem) problems.set(index, item);
  return problems;
}

function jobsIn(prepared: Prepared): BatchJob[] {
  return [...prepared].flatMap(([index, job]) => (job instanceof Problem ? [] : [{ index, job }]));
}

/** The files of a batch, in case that they are not needed: no file is left of what was refused. */
function createUploads(order: NewBatchOrder, { referrers, blobs }: BatchSubmissionOptions) {
  const uploads = new Map<number, IncomingBlob>();
  for (const [index, item] of order.items.entries()) {
    if (!(item instanceof Problem) && 'upload' in item.source) uploads.set(index, item.source.upload);
  }
  const discard = async (unneeded: ReadonlyMap<number, unknown>): Promise<void> => {
    for (const index of unneeded.keys()) await uploads.get(index)?.discard();
  };
  /** Should it fail, the sweep finds in an hour that there is no job. */
  const release = async (unneeded: ReadonlyMap<number, unknown>): Promise<void> => {
    for (const index of unneeded.keys()) {
      const sha256 = uploads.get(index)?.sha256;
      if (sha256 === undefined) continue;
      await referrers.release(sha256, batchItemId(order.id, index), blobs.erase).catch(() => undefined);
    }
  };
  return {
    /** Of items that have not come so far as to be kept. */
    discard,
    /** Of items that were kept, and whose jobs were not added. */
    release,
    /** Before any job was added. Of a batch that is not new, an earlier try may have added some: they need their files. */
    async forgetAll(isNew: boolean): Promise<void> {
      await discard(uploads);
      if (isNew) await release(uploads);
    },
  };
}
