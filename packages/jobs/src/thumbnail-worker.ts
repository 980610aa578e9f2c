/** The consumer's side: takes thumbnail jobs from the queue and hands them to a processor. */
import { check, Problem, ThumbnailJobData, type ThumbnailJobResult, thumbnailQueueName } from '@tintype/contracts';
import { type RedisConnection, shardPrefix } from '@tintype/redis';
import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { type JobProgress, progressAt } from './job-progress.ts';

/** A job as the processor sees it. */
export type ThumbnailJob = {
  id: string;
  data: ThumbnailJobData;
  /** 1 for the first attempt. */
  attempt: number;
  /** A worker died or hung while it had the job in hand: perhaps because of it. */
  isSuspect: boolean;
  /** How long it waited for this attempt. */
  queuedMs: number;
  /** Says which step begins now. */
  enterStep(step: JobProgress['step']): void;
  /** Aborts when the job is to end early. */
  signal: AbortSignal;
};

export type ThumbnailProcessor = (job: ThumbnailJob) => Promise<ThumbnailJobResult>;

export type WorkerEvents = {
  completed(job: { id: string; data: ThumbnailJobData }, result: ThumbnailJobResult): void;
  failed(job: { id: string; data: unknown }, problem: Problem, willRetry: boolean): void;
  /** Trouble with Redis; BullMQ goes on by itself. */
  error(err: Error): void;
};

export type ThumbnailWorkerOptions = {
  /** Two connections are made of it: one for commands, one for blocking reads. */
  redis: RedisConnection;
  /** Recorded with every job this worker takes. */
  name: string;
  /** Jobs in hand at once, waiting for a source included. */
  concurrency: number;
  process: ThumbnailProcessor;
  events: WorkerEvents;
  shard?: number;
};

export type ThumbnailWorker = {
  start(): void;
  /** Takes no more jobs and resolves when those in hand are done. */
  close(): Promise<void>;
};

/** A dead worker's jobs start again when the lock has run out and the next check comes by: 5 to 7 s. */
const lockDurationMs = 5000;
const stalledIntervalMs = 2000;
/** High, because one bad picture must not use up the chances of its good neighbours. */
const maxStalledCount = 20;
/** Steps of a job shorter than this leave no trace in Redis. */
const progressDelayMs = 1000;

/** Makes a worker that begins with `start()`: whatever must be warm is warmed up before. */
export function createThumbnailWorker(options: ThumbnailWorkerOptions): ThumbnailWorker {
  const worker = new Worker<ThumbnailJobData, ThumbnailJobResult>(
    thumbnailQueueName,
    // BullMQ hands out an AbortSignal only to a function with three declared parameters.
    async (job, _token, signal) => {
      if (!signal) throw new Error('BullMQ handed out no AbortSignal');
      const progress = reportProgress(job, options.events.error);
      try {
        return await options.process({
          id: idOf(job),
          data: check(ThumbnailJobData, job.data),
          attempt: job.attemptsStarted,
          isSuspect: job.stalledCounter > 0,
          queuedMs: Math.max(0, (job.processedOn ?? Date.now()) - job.timestamp),
          enterStep: progress.enter,
          signal,
        });
      } catch (err) {
        throw failureFor(err);
      } finally {
        progress.stop();
      }
    },
    {
      connection: options.redis,
      prefix: shardPrefix(options.shard ?? 0),
      name: options.name,
      autorun: false,
      concurrency: options.concurrency,
      lockDuration: lockDurationMs,
      lockRenewTime: Math.floor(lockDurationMs / 3),
      stalledInterval: stalledIntervalMs,
      maxStalledCount,
      runRetryDelay: 500,
      drainDelay: 5,
    },
  );
  worker.on('error', options.events.error);
  worker.on('completed', (job, result) => options.events.completed({ id: idOf(job), data: job.data }, result));
  worker.on('failed', (job, err) => {
    if (!job) return;
    const problem = err.cause instanceof Problem ? err.cause : Problem.fromRecord(err.message);
    options.events.failed({ id: idOf(job), data: job.data }, problem, job.finishedOn === undefined);
  });
  return {
    start: () => void worker.run().catch(options.events.error),
    close: () => worker.close(),
  };
}

function idOf(job: Job): string {
  return job.id ?? '';
}

/**
 * The error BullMQ shall see: its message is the problem's record, and a problem that no other attempt can mend is
 * unrecoverable. Anything that is not a Problem is a defect: tried again, and `internal_error` in the end.
 */
function failureFor(err: unknown): Error {
  if (!(err instanceof Problem)) {
    const problem = new Problem('internal_error', { detail: 'The job failed for an unexpected reason.', cause: err });
    return new Error(problem.toRecord(), { cause: problem });
  }
  return err.retryable
    ? new Error(err.toRecord(), { cause: err })
    : Object.assign(new UnrecoverableError(err.toRecord()), { cause: err });
}

/** Writes the present step once it lasts longer than `progressDelayMs`; most jobs are done before. */
function reportProgress(job: Job, onError: (err: Error) => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    enter(step: JobProgress['step']): void {
      clearTimeout(timer);
      timer = setTimeout(() => void job.updateProgress(progressAt(step)).catch(onError), progressDelayMs);
    },
    stop(): void {
      clearTimeout(timer);
    },
  };
}
