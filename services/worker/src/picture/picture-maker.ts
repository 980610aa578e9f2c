/** Decides where a picture is made: in a thread without native code, here, or in a child process that is thrown away afterwards. */
import { Problem } from '@tintype/contracts';
import { hasUnusualStructure, inspectPicture, type PictureHeader, requireSmallOutput } from '@tintype/imaging';
import type { ThumbnailJob } from '@tintype/jobs';
import { createGate } from '../gate.ts';
import type { StepClock } from '../step-clock.ts';
import type { DisposableDecoder } from './disposable.ts';
import { planJpeg } from './jpeg-plan.ts';
import type { JpegThreads } from './jpeg-threads.ts';
import { createMemoryGate, type MemoryGate } from './memory-gate.ts';
import {
  finishReduced,
  type MadePicture,
  makeOfInspected,
  type PictureRequest,
  type PictureSettings,
} from './picture-part.ts';

export type PictureMakerOptions = PictureSettings & {
  /** Pictures decoded at once in this process. */
  concurrency: number;
  /** What all decodes of this worker together may hold, its children's too. */
  memory: MemoryGate;
  disposable: DisposableDecoder;
  jpegThreads: JpegThreads;
};

type MakeOptions = { job: Pick<ThumbnailJob, 'isSuspect' | 'attempt' | 'rank' | 'signal'>; clock: StepClock };

export type PictureMaker = (request: PictureRequest, options: MakeOptions) => Promise<MadePicture>;

/**
 * What a decode in this process may hold. It bounds the time of a decode as well: what libvips cannot be stopped in, it
 * holds whole, and this much of it takes half a second at most (docs/decisions/0010-disposable-child.md).
 */
const maxBytesHere = 64 * 1024 * 1024;
/**
 * What all decodes in this process may hold together, for each of its places: pictures of the web need less, and a process
 * that has once grown seldom gives memory back.
 */
const bytesPerPlaceHere = 16 * 1024 * 1024;
/** What a child takes besides its decode. */
const childBytes = 64 * 1024 * 1024;
/** The part of the budget that is set aside for a picture whose header nobody has read: two fit beside each other. */
const unreadShare = 1 / 3;
/** Long decodes at once: they have their own places, so that they do not keep quick ones waiting. */
const longDecodes = 2;
/** Of what a thread keeps of a block: a few coefficients, and the samples that come of them. */
const coefficientBytes = 16;
const blockPixels = 64;
/** Suspects at once. Each is alone in its process: when that dies, there is nobody else to blame. */
const suspectsAtOnce = 2;

/**
 * Suspects, and files whose header alone may be dangerous go to a child unread. Of the others the header
 * tells which ones hold much memory and therefore take long.
 */
export function createPictureMaker(options: PictureMakerOptions): PictureMaker {
  const { limits, reducesJpegs, timeoutMs, memory, disposable, jpegThreads } = options;
  const memoryHere = createMemoryGate(Math.max(maxBytesHere, options.concurrency * bytesPerPlaceHere));
  const decodeSlots = createGate(options.concurrency);
  const longSlots = createGate(longDecodes);
  const suspectSlots = createGate(suspectsAtOnce);

  const makeInChild = async (request: PictureRequest, decodeBytes: number, { job, clock }: MakeOptions) => {
    const { made, timingsMs } = await clock.run('decode', () =>
      memory.hold(decodeBytes + childBytes, job.signal, () =>
        disposable.make(request, job.signal).catch((err) => {
          throw onceMore(err, job);
        }),
      ),
    );
    clock.move('decode', 'resize', timingsMs.resize ?? 0);
    clock.move('decode', 'colours', timingsMs.colours ?? 0);
    return made;
  };

  /** Null when the file is not for the threads. */
  const makeInThread = async (
    request: PictureRequest,
    header: PictureHeader,
    { job, clock }: MakeOptions,
  ): Promise<MadePicture | null> => {
    requireSmallOutput(header.facts, request.options);
    const plan = reducesJpegs ? planJpeg(header, request) : null;
    if (!plan) return null;
    const reduced = await clock.run('decode', () =>
      memory.hold(reducedBytes(request, header), job.signal, () => jpegThreads.reduce(request.bytes, plan, job)),
    );
    if (!reduced) return null;
    clock.move('decode', 'resize', reduced.timingsMs.resize);
    clock.move('decode', 'colours', reduced.timingsMs.colours);
    return finishReduced(reduced, header.facts, request.options, clock);
  };

  /** `made` is null when the picture is to be made in a child; `decodeBytes` is what its decode holds. */
  const makeHere = async (request: PictureRequest, making: MakeOptions) => {
    const { job, clock } = making;
    const header = await clock.run('decode', () => inspectPicture(request.bytes, request.options, limits));
    const { facts, decodeBytes } = header;
    const reduced = await makeInThread(request, header, making);
    if (reduced) return { made: reduced, decodeBytes };
    if (decodeBytes > maxBytesHere) return { made: null, decodeBytes };
    const made = await memoryHere.hold(decodeBytes, job.signal, () =>
      memory.hold(decodeBytes, job.signal, () => makeOfInspected(request, facts, timeoutMs, clock)),
    );
    return { made, decodeBytes };
  };

  return async (request, making) => {
    const { isSuspect } = making.job;
    if (isSuspect || hasUnusualStructure(request.bytes)) {
      const slot = isSuspect ? suspectSlots : longSlots;
      return slot.run(making.job, () => makeInChild(request, memory.budgetBytes * unreadShare, making));
    }
    const { made, decodeBytes } = await decodeSlots.run(making.job, () => makeHere(request, making));
    return made ?? longSlots.run(making.job, () => makeInChild(request, decodeBytes, making));
  };
}

/** What a thread holds: two copies of the file at most, and of each block's coefficients no more than four. */
function reducedBytes({ bytes }: PictureRequest, { facts }: PictureHeader): number {
  return 2 * bytes.length + (facts.width * facts.height * 3 * coefficientBytes) / blockPixels;
}

/** A child may die of other things than its picture, too: a machine out of memory, somebody's kill. It is tried twice. */
function onceMore(err: unknown, { isSuspect, attempt }: MakeOptions['job']): unknown {
  const isFirst = err instanceof Problem && err.code === 'worker_crashed' && !isSuspect && attempt === 1;
  return isFirst ? new Problem(err.code, { detail: err.message, retryable: true, cause: err.cause }) : err;
}
