/** Erases the uploads of jobs that have ended for good: whoever completes or cancels such a job leaves word of it. */
import type { Shard } from '@tintype/redis';
import { bullmqFields, ownFields } from '../bullmq/protocol.ts';
import { uploadsOutbox } from '../job-events/announce.ts';
import { createOutbox, type OutboxEntry } from '../job-events/outbox.ts';
import { blobsOfResult, uploadOf } from '../record/envelope.ts';
import { createBlobReferrers } from './blob-referrers.ts';
import type { RemovalOptions } from './thumbnail-removal.ts';

export type EndedUploads = {
  /** Erases those that are due, a bounded number. Calls back between its batches. One that fails comes back later. */
  eraseDue(betweenBatches: () => Promise<unknown>): Promise<void>;
  /** Looks at the upload of this job, wherever word of its end may have been left out or its file have come again. */
  lookAt(id: string): Promise<void>;
};

const batchSize = 100;
/** Of a batch: what all of them do in one turn of the loop would keep others waiting. */
const erasedAtOnce = 10;
/** A run ends then, whatever is still due: it must not keep the sweep from what has expired. */
const mostBatches = 50;
/** Who has taken an entry and not dealt with it by then has died, or could not: somebody looks again. */
const leaseMs = 30_000;

const fields = [
  bullmqFields.data,
  bullmqFields.result,
  bullmqFields.finishedAt,
  ownFields.cancelledAt,
  ownFields.deletedAt,
  ownFields.outbox,
] as const;

/** What is to be done: nothing, ever; nothing yet; or this blob is needed no more. */
type Finding = 'nothing' | 'later' | { unneeded: string };

/** Of one shard. */
export function createEndedUploads({ shard, eraseBlob, onError }: RemovalOptions): EndedUploads {
  const outbox = createOutbox(shard, uploadsOutbox.name);
  const referrers = createBlobReferrers(shard);

  /** False when it is to be looked at again. */
  const eraseOf = async (id: string): Promise<boolean> => {
    const finding = await findUnneeded(shard, id);
    if (finding === 'later') return false;
    if (finding !== 'nothing') await referrers.release(finding.unneeded, id, eraseBlob);
    return true;
  };
  const deal = async (entry: OutboxEntry): Promise<void> => {
    try {
      if (await eraseOf(entry.id)) await outbox.done(entry);
    } catch (err) {
      onError(err);
    }
  };
  return {
    async eraseDue(betweenBatches) {
      for (let batch = 0; batch < mostBatches; batch += 1) {
        const due = await outbox.take(batchSize, leaseMs);
        for (let at = 0; at < due.length; at += erasedAtOnce) {
          await Promise.all(due.slice(at, at + erasedAtOnce).map(deal));
        }
        if (due.length < batchSize) return;
        await betweenBatches();
      }
    },
    async lookAt(id) {
      await eraseOf(id);
    },
  };
}

/**
 * A completed job needs its upload no more, nor does a cancelled one once no worker holds it; a failed one may be
 * retried. A job that is removed takes its blobs along by itself. A rendition may have the very bytes of the upload:
 * then it is the job's file.
 */
async function findUnneeded({ redis, keys, nowMs }: Shard, id: string): Promise<Finding> {
  const [texts, held] = await Promise.all([redis.hmget(keys.job(id), ...fields), redis.exists(keys.lock(id))]);
  const [data = null, result = null, finishedAt = null, cancelledAt = null, deletedAt = null, outbox = null] = texts;
  const upload = uploadOf(data);
  const isWanted = outbox?.split(' ').includes(uploadsOutbox.name) ?? false;
  const isCompleted = finishedAt !== null && result !== null;
  if (!isWanted || upload === null || deletedAt !== null || !(isCompleted || cancelledAt !== null)) return 'nothing';
  if (held === 1) return 'later';
  // An end that is so young may be one of which Redis still loses the memory.
  if (nowMs() - Number(cancelledAt ?? finishedAt) < uploadsOutbox.delayMs) return 'later';
  return blobsOfResult(result).includes(upload) ? 'nothing' : { unneeded: upload };
}
