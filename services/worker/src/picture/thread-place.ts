/** The place for what needs no libvips: threads, which leave the worker's own loop to the jobs and use every core. */
import {
  createWarmUpJpeg,
  type DescribedReduction,
  type PictureStep,
  type Reduction,
  type ScannedFormat,
  type StructureVerdict,
  thoroughSteps,
} from '@tintype/picture/reduced';
import { createSemaphore, type Waiter } from '../semaphore.ts';
import { PictureThread, type PictureThreadOptions } from './picture-thread.ts';
import type { ThreadReply, ThreadTask } from './thread-messages.ts';

export type ThreadPlace = {
  /** Lets every thread make some pictures, so that the first stranger's does not pay for compiling the code. */
  warmUp(): Promise<void>;
  /**
   * Waits for a thread. Null when libvips must have a look at the file. Throws `ThreadEnded`, and the signal's reason.
   */
  reduce(
    bytes: Buffer,
    reduction: Reduction,
    waiter: Waiter,
    onStep: (step: PictureStep) => void,
  ): Promise<DescribedReduction | null>;
  /** Looks through a large file, but not for ever. Throws the signal's reason. */
  scan(bytes: Buffer, format: ScannedFormat, waiter: Waiter): Promise<StructureVerdict>;
  stop(): Promise<void>;
};

/** The thread died, or took too long, perhaps because of the picture that it made. */
export class ThreadEnded extends Error {
  override readonly name = 'ThreadEnded';
}

export type ThreadPlaceOptions = Omit<PictureThreadOptions, 'lookMs'> & {
  /** None: all pictures are left to libvips, and no file is looked through. */
  count: number;
  lookMs?: number;
};

/** For tenants of which no picture is made while all other threads work for one. */
const reservedThreads = 1;
/** After so many the code of a thread is compiled for the most part. */
const warmUpRounds = 30;

export function createThreadPlace({ count, lookMs = 1000, ...options }: ThreadPlaceOptions): ThreadPlace {
  const reserve = count === 0 ? 0 : reservedThreads;
  const threads = count + reserve;
  const slots = createSemaphore({ capacity: count, reserve });
  const start = () => new PictureThread({ ...options, lookMs });
  const idle = Array.from({ length: threads }, start);
  const all = new Set(idle);

  const ask = (
    bytes: Buffer,
    task: ThreadTask,
    waiter: Waiter,
    onStep: (step: PictureStep) => void = () => undefined,
  ) =>
    slots.run(waiter, async (): Promise<ThreadReply | null> => {
      const thread = idle.pop() ?? start();
      all.add(thread);
      const reply = await thread.ask(bytes, task, onStep);
      if (thread.isAlive) idle.push(thread);
      else all.delete(thread);
      return reply;
    });
  const reduce: ThreadPlace['reduce'] = async (bytes, reduction, waiter, onStep) => {
    if (count === 0) return null;
    const reply = await ask(bytes, { kind: 'reduce', reduction }, waiter, onStep);
    if (reply === null) throw new ThreadEnded('the thread that made the picture has ended');
    return reply.kind === 'reduced' ? reply.reduced : null;
  };
  return {
    async warmUp() {
      const { bytes, reduction } = createWarmUpJpeg();
      const { signal } = new AbortController();
      // Each thread has a tenant of its own, or the reserve would stay cold.
      const rounds = Array.from({ length: threads * warmUpRounds }, (_, rank) =>
        reduce(bytes, reduction, { tenant: String(rank % threads), rank, signal }, () => undefined),
      );
      await Promise.all(rounds);
    },
    reduce,
    async scan(bytes, format, waiter) {
      if (count === 0) return 'undecided';
      const reply = await ask(bytes, { kind: 'scan', format, maxSteps: thoroughSteps(bytes) }, waiter);
      return reply?.kind === 'scanned' ? reply.verdict : 'undecided';
    },
    stop: async () => void (await Promise.all([...all].map((thread) => thread.end()))),
  };
}
