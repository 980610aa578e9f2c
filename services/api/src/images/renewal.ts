/** Looks at the sources of pictures again: the one that is there is shown meanwhile, until another one takes its place. */
import { newThumbnailId, Problem } from '@tintype/contracts';
import type { JobRecord, PictureJobs } from '@tintype/jobs';
import type { Thumbnails } from '../thumbnails/thumbnails.ts';
import type { PictureRequest } from './named-picture.ts';

/** In milliseconds: how long a picture is shown before its source is looked at again, and how long its job lives. */
export type Lives = { freshMs: number; resultMs: number };

export type RenewalOptions = {
  thumbnails: Pick<Thumbnails, 'find' | 'submit' | 'retry' | 'remove'>;
  /** As of the pictures' index. */
  replace: (picture: PictureRequest, seen: PictureJobs, by: PictureJobs) => Promise<PictureJobs>;
  nowMs: () => number;
  lives: Lives;
};

/** What failed is not tried again before this time has passed: a page that shows it asks with each view. */
export const failurePauseMs = 30_000;
/** A picture that is being looked at again may be kept for so long. */
const stalePauseMs = 10_000;
/** A source whose pictures are never fresh is not asked more often than this: a page asks with each view. */
const leastFreshMs = 60_000;
/** In the last tenth of its life a job is made again, so that nobody has to wait. */
const lastPart = 0.1;

export function createRenewal({ thumbnails, replace, nowMs, lives }: RenewalOptions) {
  const underWay = new Set<string>();

  const staleAtMs = ({ finishedAtMs, data, result }: JobRecord): number => {
    const madeAtMs = finishedAtMs ?? 0;
    const saidMs = result?.validity?.freshUntilMs ?? Number.POSITIVE_INFINITY;
    const freshUntilMs = Math.min(madeAtMs + lives.freshMs, Math.max(saidMs, madeAtMs + leastFreshMs));
    return Math.min(freshUntilMs, data.expiresAtMs - lastPart * lives.resultMs);
  };

  const begin = async (picture: PictureRequest, jobs: PictureJobs, successor: Successor): Promise<void> => {
    const { url, options, caller, quota } = picture;
    if (successor !== null && !(successor instanceof Problem)) {
      if (successor.status !== 'failed' || nowMs() < (successor.finishedAtMs ?? 0) + failurePauseMs) return;
      await quota.take(1);
      return void (await thumbnails.retry(successor.id, caller));
    }
    await quota.take(1);
    const isUnused = successor?.code === 'not_found';
    const { job, next } = isUnused ? jobs : await replace(picture, jobs, { job: jobs.job, next: newThumbnailId() });
    // Another process may have put the next one in its place already.
    if (job !== jobs.job || next === null) return;
    await thumbnails.submit({ id: next, source: { url }, options, caller });
  };

  /** Nobody waits for it: what fails is tried again by whoever asks later. */
  const beginOnce = (picture: PictureRequest, jobs: PictureJobs, successor: Successor): void => {
    if (underWay.has(picture.name)) return;
    underWay.add(picture.name);
    const end = () => void underWay.delete(picture.name);
    begin(picture, jobs, successor).then(end, end);
  };

  return {
    /** The record that is shown: of the job that was seen, or of the next one, once that is completed. */
    async newest(picture: PictureRequest, jobs: PictureJobs, record: JobRecord): Promise<JobRecord> {
      if (nowMs() < staleAtMs(record)) return record;
      const { caller } = picture;
      const successor = jobs.next === null ? null : await thumbnails.find(jobs.next, caller);
      if (successor === null || successor instanceof Problem || successor.status !== 'completed') {
        beginOnce(picture, jobs, successor);
        return record;
      }
      const now = await replace(picture, jobs, { job: successor.id, next: null });
      // Who reads the old file just now asks again when it is gone.
      if (now.job === successor.id) thumbnails.remove(record.id, caller).catch(() => undefined);
      return successor;
    },

    /** How long a picture may be kept by who has it. */
    keepMsOf(record: JobRecord): number {
      return Math.max(staleAtMs(record) - nowMs(), stalePauseMs);
    },
  };
}

/** The next job, or why there is none; null where there was to be none. */
type Successor = JobRecord | Problem | null;
