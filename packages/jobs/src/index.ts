/** The only importer of bullmq: typed queue and worker, the job record, indexes, endings, the sweep. */
export { type AttemptReader, createAttemptReader, type JobAttempts } from './attempt-log.ts';
export { type BlobReferrers, createBlobReferrers } from './blob-referrers.ts';
export { HandedBack, Postponed } from './early-end.ts';
export type { JobUrgency } from './fair-order.ts';
export {
  type Claimant,
  createFinishedWork,
  type EarlierRendition,
  type EarlierWork,
  type FinishedWork,
  type Work,
} from './finished-work.ts';
export { createJobControl, type JobControl } from './job-control.ts';
export { followJobEndings, type JobEndings, type JobWatch } from './job-endings.ts';
export type { JobProgress } from './job-progress.ts';
export { createJobReader, type JobLookup, type JobReader, type JobRecord, UnreadableRecord } from './job-record.ts';
export { createJobTotalsWriter, type JobTotals, type JobTotalsWriter, readJobTotals } from './job-totals.ts';
export { createPatience, type Patience } from './patience.ts';
export { type QueueMonitor, type QueueSample, startQueueMonitor } from './queue-monitor.ts';
export { readJobData, recordVersionOf, recordVersions, writeJobData } from './record/stored-job.ts';
export { type Sweep, type SweepOptions, startSweep } from './sweep.ts';
export { createThumbnailQueue, type QueueDepth, type ThumbnailQueue } from './thumbnail-queue.ts';
export { createThumbnailRemoval, type ThumbnailRemoval } from './thumbnail-removal.ts';
export {
  createThumbnailWorker,
  type ThumbnailJob,
  type ThumbnailProcessor,
  type ThumbnailWorker,
  type WorkerEvents,
} from './thumbnail-worker.ts';
export { startWatchdog, type Watchdog } from './watchdog.ts';
