/** The consumer's side: claims thumbnail jobs from the queue and hands them to a processor. */
import { Problem, type ThumbnailJobData, type ThumbnailJobResult } from '@tintype/contracts';
import { isRedisFailure, type Shard } from '@tintype/redis';
import { type ActiveJobs, createActiveJobs } from './active-jobs.ts';
import { startRecovery } from './bullmq/recovery.ts';
import { type ClaimedJob, EndNotWritten, ResilientWorker } from './bullmq/resilient-worker.ts';
import { type Heartbeat, startHeartbeat } from './health/heartbeats.ts';
import { HandedBack } from './job-exits.ts';
import { createJobRunner, type JobRunner, type ThumbnailProcessor } from './job-runner.ts';
import { createUnreadableJobs } from './record/unreadable.ts';
import { createRetrying, type Retrying, type RetryingOptions } from './retrying.ts';
import { createLedDownloads, type LedDownloads } from './sharing/led-downloads.ts';
import { createSharedDownloads } from './sharing/shared-downloads.ts';
import { beginCountingEnds } from './stats/ended-jobs.ts';
import { listenToWorkerMessages } from './worker-messages.ts';

export type WorkerEvents = {
  completed(job: { id: string; data: ThumbnailJobData }, result: ThumbnailJobResult): void;
  /** A cancelled job ends here too, with the problem `cancelled`. */
  failed(job: { id: string }, problem: Problem, willRetry: boolean): void;
  /** A job was claimed from the queue. */
  claimed(): void;
  /** Jobs of a worker that has died were put back into the queue. */
  recovered(ids: string[]): void;
  /** Trouble with Redis; it is waited out. */
  error(err: unknown): void;
};

export type ThumbnailWorkerOptions = {
  /** Three connections are made of its own: for commands, for blocking reads, for messages. */
  shard: Shard;
  /** Recorded with every job this worker takes; no other worker has it, and it tells nothing about the machine. */
  name: string;
  /** The release, as its heartbeat tells it. */
  version: string;
  /** Jobs that are worked on at once, those included that wait for a source. */
  concurrency: number;
  /** As its heartbeat tells it; false by default. */
  isConfined?: boolean;
  process: ThumbnailProcessor;
  events: WorkerEvents;
};

export type ThumbnailWorker = {
  start(): void;
  /** Holds so many more jobs at once: for those that cost nothing but time. */
  extendBy(jobs: number): void;
  /**
   * Takes no more jobs and resolves when those that are worked on are done; after `graceMs` what is left is given back
   * to the queue, where another worker finds it at once. Where Redis does not answer then, it finds out by itself:
   * locks and heartbeats run out. The connection is to be closed next.
   */
  close(graceMs?: number): Promise<void>;
};

/** What is to be written to Redis at the end is written within this time, or not at all. */
const lastWritesMs = 2000;

/** Makes a worker that begins with `start()`: whatever must be warm is warmed up before. */
export function createThumbnailWorker(options: ThumbnailWorkerOptions): ThumbnailWorker {
  const { shard, name, version, concurrency, isConfined = false, events } = options;
  const active = createActiveJobs();
  const downloads = createLedDownloads(createSharedDownloads(shard), events.error);
  const over = new AbortController();
  const trouble = { onTrouble: events.error, over: over.signal };
  const retrying = createRetrying({ ...trouble, isTransient: isRedisFailure });
  const retryingTakes = createRetrying({ ...trouble, isTransient: () => true });
  const messages = listenToWorkerMessages(shard, (message) => {
    if (message.kind === 'cancel') active.cancel(message.id);
    else if (message.worker === name) downloads.followed(message.download);
  });
  const onLost = (ids: string[]) => {
    for (const id of ids) {
      active.end(id, new HandedBack()); // another worker has it by now
      downloads.ended(id, false);
    }
  };
  const process = (job: ClaimedJob, token: string) => runner.run(job, token);
  const retryingEnd = retryingEnds(trouble);
  const worker = new ResilientWorker({ shard, name, concurrency, process, retryingEnd, retryingTakes, onLost });
  const runner = createJobRunner({
    shard,
    worker: name,
    process: options.process,
    active,
    downloads,
    unreadable: createUnreadableJobs(shard),
    retrying,
    backend: worker.getBackend(),
    onError: events.error,
  });
  listenTo(worker, { runner, active, downloads, events });
  const recovery = startRecovery({ shard, onRecovered: events.recovered, onError: events.error });
  let heartbeat: Heartbeat | null = null;
  const finish = async (): Promise<void> => {
    await Promise.all([recovery.stop(), worker.close()]);
    await heartbeat?.stop();
  };
  const close = async (graceMs = Number.POSITIVE_INFINITY): Promise<void> => {
    await withGrace(finish(), graceMs, () => active.endAll(new HandedBack()));
    over.abort(new HandedBack());
    await messages.close();
  };
  let closing: Promise<void> | null = null;
  return {
    start() {
      beginCountingEnds(shard).catch(events.error);
      heartbeat = startHeartbeat(shard, name, { version, concurrency, isConfined }, events.error);
      worker.run().catch(events.error);
    },
    extendBy: (jobs) => worker.setLimit(concurrency + jobs),
    close(graceMs) {
      closing ??= close(graceMs);
      return closing;
    },
  };
}

/** Of each job its own, which tells of trouble by the job's id. */
function retryingEnds({ onTrouble, over }: Pick<RetryingOptions, 'onTrouble' | 'over'>) {
  return (id: string): Retrying =>
    createRetrying({
      ...(over && { over }),
      isTransient: isRedisFailure,
      onTrouble: (err) => onTrouble(new EndNotWritten(id, 'is tried again', err)),
    });
}

/** Resolves with the work, or `lastWritesMs` after the grace is over and `hurry` was called. */
async function withGrace(work: Promise<void>, graceMs: number, hurry: () => void): Promise<void> {
  if (graceMs === Number.POSITIVE_INFINITY) return work;
  const late = Promise.withResolvers<void>();
  const timers = [setTimeout(hurry, graceMs), setTimeout(late.resolve, graceMs + lastWritesMs)];
  await Promise.race([work, late.promise]);
  for (const timer of timers) clearTimeout(timer);
}

type Listening = { runner: JobRunner; active: ActiveJobs; downloads: LedDownloads; events: WorkerEvents };

/** Tells of the ends of jobs, and wakes whoever waited for them. */
function listenTo(worker: ResilientWorker, { runner, active, downloads, events }: Listening): void {
  worker.on('error', events.error);
  worker.on('active', events.claimed);
  worker.on('completed', (job, result) => {
    const id = String(job.id);
    const data = runner.dataOf(job);
    downloads.ended(id, !active.wasCancelled(id));
    // It was cancelled so late that it was done all the same; nobody sees the result.
    if (active.wasCancelled(id)) events.failed({ id }, new Problem('cancelled'), false);
    else if (data) events.completed({ id, data }, result);
  });
  worker.on('failed', (job, err) => {
    if (!job) return;
    const id = String(job.id);
    downloads.ended(id, false);
    const problem = err.cause instanceof Problem ? err.cause : Problem.fromRecord(err.message);
    events.failed({ id }, problem, job.finishedOn === undefined);
  });
}
