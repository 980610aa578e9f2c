/** Looks a batch up: as it is now, or as soon as all its items have ended. */
import { isThumbnailId, Problem } from '@tintype/contracts';
import type { BatchReader, BatchRecord, JobEnds } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { Caller } from '../http/caller.ts';
import type { Wait } from '../http/waiting.ts';

export type BatchLookUpOptions = {
  batchReader: BatchReader;
  endings: JobEnds;
  withDeadline: WithDeadline;
  /** The time of Redis. */
  nowMs: () => number;
};

/** Which items of a batch an answer tells of. */
export type ItemRange = { from: number; count: number };

type Owner = Pick<Caller, 'tenant'>;

export function createBatchLookUp({ batchReader, endings, withDeadline, nowMs }: BatchLookUpOptions) {
  const find = async (id: string, { tenant }: Owner, { from, count }: ItemRange): Promise<BatchRecord | Problem> => {
    if (!isThumbnailId(id)) return unknownBatch();
    const found = await withDeadline(() => batchReader.read(id, from, count));
    if (found.kind === 'unknown') return unknownBatch();
    // That something is there, but not shown, is told to its tenant alone.
    const whose = found.kind === 'record' ? found.record.tenant : found.tenant;
    if (whose !== tenant) return unknownBatch();
    // The sweep comes by every few seconds; what is due is gone for clients already.
    if (found.kind === 'gone' || found.record.expiresAtMs <= nowMs()) return expiredBatch();
    return found.record;
  };
  const read = async (id: string, caller: Owner, range: ItemRange): Promise<BatchRecord> => {
    const found = await find(id, caller, range);
    if (found instanceof Problem) throw found;
    return found;
  };
  return {
    /** The record, or the problem that says why there is none to be seen. */
    find,

    /** Throws the same problem, unless there is such a batch to be seen. */
    async requireBatch(id: string, tenant: string): Promise<void> {
      await read(id, { tenant }, { from: 0, count: 0 });
    },

    /** The batch as soon as it has ended, or as it is when the wait is over; without a wait, as it is now. */
    async readEnded(id: string, caller: Caller, range: ItemRange, wait: Wait | null): Promise<BatchRecord> {
      if (wait === null) return read(id, caller, range);
      const watch = endings.watch(id);
      const deadline = Date.now() + wait.ms;
      try {
        let record = await read(id, caller, range);
        while (record.endedAtMs === null && Date.now() < deadline && !wait.signal.aborted) {
          await watch.ended(deadline - Date.now(), wait.signal);
          record = await read(id, caller, range);
        }
        return record;
      } finally {
        watch.close();
      }
    },
  };
}

export type FindBatch = ReturnType<typeof createBatchLookUp>['find'];

function unknownBatch(): Problem {
  return new Problem('not_found', { detail: 'There is no batch with this id.' });
}

function expiredBatch(): Problem {
  return new Problem('expired', { detail: 'The batch has expired or was deleted.' });
}
