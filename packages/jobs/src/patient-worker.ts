/** BullMQ's worker with a longer breath: what Redis refuses while it is full is waited out, and locks are ours. */
import { type ThumbnailJobData, type ThumbnailJobResult, thumbnailQueueName } from '@tintype/contracts';
import { type RedisConnection, shardPrefix } from '@tintype/redis';
import { createRedisBackend, type Job, Worker } from 'bullmq';
import { backoffMs } from './job-failures.ts';
import { useOwnTransitions } from './job-transitions.ts';
import type { Patience } from './patience.ts';

type ThumbnailBullJob = Job<ThumbnailJobData, ThumbnailJobResult>;

export type PatientWorkerOptions = {
  redis: RedisConnection;
  name: string;
  concurrency: number;
  shard?: number;
  process: (job: ThumbnailBullJob, token: string) => Promise<ThumbnailJobResult>;
  patiently: Patience;
  /** Answers the ids that are lost. */
  renewLocks: (ids: string[], tokens: string[], durationMs: number) => Promise<string[]>;
};

/** A dead worker's jobs start again when the lock has run out and the next look comes by (recovery.ts). */
const lockDurationMs = 3000;
const lockRenewTimeMs = 1000;

/** Several changes of the concurrency in a row are one. */
const wakeUpDelayMs = 50;

/**
 * By itself BullMQ asks again at once for a job that Redis refuses to hand out, thousands of times a second, and calls
 * a job failed whose end Redis does not take.
 */
export class PatientWorker extends Worker<ThumbnailJobData, ThumbnailJobResult> {
  readonly #options: PatientWorkerOptions;
  #wakeUp: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();

  constructor(options: PatientWorkerOptions) {
    const { redis, name, concurrency, shard = 0 } = options;
    const bullOptions = {
      connection: redis,
      prefix: shardPrefix(shard),
      name,
      autorun: false,
      concurrency,
      lockDuration: lockDurationMs,
      lockRenewTime: lockRenewTimeMs,
      skipStalledCheck: true,
      runRetryDelay: 500,
      drainDelay: 5,
      settings: {
        backoffStrategy: (attemptsMade: number, _type?: string, err?: Error) => backoffMs(attemptsMade, err),
      },
    };
    const process = (job: ThumbnailBullJob, token = '') => options.process(job, token);
    super(thumbnailQueueName, process, bullOptions, (...made) =>
      useOwnTransitions(createRedisBackend(...made), { redis, workerName: name, lockDurationMs, shard }),
    );
    this.#options = options;
    this.once('closing', () => this.#closing.abort());
  }

  /** BullMQ looks at its concurrency only when a job ends; after a short pause it looks at once. */
  changeConcurrency(concurrency: number): void {
    const wasFewer = this.concurrency < concurrency;
    this.concurrency = concurrency;
    if (!wasFewer || this.#wakeUp !== undefined) return;
    this.#wakeUp = setTimeout(async () => {
      this.#wakeUp = undefined;
      if (this.closing) return;
      await this.pause(true);
      await this.resume();
    }, wakeUpDelayMs);
  }

  override extendJobLocks(ids: string[], tokens: string[], durationMs: number): Promise<string[]> {
    return this.#options.renewLocks(ids, tokens, durationMs);
  }

  protected override moveToActive(token: string, name?: string) {
    return this.#options.patiently(() => super.moveToActive(token, name), this.#closing.signal);
  }

  protected override handleCompleted(...[result, job, ...rest]: Parameters<Worker['handleCompleted']>) {
    return this.#options.patiently(() => super.handleCompleted(result, job, ...rest));
  }

  protected override handleFailed(...[err, job, ...rest]: Parameters<Worker['handleFailed']>) {
    const stacktrace = [...(job.stacktrace ?? [])];
    return this.#options.patiently(() => {
      job.stacktrace = [...stacktrace]; // each try adds the error to it
      return super.handleFailed(err, job, ...rest);
    });
  }
}
