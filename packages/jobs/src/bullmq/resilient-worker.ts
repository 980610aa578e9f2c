/** BullMQ's worker over our backend: it waits out what Redis refuses, and tells of locks that were lost. */
import { type ThumbnailJobResult, thumbnailQueueName } from '@tintype/contracts';
import type { Shard } from '@tintype/redis';
import { type Job, Worker } from 'bullmq';
import { backoffMs } from '../record/job-failures.ts';
import type { Retrying } from '../retrying.ts';
import { JobLockLost } from './attempt-ends.ts';
import { ThumbnailBackend, type ThumbnailBackendOptions } from './backend.ts';

/** Its data are as they were stored, and not looked at yet. */
export type ClaimedJob = Job<unknown, ThumbnailJobResult>;

export type ResilientWorkerOptions = {
  shard: Shard;
  name: string;
  /** Jobs that are held at once. */
  concurrency: number;
  process: (job: ClaimedJob, token: string) => Promise<ThumbnailJobResult>;
  /** For the end of this job. */
  retryingEnd: (id: string) => Retrying;
  /** For taking a job, and for waiting for one: whatever the trouble is, a worker has nothing better to do. */
  retryingTakes: Retrying;
  /** Another worker has the jobs, or they are gone: found out while they were worked on, or at their ends. */
  onLost: (ids: string[]) => void;
};

/** An end that Redis does not take now, or not at all; the reason is its cause. */
export class EndNotWritten extends Error {
  override readonly name = 'EndNotWritten';

  constructor(id: string, becomes: 'is tried again' | 'is let go, for another attempt', cause: unknown) {
    super(`the end of job ${id} could not be written: it ${becomes}`, { cause });
  }
}

/** A dead worker's jobs start again when the lock has run out and the next look comes by (recovery.ts). */
const lockMs = 3000;
const renewIntervalMs = 1000;
/** The backend keeps the limit, and can change it; BullMQ itself needs some number. */
const noLimit = 1_000_000;

/**
 * By itself BullMQ asks again at once for a job that Redis refuses to hand out, thousands of times a second, and calls
 * a job failed whose end Redis does not take. Here such an end is tried again, or the job is let go where that is of no
 * use: nobody renews its lock then, so another attempt is made.
 */
export class ResilientWorker extends Worker<unknown, ThumbnailJobResult, string, ThumbnailBackend> {
  readonly #options: ResilientWorkerOptions;
  readonly #closing: AbortController;
  /** BullMQ wants to call a job failed when the end of its attempt throws. */
  readonly #letGo = new WeakSet<Job>();
  #renewal: NodeJS.Timeout | undefined;

  constructor(options: ResilientWorkerOptions) {
    const { shard, name, concurrency, retryingTakes } = options;
    const closing = new AbortController();
    const waiting: ThumbnailBackendOptions['waiting'] = (wait) =>
      retryingTakes(wait, closing.signal).catch((err) => {
        if (closing.signal.aborted) return null;
        throw err;
      });
    const bullOptions = {
      connection: shard.redis,
      name,
      autorun: false,
      concurrency: noLimit,
      skipStalledCheck: true,
      skipLockRenewal: true,
      runRetryDelay: 500,
      drainDelay: 5,
      settings: {
        backoffStrategy: (attemptsMade: number, _type?: string, err?: Error) => backoffMs(attemptsMade, err),
      },
    };
    const process = (job: ClaimedJob, token = '') => options.process(job, token);
    super(
      thumbnailQueueName,
      process,
      bullOptions,
      () => new ThumbnailBackend({ shard, worker: name, lockMs, limit: concurrency, waiting }),
    );
    this.#options = options;
    this.#closing = closing;
    this.once('closing', () => {
      this.#closing.abort();
      this.setLimit(0);
    });
    this.once('closed', () => clearInterval(this.#renewal));
  }

  override run(): Promise<void> {
    this.#renewal = setInterval(() => this.#renewLocks(), renewIntervalMs);
    this.#renewal.unref();
    return super.run();
  }

  /** So many jobs may be held at once from now on. */
  setLimit(limit: number): void {
    this.backend.held.setLimit(limit);
  }

  protected override moveToActive(token: string, name?: string) {
    return this.#options.retryingTakes(() => super.moveToActive(token, name), this.#closing.signal);
  }

  protected override handleCompleted(...[result, job, token, ...rest]: Parameters<Worker['handleCompleted']>) {
    return this.#end({ job, token }, () => super.handleCompleted(result, job, token, ...rest));
  }

  protected override handleFailed(...[err, job, token, ...rest]: Parameters<Worker['handleFailed']>) {
    const stacktrace = [...(job.stacktrace ?? [])];
    return this.#end({ job, token }, () => {
      job.stacktrace = [...stacktrace]; // each try adds the error to it
      return super.handleFailed(err, job, token, ...rest);
    });
  }

  /**
   * What came of a job that is lost is nobody's: another worker does it, and this one goes on with the next, as with a
   * job that was let go.
   */
  async #end({ job, token }: { job: Job; token: string }, end: () => Promise<ClaimedJob>): Promise<ClaimedJob> {
    if (this.#letGo.has(job)) return this.moveToActive(token);
    const id = String(job.id);
    try {
      return await this.#options.retryingEnd(id)(end);
    } catch (err) {
      if (!(err instanceof JobLockLost)) {
        this.#letGo.add(job);
        this.backend.held.remove({ id, token });
        this.emit('error', new EndNotWritten(id, 'is let go, for another attempt', err));
      }
      this.#tellLost([id]);
      return this.moveToActive(token);
    }
  }

  #renewLocks(): void {
    const { held, locks } = this.backend;
    const jobs = held.all();
    if (jobs.length === 0) return;
    const forget = (lost: string[]) => {
      for (const job of jobs) if (lost.includes(job.id)) held.remove(job);
      this.#tellLost(lost);
    };
    locks.renew(jobs).then(forget, (err) => this.emit('error', err));
  }

  /**
   * A job that this worker has claimed again meanwhile is not lost: its new attempt is not to be ended with the old
   * one.
   */
  #tellLost(ids: string[]): void {
    const lost = ids.filter((id) => this.backend.held.tokenOf(id) === null);
    if (lost.length > 0) this.#options.onLost(lost);
  }
}
