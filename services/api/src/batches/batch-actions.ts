/** The use cases that act on a batch as a whole after it was handed in: cancel, delete. */
import { Problem } from '@tintype/contracts';
import type { BatchControl, BatchRecord } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { Caller } from '../http/caller.ts';
import type { FindBatch, ItemRange } from './batch-look-up.ts';

export type BatchActionsOptions = { batchControl: BatchControl; withDeadline: WithDeadline };

const noItems: ItemRange = { from: 0, count: 0 };

export function createBatchActions({ batchControl, withDeadline }: BatchActionsOptions, find: FindBatch) {
  const require = async (id: string, caller: Caller, range: ItemRange): Promise<BatchRecord> => {
    const found = await find(id, caller, range);
    if (found instanceof Problem) throw found;
    return found;
  };
  return {
    /**
     * Cancels the items that have not ended; doing so again changes nothing. Throws `conflict` when all had ended before
     * anybody cancelled it.
     */
    async cancel(id: string, caller: Caller, range: ItemRange): Promise<BatchRecord> {
      await require(id, caller, noItems);
      if (!(await withDeadline(() => batchControl.cancel(id)))) {
        throw new Problem('conflict', { detail: 'Every item of the batch has ended.' });
      }
      return require(id, caller, range);
    },

    /** Cancels the items and removes everything of them. What is gone already stays gone; an unknown id is `not_found`. */
    async remove(id: string, caller: Caller): Promise<void> {
      const found = await find(id, caller, noItems);
      if (found instanceof Problem && found.code !== 'expired') throw found;
      // Whatever is left is the sweep's: from the first step on the batch is gone for everybody.
      if (!(found instanceof Problem)) await withDeadline(() => batchControl.remove(id));
    },
  };
}
