/** One attempt of a job: what its record says is handed to the processor, and what comes of it is told to BullMQ. */
import { Problem, type ThumbnailJobData, type ThumbnailJobResult, UnreadableRecord } from '@tintype/contracts';
import type { Shard } from '@tintype/redis';
import { WaitingError } from 'bullmq';
import type { ActiveJob, ActiveJobs } from './active-jobs.ts';
import type { HeldJob } from './bullmq/attempt-ends.ts';
import type { ThumbnailBackend } from './bullmq/backend.ts';
import { ownFields } from './bullmq/protocol.ts';
import type { ClaimedJob } from './bullmq/resilient-worker.ts';
import { HandedBack, JobCancelled, LeftToNewer, Postponed, WaitingForLeader } from './job-exits.ts';
import { attemptText } from './record/attempt-log.ts';
import { findEnvelope } from './record/envelope.ts';
import { failureFor } from './record/job-failures.ts';
import { type JobProgress, progressAt } from './record/job-progress.ts';
import { createLateEnvelopeWriter } from './record/late-envelope.ts';
import { jobOfParsed, recordVersions } from './record/stored-job.ts';
import type { UnreadableJobs } from './record/unreadable.ts';
import type { Retrying } from './retrying.ts';
import type { LedDownloads } from './sharing/led-downloads.ts';

/** A job as the processor sees it. */
export type ThumbnailJob = {
  id: string;
  tenant: string;
  data: ThumbnailJobData;
  /** 1 for the first attempt. */
  attempt: number;
  /** A worker died or hung while it had the job: perhaps because of it. */
  isSuspect: boolean;
  /** Its rank in the queue (fair-order.ts): of several jobs, the one with the lowest is to get on first. */
  rank: number;
  /** How long it waited for this attempt. */
  queuedMs: number;
  /**
   * Shares the download, and all that follows from it, with every job that wants the same at the same time: the result
   * when another one has done it meanwhile, null when this one shall. It must not go on when this throws. `takeOver`:
   * does it in any case.
   */
  joinDownload(takeOver?: boolean): Promise<ThumbnailJobResult | null>;
  /** Says which step begins now. */
  enterStep(step: JobProgress['step']): void;
  /** Aborts when the job is to end early. */
  signal: AbortSignal;
};

export type ThumbnailProcessor = (job: ThumbnailJob) => Promise<ThumbnailJobResult>;

export type JobRunnerOptions = {
  shard: Shard;
  /** Who works on it, as its record tells. */
  worker: string;
  process: ThumbnailProcessor;
  active: ActiveJobs;
  downloads: LedDownloads;
  unreadable: UnreadableJobs;
  retrying: Retrying;
  backend: ThumbnailBackend;
  onError: (err: unknown) => void;
};

/** High, because one bad picture must not use up the chances of its good neighbours. */
const maxCrashes = 20;
/** Steps of a job shorter than this leave no trace in Redis. */
const progressDelayMs = 1000;

export type JobRunner = {
  /** Runs an attempt; what is thrown is what BullMQ shall make of it. */
  run(job: ClaimedJob, token: string): Promise<ThumbnailJobResult>;
  /** What the record of a job says that has been run; undefined when it could not be read. */
  dataOf(job: ClaimedJob): ThumbnailJobData | undefined;
};

export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const { active } = options;
  const readJobs = new WeakMap<ClaimedJob, ThumbnailJobData>();
  const work = createWork(options, readJobs);
  const leave = createLeave(options);
  return {
    dataOf: (job) => readJobs.get(job),
    async run(job, token) {
      const held = { id: String(job.id), token };
      const attempt = active.enter(held.id);
      try {
        return await unlessHandedBack(work(job, held, attempt), attempt.signal);
      } catch (err) {
        throw await leave(job, held, attempt, err);
      } finally {
        attempt.leave();
      }
    },
  };
}

/** Reads the job and lets the processor do it. */
function createWork(options: JobRunnerOptions, readJobs: WeakMap<ClaimedJob, ThumbnailJobData>) {
  const { process, downloads, unreadable, retrying, backend, onError } = options;
  const { redis, keys } = options.shard;
  const writeLateEnvelope = createLateEnvelopeWriter(options.shard);

  const readJob = async (job: ClaimedJob, { id }: HeldJob): Promise<ThumbnailJobData> => {
    try {
      return jobOfParsed(job.data);
    } catch (err) {
      if (!(err instanceof UnreadableRecord)) throw err;
      const texts = { envelope: backend.held.envelopeOf(id), data: JSON.stringify(job.data), result: null };
      const envelope = findEnvelope(texts);
      if (envelope && envelope.version > recordVersions.current) throw new LeftToNewer();
      await unreadable.note(id, envelope, err).catch(onError);
      throw new Problem('unreadable_record', { cause: err });
    }
  };

  return async (job: ClaimedJob, held: HeldJob, attempt: ActiveJob): Promise<ThumbnailJobResult> => {
    // Only a job that was begun before can have been cancelled without being taken out of the queue.
    if (job.attemptsStarted > 1) {
      const readMark = () => redis.hget(keys.job(held.id), ownFields.cancelledAt);
      const cancelledAt = await retrying(readMark, attempt.signal);
      if (cancelledAt !== null) throw new JobCancelled();
    }
    if (job.stalledCounter > maxCrashes) throw new Problem('worker_crashed');
    attempt.signal.throwIfAborted();
    const data = await readJob(job, held);
    readJobs.set(job, data);
    if (backend.held.envelopeOf(held.id) === null) {
      await retrying(() => writeLateEnvelope(held.id, job.data), attempt.signal);
    }
    const progress = reportProgress((step) => backend.updateProgress(held.id, progressAt(step)), onError);
    const member = { ...held, createdAtMs: job.timestamp };
    try {
      return await process({
        id: held.id,
        tenant: data.tenant,
        data,
        attempt: job.attemptsStarted,
        isSuspect: job.stalledCounter > 0,
        rank: job.priority,
        queuedMs: Math.max(0, (job.processedOn ?? job.timestamp) - job.timestamp),
        joinDownload: (takeOver = false) => retrying(() => downloads.join(data, member, takeOver), attempt.signal),
        enterStep(step) {
          attempt.enterStep(step);
          progress.enter(step);
        },
        signal: attempt.signal,
      });
    } finally {
      progress.stop();
    }
  };
}

/** What BullMQ shall do after an error: nothing with a job that is not this worker's any more, else end the attempt. */
function createLeave({ shard, worker, downloads, retrying, backend, onError }: JobRunnerOptions) {
  const { locks, held: heldJobs } = backend;

  const failed = (job: ClaimedJob, attempt: ActiveJob, err: unknown): Error => {
    const { error, problem } = failureFor(err);
    const endedAtMs = shard.nowMs();
    // BullMQ keeps the stacks of errors with the end of each attempt: what is kept is the attempt itself.
    error.stack = attemptText({
      startedAtMs: job.processedOn ?? endedAtMs,
      endedAtMs,
      worker,
      steps: attempt.steps(),
      problem: problem.toRecord(),
    });
    return error;
  };

  /** It leaves without an attempt spent; trouble with Redis is waited out, and after any other its lock runs out. */
  const put = async (held: HeldJob, where: () => Promise<void>): Promise<void> => {
    await retrying(where).catch(onError);
    heldJobs.remove(held);
  };

  return async (job: ClaimedJob, held: HeldJob, attempt: ActiveJob, err: unknown): Promise<Error> => {
    const { reason } = attempt.signal;
    if (reason instanceof HandedBack) {
      await put(held, () => locks.giveBack(held));
      downloads.ended(held.id, false);
    } else if (err instanceof Postponed) {
      await put(held, () => locks.postpone(held, err.delayMs));
      downloads.putAside(held.id);
    } else if (err instanceof LeftToNewer) {
      await put(held, () => locks.leaveToNewer(held));
    } else if (err instanceof WaitingForLeader) {
      heldJobs.remove(held);
    } else {
      return failed(job, attempt, reason ?? err);
    }
    return new WaitingError();
  };
}

/** Rejects at once when the job is given back, however long the work still goes on. */
function unlessHandedBack<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    work.then(resolve, reject);
    signal.addEventListener('abort', () => {
      if (signal.reason instanceof HandedBack) reject(signal.reason);
    });
  });
}

/** Writes the present step once it lasts longer than `progressDelayMs`; most jobs are done before. */
function reportProgress(write: (step: JobProgress['step']) => Promise<void>, onError: (err: unknown) => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    enter(step: JobProgress['step']): void {
      clearTimeout(timer);
      timer = setTimeout(() => void write(step).catch(onError), progressDelayMs);
    },
    stop(): void {
      clearTimeout(timer);
    },
  };
}
