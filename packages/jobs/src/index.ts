/** The only importer of bullmq: typed queue and worker, the job record, indexes, endings, the sweep. */
export { type BlobReferrers, createBlobReferrers } from './blob-referrers.ts';
export { createFinishedWork, type EarlierWork, type FinishedWork, type Work } from './finished-work.ts';
export { followJobEndings, type JobEndings, type JobWatch } from './job-endings.ts';
export type { JobProgress } from './job-progress.ts';
export { createJobReader, type JobLookup, type JobReader, type JobRecord, UnreadableRecord } from './job-record.ts';
export { createJobTotalsWriter, type JobTotals, type JobTotalsWriter, readJobTotals } from './job-totals.ts';
export { type Sweep, type SweepOptions, startSweep } from './sweep.ts';
export { createThumbnailQueue, type QueueDepth, type ThumbnailQueue } from './thumbnail-queue.ts';
export {
  createThumbnailWorker,
  type ThumbnailJob,
  type ThumbnailProcessor,
  type ThumbnailWorker,
  type WorkerEvents,
} from './thumbnail-worker.ts';
