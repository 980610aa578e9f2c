/** Decides where a picture is made: in a thread without native code, here by libvips, or in a child process. */
import { type PictureOrder, Problem, signatureBytes, sniffFormat } from '@tintype/contracts';
import {
  describeDrawn,
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
  type Watermarks,
} from '@tintype/picture';
import { quickSteps, scanStructure } from '@tintype/picture/reduced';
import type { Waiter } from '../semaphore.ts';
import { type AdmissionOptions, createAdmission, type HeldPicture, type Lane } from './admission.ts';
import type { ChildPlace } from './child-place.ts';
import { ThreadEnded, type ThreadPlace } from './thread-place.ts';
import { childWay, type Way, type WaySettings, waysOf } from './ways.ts';

/** With the watermarks that are ordered, if any. */
export type PictureRequest = { bytes: Buffer; order: PictureOrder; watermarks?: Watermarks };

export type PictureSettings = {
  /** `timeoutMs` is hard in a process of its own. */
  limits: PictureLimits;
  /** Small pictures of JPEGs are made without libvips, wherever that is: the same work has the same result. */
  reducesJpegs: boolean;
};

export type PictureRunnerOptions = PictureSettings &
  AdmissionOptions &
  Pick<WaySettings, 'longPictureMs'> & {
    threads: ThreadPlace;
    children: ChildPlace;
  };

export type PictureJob = Waiter & { isSuspect: boolean; attempt: number };

/**
 * Throws the problems of a picture, `worker_crashed`, or the signal's reason. Large thumbnails count in the worker's
 * memory until they are released.
 */
export type PictureRunner = (request: PictureRequest, job: PictureJob, steps: StepRunner) => Promise<HeldPicture>;

/** The part of the budget that is set aside for a picture whose header nobody has read: two fit beside each other. */
const unreadShare = 1 / 3;

/** One picture on its way. */
type Making = { request: PictureRequest; job: PictureJob; steps: StepRunner };

/**
 * Suspects, and files whose header alone may be dangerous, go to a child unread. Of the others the header and the order
 * tell what they take, and which ones are long: these have slots of their own, so that nobody waits for them.
 */
export function createPictureRunner(options: PictureRunnerOptions): PictureRunner {
  const { memory } = options;
  const { quick, long, suspects } = createAdmission(options);

  const inChild = (making: Making, way: Way, lane: Lane) =>
    lane.hold(making.job, way, () => makeInChild(options.children, making));
  const go = (making: Making, plan: PicturePlan, way: Way, lane: Lane): Promise<HeldPicture | null> => {
    if (way.place === 'child') return inChild(making, way, lane);
    const make = way.place === 'thread' ? makeInThread : makeHere;
    return lane.hold(making.job, way, () => make(options, making, plan));
  };
  const makeUnread = async (making: Making): Promise<HeldPicture> => {
    const lane = making.job.isSuspect ? suspects : long;
    const way = childWay(making.request.order, null, memory.capacity * unreadShare);
    return made(await lane.slots.run(making.job, () => inChild(making, way, lane)));
  };

  const makeByPlan = async (making: Making): Promise<HeldPicture> => {
    const { request, job } = making;
    const first = await quick.slots.run(job, async () => {
      const plan = await readPlan(options, making);
      const ways = waysOf(plan, request.bytes.length, options);
      const firstLong = ways.findIndex(({ isLong }) => isLong);
      const quickWays = firstLong < 0 ? ways : ways.slice(0, firstLong);
      const result = await firstMade(quickWays, (way) => go(making, plan, way, quick));
      return { plan, result, left: ways.slice(quickWays.length) };
    });
    if (first.result) return first.result;
    const goLong = (way: Way) => long.slots.run(job, () => go(making, first.plan, way, long));
    const result = await firstMade(first.left, goLong);
    if (!result && first.plan.refusal) throw first.plan.refusal;
    return made(result);
  };

  return async (given, job, steps) => {
    const request = { ...given, bytes: previewOfRaw(given.bytes, options.limits.formats) };
    const making = { request, job, steps };
    if (job.isSuspect || (await isUnusual(options, request, job))) return makeUnread(making);
    return makeByPlan(making).catch((err) => {
      // A child has the same reducer: libvips' picture would not be the one that this work has elsewhere.
      if (err instanceof ThreadEnded) return makeUnread(making);
      throw err;
    });
  };
}

async function readPlan({ limits }: PictureSettings, { request, steps }: Making): Promise<PicturePlan> {
  const header = await steps.run('decode', () => inspect(request.bytes, limits, request.order));
  return planPicture(header, request.order, limits);
}

/** One way after the other, until a picture comes of it. */
async function firstMade(
  ways: readonly Way[],
  go: (way: Way) => Promise<HeldPicture | null>,
): Promise<HeldPicture | null> {
  for (const way of ways) {
    const result = await go(way);
    if (result) return result;
  }
  return null;
}

/** A child makes a picture or throws. */
function made(result: HeldPicture | null): HeldPicture {
  if (!result) throw new Error('no way led to a picture');
  return result;
}

/** Null when another process has to do it. */
function makeHere(
  { limits }: PictureSettings,
  { request, steps }: Making,
  plan: PicturePlan,
): Promise<MadePicture | null> {
  const { bytes, watermarks } = request;
  return makePlanned(bytes, plan, limits, steps, { mustNotHoldLoop: true, watermarks }).catch(nullIfItHoldsLoop);
}

/** Null when the file is not for the threads. */
async function makeInThread(
  { threads }: Pick<PictureRunnerOptions, 'threads'>,
  { request, job, steps }: Making,
  plan: PicturePlan,
): Promise<MadePicture | null> {
  const { reduction } = plan;
  if (!reduction) return null;
  const reduced = await steps.run('decode', () => threads.reduce(request.bytes, reduction, job, steps.enter));
  if (!reduced) return null;
  steps.move('decode', 'resize', reduced.timingsMs.resize);
  steps.move('decode', 'colours', reduced.timingsMs.colours);
  const { colours, placeholder } = reduced.description ?? { colours: null, placeholder: null };
  return { ...(await finishReduced(reduced, plan, steps, request.watermarks)), colours, placeholder };
}

/** All but the colours: a child's code for them would be cold, and they are read from a sample that is small. */
async function makeInChild(children: ChildPlace, { request, job, steps }: Making): Promise<MadePicture> {
  const make = () =>
    children.make(request, job.signal, steps.enter).catch((err) => {
      throw onceMore(err, job);
    });
  const { drawn, resizeMs } = await steps.run('decode', make);
  steps.move('decode', 'resize', resizeMs);
  return describeDrawn(drawn, request.order, steps);
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

/** A child may die of other things than its picture: a machine out of memory, somebody's kill. So it is tried twice. */
function onceMore(err: unknown, { isSuspect, attempt }: PictureJob): unknown {
  const isFirst = err instanceof Problem && err.code === 'worker_crashed' && !isSuspect && attempt === 1;
  return isFirst ? new Problem(err.code, { detail: err.message, retryable: true, cause: err.cause }) : err;
}
