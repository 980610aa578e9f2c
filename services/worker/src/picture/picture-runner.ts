/** Decides where a picture is made: in a thread without native code, here by libvips, or in a child process. */
import { type PictureOrder, Problem, signatureBytes, sniffFormat } from '@tintype/contracts';
import {
  finishReduced,
  HoldsLoop,
  inspect,
  type MadePicture,
  makePlanned,
  type PictureLimits,
  type PicturePlan,
  planPicture,
  previewOfRaw,
  type StepRunner,
} from '@tintype/picture';
import { quickSteps, scanStructure } from '@tintype/picture/reduced';
import { createSemaphore, type Semaphore, type Waiter } from '../semaphore.ts';
import { reservedSlots } from '../thread-pool.ts';
import type { ChildPlace } from './child-place.ts';
import type { ThreadPlace } from './thread-place.ts';

export type PictureRequest = { bytes: Buffer; order: PictureOrder };

export type PictureSettings = {
  /** `timeoutMs` is hard in a process of its own. */
  limits: PictureLimits;
  /** Small pictures of JPEGs are made without libvips, wherever that is: the same work has the same result. */
  reducesJpegs: boolean;
};

export type PictureRunnerOptions = PictureSettings & {
  /** Pictures decoded at once in this process. */
  concurrency: number;
  /** What all decodes of this worker together may hold in bytes, its children's too. */
  memory: Semaphore;
  threads: ThreadPlace;
  children: ChildPlace;
};

export type PictureJob = Waiter & { isSuspect: boolean; attempt: number };

/** Throws the problems of a picture, `worker_crashed`, or the signal's reason. */
export type PictureRunner = (request: PictureRequest, job: PictureJob, steps: StepRunner) => Promise<MadePicture>;

/**
 * What a decode in this process may hold. It bounds the time of a decode as well: what libvips cannot be stopped in, it
 * holds whole, and this much of it takes half a second at most (docs/decisions/0010-disposable-child.md).
 */
const maxBytesHere = 64 * 1024 * 1024;
/**
 * What all decodes in this process may hold together, for each of its slots. Pictures of the web need less, and a
 * process that has once grown seldom gives memory back.
 */
const bytesPerSlotHere = 16 * 1024 * 1024;
/** What a child takes besides its decode. */
const childBytes = 64 * 1024 * 1024;
/** The part of the budget that is set aside for a picture whose header nobody has read: two fit beside each other. */
const unreadShare = 1 / 3;
/** Long decodes at once: they have slots of their own, so that they do not keep quick ones waiting. */
const longDecodes = 2;
/** Of what a thread keeps of a block: a few coefficients, and the samples that come of them. */
const coefficientBytes = 16;
const blockPixels = 64;
/** Suspects at once. Each is alone in its process: when that dies, there is nobody else to blame. */
const suspectsAtOnce = 2;

/**
 * Suspects, and files whose header alone may be dangerous, go to a child unread. Of the others the header tells which
 * ones hold much memory and therefore take long.
 */
export function createPictureRunner(options: PictureRunnerOptions): PictureRunner {
  const { limits, memory, concurrency } = options;
  const memoryHere = createSemaphore({
    capacity: Math.max(maxBytesHere, concurrency * bytesPerSlotHere),
    reserve: bytesPerSlotHere,
  });
  const slots = createSemaphore({ capacity: concurrency, reserve: reservedSlots });
  const longSlots = createSemaphore({ capacity: longDecodes, reserve: reservedSlots });
  const suspectSlots = createSemaphore({ capacity: suspectsAtOnce, reserve: reservedSlots });

  /** Null when the plan is to be carried out in a child. */
  const makeInThreadOrHere = async (
    { bytes }: PictureRequest,
    plan: PicturePlan,
    job: PictureJob,
    steps: StepRunner,
  ) => {
    const reduced = options.reducesJpegs ? await makeInThread(options, bytes, plan, job, steps) : null;
    if (!reduced && plan.refusal) throw plan.refusal;
    if (reduced || plan.needsOwnProcess || plan.decodeBytes > maxBytesHere) return reduced;
    const make = () => makePlanned(bytes, plan, limits, steps, { mustNotHoldLoop: true }).catch(nullIfItHoldsLoop);
    return memoryHere.run(job, () => memory.run(job, make, plan.decodeBytes), plan.decodeBytes);
  };

  return async (given, job, steps) => {
    const request = { ...given, bytes: previewOfRaw(given.bytes, limits.formats) };
    if (job.isSuspect || (await isUnusual(options, request, job))) {
      const ownSlots = job.isSuspect ? suspectSlots : longSlots;
      const unreadBytes = memory.capacity * unreadShare;
      return ownSlots.run(job, () => makeInChild(options, request, unreadBytes, job, steps));
    }
    const { plan, made } = await slots.run(job, async () => {
      const header = await steps.run('decode', () => inspect(request.bytes, limits, request.order));
      const planned = planPicture(header, request.order, limits);
      return { plan: planned, made: await makeInThreadOrHere(request, planned, job, steps) };
    });
    return made ?? longSlots.run(job, () => makeInChild(options, request, plan.decodeBytes, job, steps));
  };
}

/** Said by the decode of a few files that no look at their structure has told. */
function nullIfItHoldsLoop(err: unknown): null {
  if (err instanceof HoldsLoop) return null;
  throw err;
}

/** What a short look does not tell, a longer one in a thread does; what that does not tell either is not usual. */
async function isUnusual(
  { memory, threads }: Pick<PictureRunnerOptions, 'memory' | 'threads'>,
  { bytes, order }: PictureRequest,
  job: PictureJob,
): Promise<boolean> {
  const format = sniffFormat(bytes.subarray(0, signatureBytes));
  // Only later frames have to be looked for.
  if (format === 'gif' && (order.frame ?? 0) === 0) return false;
  const verdict = scanStructure(bytes, format, quickSteps);
  if (verdict !== 'undecided') return verdict === 'unusual';
  return (await memory.run(job, () => threads.scan(bytes, format, job), bytes.length)) !== 'usual';
}

/** Null when the file is not for the threads. */
async function makeInThread(
  { memory, threads }: Pick<PictureRunnerOptions, 'memory' | 'threads'>,
  bytes: Buffer,
  plan: PicturePlan,
  job: PictureJob,
  steps: StepRunner,
): Promise<MadePicture | null> {
  const { reduction, facts } = plan;
  if (!reduction) return null;
  // Two copies of the file at most, and of each block's coefficients no more than four.
  const heldBytes = 2 * bytes.length + (facts.width * facts.height * 3 * coefficientBytes) / blockPixels;
  const reduced = await steps.run('decode', () =>
    memory.run(job, () => threads.reduce(bytes, reduction, job, steps.enter), heldBytes),
  );
  return reduced && finishReduced(reduced, plan, steps);
}

async function makeInChild(
  { memory, children }: Pick<PictureRunnerOptions, 'memory' | 'children'>,
  request: PictureRequest,
  decodeBytes: number,
  job: PictureJob,
  steps: StepRunner,
): Promise<MadePicture> {
  const make = () =>
    children.make(request, job.signal, steps.enter).catch((err) => {
      throw onceMore(err, job);
    });
  const { made, timingsMs } = await steps.run('decode', () => memory.run(job, make, decodeBytes + childBytes));
  steps.move('decode', 'resize', timingsMs.resize ?? 0);
  steps.move('decode', 'colours', timingsMs.colours ?? 0);
  return made;
}

/** A child may die of other things than its picture: a machine out of memory, somebody's kill. So it is tried twice. */
function onceMore(err: unknown, { isSuspect, attempt }: PictureJob): unknown {
  const isFirst = err instanceof Problem && err.code === 'worker_crashed' && !isSuspect && attempt === 1;
  return isFirst ? new Problem(err.code, { detail: err.message, retryable: true, cause: err.cause }) : err;
}
