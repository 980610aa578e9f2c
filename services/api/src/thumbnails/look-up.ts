/** Looks thumbnails up: one, several, or one as soon as its job has ended. */
import { isThumbnailId, Problem, type UnreadableRecord } from '@tintype/contracts';
import {
  type JobEnds,
  type JobLookup,
  type JobReader,
  type JobRecord,
  type JobWatch,
  listUnreadableCommand,
  type UnreadableJobs,
} from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { Caller, Viewer } from '../http/caller.ts';
import type { Wait } from '../http/waiting.ts';

export type LookUpOptions = {
  jobs: JobReader;
  unreadable: Pick<UnreadableJobs, 'note'>;
  endings: JobEnds;
  withDeadline: WithDeadline;
  /** The time of Redis. */
  nowMs: () => number;
};

/** How long a client should wait before it asks again for what is not done, in seconds. */
export const retryAfterSeconds = 1;

/** One of several: its record, or the problem that says why there is none to be seen. */
export type LookedUp = { id: string; found: JobRecord | Problem };

export type LookUp = ReturnType<typeof createLookUp>;

/** Every method throws Problems only; `dependency_unavailable` where Redis is away. */
export function createLookUp({ jobs, unreadable, endings, withDeadline, nowMs }: LookUpOptions) {
  const shown = (id: string, found: JobLookup, viewer: Viewer): JobRecord | Problem => {
    // Nobody waits for the note: whoever meets the record next makes it too.
    if (found.kind === 'unreadable') unreadable.note(id, found.envelope, found.reason).catch(() => undefined);
    return shownTo(viewer, found, nowMs());
  };

  const find = async (id: string, viewer: Viewer): Promise<JobRecord | Problem> => {
    if (!isThumbnailId(id)) return unknownThumbnail();
    return shown(id, await withDeadline(() => jobs.read(id)), viewer);
  };

  const read = async (id: string, viewer: Viewer): Promise<JobRecord> => {
    const found = await find(id, viewer);
    if (found instanceof Problem) throw found;
    return found;
  };

  return {
    /** The record, or the problem that says why there is none to be seen. */
    find,

    /** The record as it is now. */
    read,

    /** The record as soon as its job has ended, or as it is when the wait is over; without a wait, as it is now. */
    async readEnded(id: string, caller: Caller, wait: Wait | null): Promise<JobRecord> {
      if (wait === null) return read(id, caller);
      return untilEnded(endings.watch(id), () => read(id, caller), wait);
    },

    /** The first of these, in their order: at least one, and as many as are well in memory together. */
    async findSome(ids: readonly string[], viewer: Viewer): Promise<LookedUp[]> {
      const malformed = ids.findIndex((id) => !isThumbnailId(id));
      if (malformed === 0) return ids.slice(0, 1).map((id) => ({ id, found: unknownThumbnail() }));
      const known = malformed < 0 ? ids : ids.slice(0, malformed);
      const all = await withDeadline(() => jobs.readSome(known));
      return all.map((one, at) => ({ id: ids[at] ?? '', found: shown(ids[at] ?? '', one, viewer) }));
    },
  };
}

/**
 * Reads until the job has ended or the wait is over, and closes the watch. `isNew`: the watch is older than the job, so
 * there is nothing to be read before its end.
 */
export async function untilEnded(
  watch: JobWatch,
  read: () => Promise<JobRecord>,
  { ms, signal }: Wait,
  isNew = false,
): Promise<JobRecord> {
  const deadline = Date.now() + ms;
  try {
    if (isNew) await watch.ended(ms, signal);
    let record = await read();
    while (!isEnded(record) && Date.now() < deadline && !signal.aborted) {
      await watch.ended(deadline - Date.now(), signal);
      record = await read();
    }
    return record;
  } finally {
    watch.close();
  }
}

/**
 * Reads what this very request has made, or another one under its key: where it is unknown, Redis has lost its last
 * moment, and the same request, sent again, makes it again.
 */
export async function madeHere(reading: Promise<JobRecord>): Promise<JobRecord> {
  return reading.catch((err) => {
    if (!(err instanceof Problem) || err.code !== 'not_found') throw err;
    throw new Problem('dependency_unavailable', { detail: 'The queue has lost the job: send it again.', cause: err });
  });
}

/** What a viewer gets to see of what was found. That something is there, but not shown, is told to its tenant alone. */
export function shownTo(viewer: Viewer, found: JobLookup, nowMs: number): JobRecord | Problem {
  if (found.kind === 'unknown') return unknownThumbnail();
  if (found.kind === 'gone') return maySee(viewer, found.tenant) ? expiredThumbnail() : unknownThumbnail();
  // Not even whose it is can be read of some.
  const envelope = found.kind === 'record' ? found.record.data : found.envelope;
  if (envelope === null || !maySee(viewer, envelope.tenant)) return unknownThumbnail();
  // The sweep comes by every few seconds; what is due is gone for clients already.
  if (envelope.expiresAtMs <= nowMs) return expiredThumbnail();
  return found.kind === 'record' ? found.record : unreadableThumbnail(found.reason);
}

function maySee(viewer: Viewer, tenant: string): boolean {
  return viewer === 'holder of a signed link' || viewer.tenant === tenant;
}

/** Whether nothing about it will change any more. */
export function isEnded({ status }: JobRecord): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

function expiredThumbnail(): Problem {
  return new Problem('expired', { detail: 'The thumbnail has expired or was deleted.' });
}

function unreadableThumbnail(cause: UnreadableRecord): Problem {
  const detail = `What was stored of this thumbnail cannot be read; \`${listUnreadableCommand}\` lists such records.`;
  return new Problem('unreadable_record', { detail, cause });
}

function unknownThumbnail(): Problem {
  return new Problem('not_found', { detail: 'There is no thumbnail with this id.' });
}
