/** The consumer's side: takes thumbnail jobs from the queue and hands them to a processor. */
import { Problem, type ThumbnailJobData, type ThumbnailJobResult, thumbnailQueueName } from '@tintype/contracts';
import { isRedisFailure, keysOf, type RedisConnection } from '@tintype/redis';
import { type Job, WaitingError } from 'bullmq';
import { attemptText } from './attempt-log.ts';
import { HandedBack, JobCancelled, Parked, Postponed } from './early-end.ts';
import { createFlights } from './flights.ts';
import { failureFor, isLastAttempt } from './job-failures.ts';
import { createJobLocks } from './job-locks.ts';
import { type JobProgress, progressAt } from './job-progress.ts';
import { createJobsInHand, type JobInHand } from './jobs-in-hand.ts';
import { createLedFlights } from './led-flights.ts';
import { createPatience } from './patience.ts';
import { PatientWorker } from './patient-worker.ts';
import { readJobData } from './record/stored-job.ts';
import { startRecovery } from './recovery.ts';
import { listenToWorkerMessages } from './worker-messages.ts';

/** A job as the processor sees it. */
export type ThumbnailJob = {
  id: string;
  data: ThumbnailJobData;
  /** 1 for the first attempt. */
  attempt: number;
  /** A worker died or hung while it had the job in hand: perhaps because of it. */
  isSuspect: boolean;
  /** Its place in the order of the queue (fair-order.ts): of several in hand, the lowest is to get on first. */
  place: number;
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

export type WorkerEvents = {
  completed(job: { id: string; data: ThumbnailJobData }, result: ThumbnailJobResult): void;
  /** A cancelled job ends here too, with the problem `cancelled`. */
  failed(job: { id: string; data: unknown }, problem: Problem, willRetry: boolean): void;
  /** A job was taken from the queue. */
  taken(): void;
  /** Jobs of a worker that has died were put back into the queue. */
  recovered(ids: string[]): void;
  /** Trouble with Redis; it is waited out. */
  error(err: unknown): void;
};

export type ThumbnailWorkerOptions = {
  /** Three connections are made of it: for commands, for blocking reads, for messages. */
  redis: RedisConnection;
  /** Recorded with every job this worker takes; no other worker has it, and it tells nothing about the machine. */
  name: string;
  /** Jobs in hand at once, waiting for a source included. */
  concurrency: number;
  process: ThumbnailProcessor;
  events: WorkerEvents;
  shard?: number;
};

export type ThumbnailWorker = {
  start(): void;
  /** Takes so many more jobs at once: for those in hand that cost nothing but time. */
  extendBy(places: number): void;
  /**
   * Takes no more jobs and resolves when those in hand are done; after `graceMs` what is left is given back to the
   * queue, where another worker finds it at once.
   */
  close(graceMs?: number): Promise<void>;
};

/** High, because one bad picture must not use up the chances of its good neighbours. */
const maxCrashes = 20;
/** Events of BullMQ's (progress, another attempt) that its stream keeps: nobody reads them. */
const eventsKept = 100;
/** Steps of a job shorter than this leave no trace in Redis. */
const progressDelayMs = 1000;

/** Makes a worker that begins with `start()`: whatever must be warm is warmed up before. */
export function createThumbnailWorker(options: ThumbnailWorkerOptions): ThumbnailWorker {
  const { redis, name, events, shard = 0 } = options;
  const keys = keysOf(shard);
  const inHand = createJobsInHand();
  const patiently = createPatience({ passes: isRedisFailure, onTrouble: events.error });
  const locks = createJobLocks(redis, name, shard);
  const flights = createLedFlights(createFlights(redis, shard), events.error);
  const messages = listenToWorkerMessages(redis, shard, (message) => {
    if (message.kind === 'cancel') inHand.cancel(message.id);
    else if (message.worker === name) flights.followed(message.flight);
  });

  const run = async (job: Job<ThumbnailJobData>, token: string, hand: JobInHand): Promise<ThumbnailJobResult> => {
    // Only a job that was begun before can have been cancelled without being taken out of the queue.
    if (job.attemptsStarted > 1) {
      const cancelledAt = await redis.hget(keys.job(thumbnailQueueName, idOf(job)), 'cancelledAt');
      if (cancelledAt !== null) throw new JobCancelled();
    }
    if (job.stalledCounter > maxCrashes) throw new Problem('worker_crashed');
    hand.signal.throwIfAborted();
    const progress = reportProgress(job, events.error);
    const data = readJobData(JSON.stringify(job.data));
    const member = { id: idOf(job), token, createdAtMs: job.timestamp };
    try {
      return await options.process({
        id: idOf(job),
        data,
        attempt: job.attemptsStarted,
        isSuspect: job.stalledCounter > 0,
        place: job.priority,
        queuedMs: Math.max(0, (job.processedOn ?? Date.now()) - job.timestamp),
        joinDownload: (takeOver = false) => patiently(() => flights.join(data, member, takeOver), hand.signal),
        enterStep: (step) => {
          hand.enterStep(step);
          progress.enter(step);
        },
        signal: hand.signal,
      });
    } finally {
      progress.stop();
    }
  };

  /** Leaves word of an attempt that ends badly: with the error, so that it is written with the end of the attempt. */
  const fail = async (job: Job<ThumbnailJobData>, hand: JobInHand, err: unknown): Promise<Error> => {
    const { error, problem } = failureFor(err);
    const endedAtMs = Date.now();
    error.stack = attemptText({
      startedAtMs: job.processedOn ?? endedAtMs,
      endedAtMs,
      worker: name,
      steps: hand.steps(),
      problem: problem.toRecord(),
    });
    if (problem.code !== 'cancelled' && isLastAttempt(job, problem)) {
      const index = keys.failures(String(job.data.tenant), problem.code);
      await patiently(() => redis.zadd(index, endedAtMs, idOf(job)));
    }
    return error;
  };

  /** What BullMQ shall do after an error: nothing with a job that is not in our hands any more, else end the attempt. */
  const leaveJob = async (job: Job<ThumbnailJobData>, token: string, hand: JobInHand, err: unknown): Promise<Error> => {
    const { reason } = hand.signal;
    if (reason instanceof HandedBack) {
      await locks.giveBack(idOf(job), token);
      flights.ended(idOf(job), false);
    } else if (err instanceof Postponed) {
      await locks.postpone(idOf(job), token, err.delayMs);
      flights.putAside(idOf(job));
    } else if (!(err instanceof Parked)) {
      return fail(job, hand, reason ?? err);
    }
    return new WaitingError();
  };

  const worker = new PatientWorker({
    ...options,
    patiently,
    renewLocks: locks.renew,
    async process(job, token) {
      const hand = inHand.take(idOf(job));
      try {
        return await unlessHandedBack(run(job, token, hand), hand.signal);
      } catch (err) {
        throw await leaveJob(job, token, hand, err);
      } finally {
        hand.letGo();
      }
    },
  });
  worker.on('error', events.error);
  worker.on('active', events.taken);
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) inHand.end(id, new HandedBack()); // another worker has it by now
  });
  worker.on('completed', (job, result) => {
    flights.ended(idOf(job), !inHand.wasCancelled(idOf(job)));
    // It was cancelled so late that it was done all the same; nobody sees the result.
    if (inHand.wasCancelled(idOf(job)))
      events.failed({ id: idOf(job), data: job.data }, new Problem('cancelled'), false);
    else events.completed({ id: idOf(job), data: job.data }, result);
  });
  worker.on('failed', (job, err) => {
    if (!job) return;
    flights.ended(idOf(job), false);
    const problem = err.cause instanceof Problem ? err.cause : Problem.fromRecord(err.message);
    events.failed({ id: idOf(job), data: job.data }, problem, job.finishedOn === undefined);
  });
  const recovery = startRecovery({ redis, shard, onRecovered: events.recovered, onError: events.error });
  const close = async (graceMs?: number): Promise<void> => {
    const timer = graceMs === undefined ? undefined : setTimeout(() => inHand.endAll(new HandedBack()), graceMs);
    await recovery.stop();
    await worker.close();
    clearTimeout(timer);
    await messages.close();
  };
  let closing: Promise<void> | null = null;
  return {
    start() {
      redis.hset(keys.meta(thumbnailQueueName), 'opts.maxLenEvents', eventsKept).catch(events.error);
      void worker.run().catch(events.error);
    },
    extendBy: (places) => worker.changeConcurrency(options.concurrency + places),
    close(graceMs) {
      closing ??= close(graceMs);
      return closing;
    },
  };
}

function idOf(job: Job): string {
  return job.id ?? '';
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
function reportProgress(job: Job, onError: (err: unknown) => void) {
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
