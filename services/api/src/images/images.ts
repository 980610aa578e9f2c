/** Pictures of links: each is made for the first who asks for it, shown to all from then on, and looked at again in time. */
import { newThumbnailId, Problem } from '@tintype/contracts';
import type { JobRecord, LinkPictures, PictureJobs } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { Caller } from '../http/caller.ts';
import type { Wait } from '../http/waiting.ts';
import { isEnded, shownTo } from '../thumbnails/look-up.ts';
import type { Thumbnails } from '../thumbnails/thumbnails.ts';
import type { PictureRequest } from './named-picture.ts';
import { createRenewal, failurePauseMs, type Lives } from './renewal.ts';
import { createSharedWork } from './shared-work.ts';

export type ImagesOptions = {
  pictures: LinkPictures;
  thumbnails: Pick<Thumbnails, 'find' | 'readEnded' | 'submit' | 'submitAndRead' | 'retry' | 'remove'>;
  withDeadline: WithDeadline;
  /** The time of Redis. */
  nowMs: () => number;
  lives: Lives;
};

/** A picture that can be shown, and for how long it may be kept. */
export type ShownPicture = { record: JobRecord; keepMs: number };

export type Images = ReturnType<typeof createImages>;

/** Throws Problems only. */
export function createImages({ pictures, thumbnails, withDeadline, nowMs, lives }: ImagesOptions) {
  const shareWork = createSharedWork<JobRecord>();
  const replace = (picture: PictureRequest, seen: PictureJobs, by: PictureJobs) =>
    withDeadline(() => pictures.replace(picture, seen, by, lives.resultMs));
  const renewal = createRenewal({ thumbnails, replace, nowMs, lives });

  /** Everybody who does this at once, wherever, makes one job: that of the id which was there first. */
  const make = async (picture: PictureRequest, { jobs, isUnused }: Seen, wait: Wait): Promise<JobRecord> => {
    const { url, options, caller, quota } = picture;
    await quota.take(1);
    const { job } = isUnused ? jobs : await replace(picture, jobs, { job: newThumbnailId(), next: null });
    if (job === null) throw new Error('there is no job where one was put');
    return thumbnails.submitAndRead({ id: job, source: { url }, options, caller }, wait);
  };

  /** The record of the job that is to be shown; null when the wait is over before it has ended. */
  const untilMade = async (picture: PictureRequest, wait: Wait): Promise<JobRecord | null> => {
    const { name, caller, quota } = picture;
    const { found, ...jobs } = await withDeadline(() => pictures.read(name));
    const record = found === null ? null : usable(shownTo(caller, found, nowMs()));
    // Who is over a quota is refused alone; those of one holder are refused together.
    const ofHolder = `${name} ${quota.holder}`;
    if (record === null) {
      if (jobs.next !== null) {
        await replace(picture, jobs, { job: jobs.next, next: null });
        return untilMade(picture, wait);
      }
      const seen = { jobs, isUnused: found?.kind === 'unknown' };
      return shareWork(ofHolder, wait, (shared) => make(picture, seen, shared));
    }
    if (!isEnded(record)) return shareWork(name, wait, (shared) => thumbnails.readEnded(record.id, caller, shared));
    if (record.status === 'completed') return renewal.newest(picture, jobs, record);
    if (nowMs() < (record.finishedAtMs ?? 0) + failurePauseMs) return record;
    return shareWork(ofHolder, wait, (shared) => tryAgain(thumbnails, picture, record.id, shared));
  };

  return {
    /**
     * The picture, once it is made; null when the wait is over before. Throws what its job has failed with, and what handing
     * in a picture throws.
     */
    async show(request: PictureRequest, wait: Wait): Promise<ShownPicture | null> {
      const record = await untilMade(request, wait);
      if (record === null || !isEnded(record)) return null;
      if (record.problem) throw record.problem;
      return { record, keepMs: renewal.keepMsOf(record) };
    },

    colourOf: (request: PictureRequest) => withDeadline(() => colourOf(request, pictures, thumbnails)),

    /** Its file is gone: whoever asks next has it made again. */
    forget: ({ id }: JobRecord, caller: Caller): Promise<void> => thumbnails.remove(id, caller),
  };
}

/** `isUnused`: the job has an id, and was not handed in (yet). */
type Seen = { jobs: PictureJobs; isUnused: boolean };

/** The same job once more, for who has a job left. */
async function tryAgain(
  thumbnails: Pick<Thumbnails, 'retry' | 'readEnded'>,
  { caller, quota }: PictureRequest,
  id: string,
  wait: Wait,
): Promise<JobRecord> {
  await quota.take(1);
  // Another process may have done so before.
  await thumbnails.retry(id, caller).catch(passConflict);
  return thumbnails.readEnded(id, caller, wait);
}

/** The colour of a picture that is not there, as far as another one of its source tells; null when it is not known. */
async function colourOf(
  { source, caller }: PictureRequest,
  pictures: Pick<LinkPictures, 'jobOfSource'>,
  thumbnails: Pick<Thumbnails, 'find'>,
): Promise<string | null> {
  const id = await pictures.jobOfSource(source);
  const found = id === null ? null : await thumbnails.find(id, caller);
  return found === null || found instanceof Problem ? null : (found.result?.colours.dominant?.hex ?? null);
}

/** What is gone, cannot be read or was cancelled is made again. */
function usable(seen: JobRecord | Problem): JobRecord | null {
  return seen instanceof Problem || seen.status === 'cancelled' ? null : seen;
}

/** It is queued again, or has ended meanwhile. */
function passConflict(err: unknown): void {
  if (!(err instanceof Problem) || err.code !== 'conflict') throw err;
}
