/** What is done with a picture: fetch → recall → decode → resize → colours → store. */
import type { NamedRendition, StoredColours, StoredRendition, ThumbnailJobResult } from '@tintype/contracts';
import type { Retrying, ThumbnailJob, ThumbnailProcessor, Work } from '@tintype/jobs';
import { pictureVersions, withFoundBackground } from '@tintype/picture';
import type { HeldPicture } from './picture/admission.ts';
import type { PictureRunner } from './picture/picture-runner.ts';
import { type StepClock, startStepClock } from './step-clock.ts';
import { type FetchStep, fetchOrShare } from './steps/fetch.ts';
import { type Recalled, type RecallStep, recallWork } from './steps/recall.ts';
import { type StoreStep, storeRendition } from './steps/store.ts';

export type ProcessorOptions = FetchStep &
  RecallStep &
  StoreStep & {
    /** Decode, resize and colours: what packages/picture does, where it does no harm. */
    makePicture: PictureRunner;
    /** Waits out trouble with Redis and the storage, at no attempt's cost. */
    retrying: Retrying;
  };

type SourceFacts = ThumbnailJobResult['source'];

export function createProcessor(deps: ProcessorOptions): ThumbnailProcessor {
  return async (job) => {
    const clock = startStepClock(job);
    const outcome = await workOnSource(deps, job, clock);
    if ('shared' in outcome) return { ...outcome.shared, timingsMs: clock.timingsMs() };

    const { work, source, recalled, made } = outcome;
    const renditions = made ? await storeAll(deps, job, clock, recalled, made) : recalled.renditions;
    const result = { source, renditions: inOrder(renditions, work.order.renditions), ...describedBy(recalled, made) };
    if (!made) return { ...result, cache: 'hit', timingsMs: clock.timingsMs() };
    // On the connection that the job's end goes over next, and so done before it. Should it fail, the work is done once
    // more.
    void deps.finishedWork.remember(work, { id: job.id, expiresAtMs: job.data.expiresAtMs }).catch(() => undefined);
    return { ...result, cache: 'miss', timingsMs: clock.timingsMs() };
  };
}

type Outcome =
  | { shared: ThumbnailJobResult }
  /** `made` is null when nothing was missing. */
  | { work: Work; source: SourceFacts; recalled: Recalled; made: HeldPicture | null };

/** The steps that need the source's bytes; a function of its own, so that nothing refers to them afterwards. */
async function workOnSource(deps: ProcessorOptions, job: ThumbnailJob, clock: StepClock): Promise<Outcome> {
  const { tenant, order } = job.data;
  const fetched = await clock.run('fetch', () => fetchOrShare(deps, job));
  if ('shared' in fetched) return fetched;
  const { bytes, sha256, release } = fetched;
  try {
    const work: Work = { tenant, sourceSha256: sha256, order, versions: pictureVersions };
    const recalled = await clock.run('recall', () => deps.retrying(() => recallWork(deps, job, work), job.signal));
    const { missing, description } = recalled;
    if (recalled.source && missing.length === 0 && description) {
      return { work, source: recalled.source, recalled, made: null };
    }
    const renditions = description ? missing.map((one) => withFoundBackground(one, description.colours)) : missing;
    const request = { bytes, order: { ...order, renditions, colours: description ? null : order.colours } };
    const made = await deps.makePicture(request, job, clock);
    return { work, source: { sha256, bytes: bytes.length, ...made.facts }, recalled, made };
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
