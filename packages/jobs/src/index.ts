/** The only importer of bullmq: queue and worker, the job record, shared work, events, expiry, health. */

export { type BatchControl, createBatchControl } from './batches/batch-control.ts';
export { batchesOutbox } from './batches/batch-counts.ts';
export { type BatchJob, type BatchQueue, createBatchQueue, type NewBatch } from './batches/batch-queue.ts';
export {
  type BatchItemRecord,
  type BatchLookup,
  type BatchReader,
  type BatchRecord,
  createBatchReader,
} from './batches/batch-record.ts';
export { createJobControl, type JobControl } from './bullmq/control.ts';
export { createQueuePauses, type QueuePauses } from './bullmq/pauses.ts';
export { createThumbnailQueue, type QueueDepth, type ThumbnailQueue } from './bullmq/queue.ts';
export { EndNotWritten } from './bullmq/resilient-worker.ts';
export { type BlobPins, createBlobPins } from './expiry/blob-pins.ts';
export { type BlobReferrers, createBlobReferrers } from './expiry/blob-referrers.ts';
export { createItemBlobs, type ItemBlobs } from './expiry/item-blobs.ts';
export {
  createReconciliation,
  type Reconciled,
  type Reconciliation,
} from './expiry/reconciliation.ts';
export { type Sweep, startSweep } from './expiry/sweep.ts';
export { createThumbnailRemoval, type RemovalOptions, type ThumbnailRemoval } from './expiry/thumbnail-removal.ts';
export type { JobUrgency } from './fair-order.ts';
export { type BusyWorker, createBusyWorkersReader } from './health/busy-workers.ts';
export { type GreedyTenants, type ScarceRoom, watchGreedyTenants } from './health/greedy-tenants.ts';
export { type LivingWorker, type LivingWorkers, readLivingWorkers } from './health/heartbeats.ts';
export { createJobTotalsWriter, type JobTotals, type JobTotalsWriter, readJobTotals } from './health/job-totals.ts';
export { type QueueMonitor, type QueueSample, startQueueMonitor } from './health/queue-monitor.ts';
export { startWatchdog, type Watchdog } from './health/watchdog.ts';
export { type JobEventKind, jobEventKinds } from './job-events/announce.ts';
export { followJobEnds, type JobEnds, type JobWatch } from './job-events/follow-job-ends.ts';
export { createOutbox, type Outbox, type OutboxEntry } from './job-events/outbox.ts';
export { createJobEventStream, type JobEvent, type JobEventStream } from './job-events/stream.ts';
export { Postponed } from './job-exits.ts';
export type { ThumbnailJob, ThumbnailProcessor } from './job-runner.ts';
export {
  createJobListReader,
  type JobList,
  type JobListFilters,
  type JobListReader,
  lookedAtPerPage,
} from './lists/list-reader.ts';
export { type AttemptReader, createAttemptReader, type JobAttempts } from './record/attempt-log.ts';
export type { Envelope } from './record/envelope.ts';
export { createJobReader, type JobReader } from './record/job-reader.ts';
export type { JobLookup, JobRecord } from './record/job-record.ts';
export { recordVersionOf, recordVersions, writeJobData } from './record/stored-job.ts';
export {
  createUnreadableJobs,
  listUnreadableCommand,
  type UnreadableJob,
  type UnreadableJobs,
} from './record/unreadable.ts';
export { createRetrying, type Retrying } from './retrying.ts';
export { fingerprint } from './sharing/fingerprint.ts';
export {
  createFinishedWork,
  type DoneWork,
  type EarlierRendition,
  type FinishedWork,
  type Work,
} from './sharing/finished-work.ts';
export { createLinkPictures, type LinkPictures, type PictureJobs, type PictureNames } from './sharing/link-pictures.ts';
export {
  createRememberedSources,
  type RememberedSource,
  type RememberedSources,
} from './sharing/remembered-sources.ts';
export { createEndedJobsReader, type EndedJobs, type EndedJobsReader } from './stats/ended-jobs.ts';
export { createOpenJobsReader, type OpenJobs, type OpenJobsReader } from './stats/open-jobs.ts';
export { createThumbnailWorker, type ThumbnailWorker, type WorkerEvents } from './thumbnail-worker.ts';
export { answerOverheadBytes, feedbackOverheadBytes, keyOverheadBytes } from './usage/counters.ts';
export { noQuotas, type Quotas, quotaExceeded, requireQuota } from './usage/quotas.ts';
export { countedArgs, countedFor, countedLua } from './usage/store-pieces.ts';
export { createUsageReader, type ReadUsage, type Usage } from './usage/usage.ts';
