/** What is done with a picture, in six named steps. */
import { extractionVersion } from '@tintype/colour';
import type { ThumbnailProcessor, Work } from '@tintype/jobs';
import type { PictureMaker } from './picture/picture-maker.ts';
import { startStepClock } from './step-clock.ts';
import { type FetchStep, fetchSource } from './steps/fetch.ts';
import { type RecallStep, recallWork } from './steps/recall.ts';
import { renditionName } from './steps/resize.ts';
import { type StoreStep, storeRendition } from './steps/store.ts';

export type ProcessorOptions = FetchStep &
  RecallStep &
  StoreStep & {
    makePicture: PictureMaker;
  };

/** `render`: raise it when thumbnails of the same bytes and options come out differently than before. */
const versions = { render: 1, colours: extractionVersion };

export function createProcessor(deps: ProcessorOptions): ThumbnailProcessor {
  return async (job) => {
    const { tenant, options, expiresAtMs } = job.data;
    const coloursOnly = job.data.only === 'colours';
    const clock = startStepClock(job);

    const source = await clock.run('fetch', () => fetchSource(deps, job));
    const work: Work = { tenant, sourceSha256: source.sha256, options, versions };
    const recalled = await clock.run('recall', () => recallWork(deps, job, work));
    if (recalled.result) return { ...recalled.result, timingsMs: clock.timingsMs() };

    const makes = { thumbnail: !coloursOnly, colours: recalled.colours === null };
    const made = await deps.makePicture({ bytes: source.bytes, options, makes }, { job, clock });
    const colours = recalled.colours ?? made.colours;
    if (colours === null) throw new Error('no colours were made');
    const renditions = await clock.run('store', async () => {
      const stored = made.thumbnail ? [await storeRendition(deps, job.id, renditionName, made.thumbnail)] : [];
      await deps.finishedWork.remember(work, job.id, expiresAtMs, coloursOnly);
      return stored;
    });

    return {
      source: { sha256: source.sha256, bytes: source.bytes.length, ...made.facts },
      renditions,
      colours: colours.colours,
      thumbhash: colours.thumbhash,
      cache: 'miss',
      timingsMs: clock.timingsMs(),
    };
  };
}
