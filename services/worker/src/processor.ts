/** What is done with a picture, in six named steps. */
import { extractionVersion } from '@tintype/colour';
import type { PictureLimits } from '@tintype/imaging';
import type { ThumbnailProcessor, Work } from '@tintype/jobs';
import type { LimitFunction } from 'p-limit';
import { startStepClock } from './step-clock.ts';
import { findColours } from './steps/colours.ts';
import { decodeSource } from './steps/decode.ts';
import { type FetchStep, fetchSource } from './steps/fetch.ts';
import { type RecallStep, recallResult } from './steps/recall.ts';
import { renditionName, resizePicture } from './steps/resize.ts';
import { type StoreStep, storeRendition } from './steps/store.ts';

export type ProcessorOptions = FetchStep &
  RecallStep &
  StoreStep & {
    limits: PictureLimits;
    /** Slots for decoding; the threads behind them are fewer. */
    decodeSlots: LimitFunction;
  };

/** Raise it when thumbnails of the same bytes and options come out differently than before. */
const renderVersion = 1;

export function createProcessor(deps: ProcessorOptions): ThumbnailProcessor {
  return async (job) => {
    const { tenant, options, expiresAtMs } = job.data;
    const clock = startStepClock(job);

    const source = await clock.run('fetch', () => fetchSource(deps, job));
    const work: Work = {
      tenant,
      sourceSha256: source.sha256,
      options,
      version: `${renderVersion}.${extractionVersion}`,
    };
    const earlier = await clock.run('recall', () => recallResult(deps, job, work));
    if (earlier) return { ...earlier, timingsMs: clock.timingsMs() };

    const made = await deps.decodeSlots(async () => {
      const { facts, pixels } = await clock.run('decode', () => decodeSource(source.bytes, options, deps.limits));
      const thumbnail = await clock.run('resize', () => resizePicture(pixels, options));
      return { facts, thumbnail, ...(await clock.run('colours', () => findColours(pixels, options.colours))) };
    });
    const rendition = await clock.run('store', async () => {
      const stored = await storeRendition(deps, job.id, renditionName, made.thumbnail);
      await deps.finishedWork.remember(work, job.id, expiresAtMs);
      return stored;
    });

    return {
      source: { sha256: source.sha256, bytes: source.bytes.length, ...made.facts },
      renditions: [rendition],
      colours: made.colours,
      thumbhash: made.thumbhash,
      cache: 'miss',
      timingsMs: clock.timingsMs(),
    };
  };
}
