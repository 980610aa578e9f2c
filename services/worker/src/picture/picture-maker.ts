/** Decides where a picture is made: here, or in a child process that is thrown away afterwards. */
import { hasUnusualStructure, inspectPicture } from '@tintype/imaging';
import type { ThumbnailJob } from '@tintype/jobs';
import pLimit from 'p-limit';
import type { StepClock } from '../step-clock.ts';
import type { DisposableDecoder } from './disposable.ts';
import type { MemoryGate } from './memory-gate.ts';
import { type MadePicture, makeOfInspected, type PictureRequest, type PictureSettings } from './picture-part.ts';

export type PictureMakerOptions = PictureSettings & {
  /** Pictures decoded at once in this process. */
  concurrency: number;
  /** What all decodes of this worker together may hold, its children's too. */
  memory: MemoryGate;
  disposable: DisposableDecoder;
};

type MakeOptions = { job: Pick<ThumbnailJob, 'isSuspect' | 'signal'>; clock: StepClock };

export type PictureMaker = (request: PictureRequest, options: MakeOptions) => Promise<MadePicture>;

/**
 * What a decode in this process may hold. It bounds the time of a decode as well: what libvips cannot be stopped in, it
 * holds whole, and this much of it takes at most 0.3 s (docs/decisions/0010-disposable-child.md).
 */
const maxBytesHere = 48 * 1024 * 1024;
/** What a child takes besides its decode. */
const childBytes = 64 * 1024 * 1024;
/** Long decodes at once: they have their own places, so that they do not keep quick ones waiting. */
const longDecodes = 2;

/**
 * Suspects, and files whose header alone may be dangerous, go to a child unread, one at a time: each is alone when it does
 * harm. Of the others the header tells which ones hold much memory and therefore take long.
 */
export function createPictureMaker(options: PictureMakerOptions): PictureMaker {
  const { limits, timeoutMs, memory, disposable } = options;
  const decodeSlots = pLimit(options.concurrency);
  const longSlots = pLimit(longDecodes);
  const suspectSlot = pLimit(1);

  const makeInChild = async (request: PictureRequest, decodeBytes: number, { job, clock }: MakeOptions) => {
    const { made, timingsMs } = await clock.run('decode', async () => {
      const release = await memory.acquire(decodeBytes + childBytes, job.signal);
      return disposable.make(request, job.signal).finally(release);
    });
    clock.move('decode', 'resize', timingsMs.resize ?? 0);
    clock.move('decode', 'colours', timingsMs.colours ?? 0);
    return made;
  };

  /** Null, with the need, when it is not to be made here. */
  const makeHere = async (request: PictureRequest, { job, clock }: MakeOptions) => {
    const { facts, decodeBytes } = await clock.run('decode', () =>
      inspectPicture(request.bytes, request.options, limits),
    );
    if (decodeBytes > maxBytesHere) return { made: null, decodeBytes };
    const release = await memory.acquire(decodeBytes, job.signal);
    try {
      return { made: await makeOfInspected(request, facts, timeoutMs, clock), decodeBytes };
    } finally {
      release();
    }
  };

  return async (request, making) => {
    if (making.job.isSuspect || hasUnusualStructure(request.bytes)) {
      return suspectSlot(() => makeInChild(request, memory.budgetBytes / 2, making));
    }
    const { made, decodeBytes } = await decodeSlots(() => makeHere(request, making));
    return made ?? longSlots(() => makeInChild(request, decodeBytes, making));
  };
}
