/** What is done with a picture, in six named steps. */
import { extractionVersion } from '@tintype/colour';
import { renditionOf } from '@tintype/contracts';
import type { Retrying, ThumbnailJob, ThumbnailProcessor, Work } from '@tintype/jobs';
import type { PictureMaker } from './picture/picture-maker.ts';
import { type StepClock, startStepClock } from './step-clock.ts';
import { type FetchStep, fetchOrShare } from './steps/fetch.ts';
import { claimantOf, type RecallStep, recallWork } from './steps/recall.ts';
import { renditionName } from './steps/resize.ts';
import { type StoreStep, storeRendition } from './steps/store.ts';

export type ProcessorOptions = FetchStep &
  RecallStep &
  StoreStep & {
    makePicture: PictureMaker;
    /** Waits out trouble with Redis and the storage, at no attempt's cost. */
    retrying: Retrying;
  };

/** `render`: raise it when thumbnails of the same bytes and options come out differently than before. */
const versions = { render: 2, colours: extractionVersion };

export function createProcessor(deps: ProcessorOptions): ThumbnailProcessor {
  return async (job) => {
    const clock = startStepClock(job);
    const outcome = await workOnSource(deps, job, clock);
    if (outcome.recalled) return { ...outcome.recalled, timingsMs: clock.timingsMs() };

    const { work, source, thumbnail, colours, thumbhash } = outcome;
    const store = async () => (thumbnail ? [await storeRendition(deps, job.id, renditionName, thumbnail)] : []);
    const renditions = await clock.run('store', () => deps.retrying(store, job.signal));
    // Sent before the job's end, on the same connection, and so done before it; should it fail, the same work is done once more.
    void deps.finishedWork.remember(work, claimantOf(job)).catch(() => undefined);
    return { source, renditions, colours, thumbhash, cache: 'miss', timingsMs: clock.timingsMs() };
  };
}

/** The steps for which the source's bytes are held; a function of its own, so that nothing refers to them afterwards. */
async function workOnSource(deps: ProcessorOptions, job: ThumbnailJob, clock: StepClock) {
  const { tenant, order } = job.data;
  const [rendition = { name: renditionName, ...renditionOf({}) }] = order.renditions;
  const options = { ...rendition, colours: order.colours };
  const fetched = await clock.run('fetch', () => fetchOrShare(deps, job));
  if ('shared' in fetched) return { recalled: fetched.shared };
  const { bytes, sha256, release } = fetched;
  try {
    const work: Work = { tenant, sourceSha256: sha256, order, versions };
    const recalled = await clock.run('recall', () => deps.retrying(() => recallWork(deps, job, work), job.signal));
    if (recalled.result) return { recalled: recalled.result };

    const makes = { thumbnail: order.renditions.length > 0, colours: recalled.colours === null };
    const made = await deps.makePicture({ bytes, options, makes }, { job, clock });
    const found = recalled.colours ?? made.colours;
    if (found === null) throw new Error('no colours were made');
    return { work, source: { sha256, bytes: bytes.length, ...made.facts }, thumbnail: made.thumbnail, ...found };
  } finally {
    release();
  }
}
