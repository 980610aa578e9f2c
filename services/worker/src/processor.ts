/** What is done with a picture, in six named steps. */
import { extractionVersion } from '@tintype/colour';
import type { PictureLimits } from '@tintype/imaging';
import type { Patience, ThumbnailProcessor, Work } from '@tintype/jobs';
import type { LimitFunction } from 'p-limit';
import { startStepClock } from './step-clock.ts';
import { findColours } from './steps/colours.ts';
import { decodeSource } from './steps/decode.ts';
import { type FetchStep, fetchOrShare } from './steps/fetch.ts';
import { claimantOf, type RecallStep, recallWork } from './steps/recall.ts';
import { renditionName, resizePicture } from './steps/resize.ts';
import { type StoreStep, storeRendition } from './steps/store.ts';

export type ProcessorOptions = FetchStep &
  RecallStep &
  StoreStep & {
    limits: PictureLimits;
    /** Slots for decoding; the threads behind them are fewer. */
    decodeSlots: LimitFunction;
    /** Waits out trouble with Redis and the storage, at no attempt's cost. */
    patiently: Patience;
  };

/** `render`: raise it when thumbnails of the same bytes and options come out differently than before. */
const versions = { render: 1, colours: extractionVersion };

export function createProcessor(deps: ProcessorOptions): ThumbnailProcessor {
  return async (job) => {
    const { tenant, options } = job.data;
    const coloursOnly = job.data.only === 'colours';
    const clock = startStepClock(job);

    const source = await clock.run('fetch', () => fetchOrShare(deps, job));
    if ('shared' in source) return { ...source.shared, timingsMs: clock.timingsMs() };
    const work: Work = { tenant, sourceSha256: source.sha256, options, versions };
    const recalled = await clock.run('recall', () => deps.patiently(() => recallWork(deps, job, work), job.signal));
    if (recalled.result) return { ...recalled.result, timingsMs: clock.timingsMs() };

    const made = await deps.decodeSlots(async () => {
      const { facts, pixels } = await clock.run('decode', () => decodeSource(source.bytes, options, deps.limits));
      const thumbnail = coloursOnly ? null : await clock.run('resize', () => resizePicture(pixels, options));
      const colours = recalled.colours ?? (await clock.run('colours', () => findColours(pixels, options.colours)));
      return { facts, thumbnail, ...colours };
    });
    const store = async () => {
      const stored = made.thumbnail ? [await storeRendition(deps, job.id, renditionName, made.thumbnail)] : [];
      await deps.finishedWork.remember(work, claimantOf(job));
      return stored;
    };
    const renditions = await clock.run('store', () => deps.patiently(store, job.signal));

    return {
      source: { sha256: source.sha256, bytes: source.bytes.length, ...made.facts },
      renditions,
      colours: made.colours,
      thumbhash: made.thumbhash,
      cache: 'miss',
      timingsMs: clock.timingsMs(),
    };
  };
}
