/** What is done with a picture: fetch → recall → decode → resize → colours → store. */
import {
  keepsSource,
  type NamedRendition,
  type SourceValidity,
  type StoredColours,
  type StoredRendition,
  type ThumbnailJobResult,
} from '@tintype/contracts';
import type { Retrying, ThumbnailJob, ThumbnailProcessor, Work } from '@tintype/jobs';
import { pictureVersions, withFoundBackground } from '@tintype/picture';
import type { HeldPicture } from './picture/admission.ts';
import type { PictureRunner } from './picture/picture-runner.ts';
import { type StepClock, startStepClock } from './step-clock.ts';
import {
  type FetchStep,
  fetchAndKeep,
  fetchAnew,
  fetchOrShare,
  type HeldSource,
  type UnchangedSource,
} from './steps/fetch.ts';
import { type Recalled, type RecallStep, recallWork, reuseWork } from './steps/recall.ts';
import { type StoreStep, storeRendition } from './steps/store.ts';
import type { WatermarkReader } from './steps/watermarks.ts';

export type ProcessorOptions = FetchStep &
  RecallStep &
  StoreStep & {
    /** Decode, resize and colours: what packages/picture does, where it does no harm. */
    makePicture: PictureRunner;
    readWatermarks: WatermarkReader;
    /** Waits out trouble with Redis and the storage, at no attempt's cost. */
    retrying: Retrying;
  };

type SourceFacts = ThumbnailJobResult['source'];

export function createProcessor(deps: ProcessorOptions): ThumbnailProcessor {
  return async (job) => {
    const clock = startStepClock(job);
    const outcome = await workOnSource(deps, job, clock);
    if ('shared' in outcome) return { ...outcome.shared, timingsMs: clock.timingsMs() };

    const { source, recalled, made, validity } = outcome;
    const { order, expiresAtMs } = job.data;
    const renditions = made ? await storeAll(deps, job, clock, recalled, made) : recalled.renditions;
    const result = {
      source,
      renditions: inOrder(renditions, order.renditions),
      ...describedBy(recalled, made),
      ...(validity && { validity }),
    };
    // On the connection that the job's end goes over next, and so done before it. Should it fail, the work is done once
    // more.
    const remember = (what: Promise<void>) => void what.catch(() => undefined);
    const by = { id: job.id, expiresAtMs };
    if (outcome.isHeard) remember(deps.sources.remember(job.data, validity && by));
    if (!outcome.made) return { ...result, cache: 'hit', timingsMs: clock.timingsMs() };
    remember(deps.finishedWork.remember(outcome.work, by));
    return { ...result, cache: 'miss', timingsMs: clock.timingsMs() };
  };
}

type WorkOutcome = {
  source: SourceFacts;
  recalled: Recalled;
  validity: SourceValidity | null;
  /** Whether that was heard from the source just now. */
  isHeard: boolean;
};
type Outcome =
  | { shared: ThumbnailJobResult }
  /** Nothing was missing. */
  | (WorkOutcome & { made: null })
  | (WorkOutcome & { work: Work; made: HeldPicture });

/** The steps that need the source's bytes; a function of its own, so that nothing refers to them afterwards. */
async function workOnSource(deps: ProcessorOptions, job: ThumbnailJob, clock: StepClock): Promise<Outcome> {
  const fetchStep = keepsSource(job.data) ? fetchAndKeep : fetchOrShare;
  const fetched = await clock.run('fetch', () => fetchStep(deps, job));
  if ('shared' in fetched) return fetched;
  if (!('unchanged' in fetched)) return workOnBytes(deps, job, clock, fetched);
  const known = await reuseUnchanged(deps, job, clock, fetched);
  return known ?? workOnBytes(deps, job, clock, await clock.run('fetch', () => fetchAnew(deps, job)));
}

/** Null when files are gone: then the bytes are needed after all. */
async function reuseUnchanged(
  deps: ProcessorOptions,
  job: ThumbnailJob,
  clock: StepClock,
  { unchanged, validity, isAsked: isHeard }: UnchangedSource,
): Promise<Outcome | null> {
  const { source } = unchanged;
  const reuse = () => reuseWork(deps, unchanged, job);
  const recalled = await clock.run('recall', () => deps.retrying(reuse, job.signal));
  return recalled && { source, recalled, made: null, validity, isHeard };
}

async function workOnBytes(
  deps: ProcessorOptions,
  job: ThumbnailJob,
  clock: StepClock,
  { bytes, sha256, validity, release }: HeldSource,
): Promise<Outcome> {
  const { tenant, order } = job.data;
  const heard = { validity, isHeard: true };
  try {
    const work: Work = { tenant, sourceSha256: sha256, order, versions: pictureVersions };
    const recalled = await clock.run('recall', () => deps.retrying(() => recallWork(deps, job, work), job.signal));
    const { missing, description } = recalled;
    if (recalled.source && missing.length === 0 && description) {
      return { source: recalled.source, recalled, made: null, ...heard };
    }
    const renditions = description ? missing.map((one) => withFoundBackground(one, description.colours)) : missing;
    const watermarks = await deps.readWatermarks(renditions, job.signal);
    const request = { bytes, watermarks, order: { ...order, renditions, colours: description ? null : order.colours } };
    const made = await deps.makePicture(request, job, clock);
    return { work, source: { sha256, bytes: bytes.length, ...made.facts }, recalled, made, ...heard };
  } finally {
    release();
  }
}

/** Stores what was made; all of the job's files are then retained for it. */
async function storeAll(
  deps: ProcessorOptions,
  job: ThumbnailJob,
  clock: StepClock,
  recalled: Recalled,
  made: HeldPicture,
): Promise<StoredRendition[]> {
  const renditions = [...recalled.renditions];
  const storeMissing = async () => {
    for (const picture of made.renditions) {
      renditions.push(await deps.retrying(() => storeRendition(deps, job.id, picture), job.signal));
      picture.free?.();
    }
  };
  try {
    await clock.run('store', storeMissing);
  } finally {
    made.release();
  }
  return renditions;
}

function inOrder(renditions: readonly StoredRendition[], asked: readonly NamedRendition[]): StoredRendition[] {
  return asked.flatMap(({ name }) => renditions.find((rendition) => rendition.name === name) ?? []);
}

function describedBy(
  { description }: Recalled,
  made: HeldPicture | null,
): { colours: StoredColours; thumbhash: string } {
  if (description) return description;
  if (!made?.colours || made.placeholder === null) throw new Error('no colours were made');
  return { colours: made.colours, thumbhash: made.placeholder };
}
