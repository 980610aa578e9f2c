/** The sweep: removes jobs that have expired, with all that is theirs, leaving tombstones; erases uploads of ended jobs. */
import { randomUUID } from 'node:crypto';
import { defineShardScript, type Shard } from '@tintype/redis';
import { createBatchControl } from '../batches/batch-control.ts';
import { parseBatchEntry } from '../batches/batch-expiry.ts';
import { clockLua } from '../bullmq/protocol.ts';
import { createBlobReferrers, parseUploadCheck } from './blob-referrers.ts';
import { createEndedUploads, type EndedUploads } from './ended-uploads.ts';
import { createThumbnailRemoval, type RemovalOptions } from './thumbnail-removal.ts';

export type SweepOptions = RemovalOptions & { intervalMs?: number };

export type Sweep = {
  /**
   * Removes everything that is due now, when no other process is at it, and erases uploads. Resolves with the number of
   * jobs removed.
   */
  run(): Promise<number>;
  stop(): Promise<void>;
};

const leaseMs = 30_000;
const batchSize = 100;
/** What could not be removed is put off for so long: one bad entry must not keep those behind it. */
const putOffMs = 60_000;

/** What is due by the clock of Redis: a sweeper's own clock may be wrong, and its work cannot be undone. */
const dueLua = `
return redis.call('ZRANGEBYSCORE', expiry, '-inf', nowMs(), 'LIMIT', 0, limit)`;

const putOffLua = `
return redis.call('ZADD', expiry, 'XX', nowMs() + delayMs, entry)`;

/** Starts sweeping at an interval; a lease in Redis lets one process do it at a time. */
export function startSweep(options: SweepOptions): Sweep {
  const { shard, onError, intervalMs = 2000 } = options;
  const { redis } = shard;
  const sweeper = createSweeper(options);
  const lease = shard.keys.sweepLease;
  const owner = randomUUID();
  let running: Promise<number> | null = null;
  const run = async () => {
    if ((await redis.set(lease, owner, 'PX', leaseMs, 'NX')) === null) return 0;
    try {
      const removed = await sweeper.removeDue();
      await sweeper.eraseUploads();
      return removed;
    } finally {
      if ((await redis.get(lease)) === owner) await redis.del(lease);
    }
  };
  const timer = setInterval(() => {
    running ??= run()
      .catch((err) => {
        onError(err);
        return 0;
      })
      .finally(() => {
        running = null;
      });
  }, intervalMs);
  timer.unref();
  return {
    run,
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

function createSweeper(options: SweepOptions) {
  const { redis, keys } = options.shard;
  const { findDue, putOff } = defineExpiryScripts(options.shard);
  const endedUploads = createEndedUploads(options);
  const removeEntry = createEntryRemoval(options, endedUploads);
  const renewLease = () => redis.pexpire(keys.sweepLease, leaseMs);

  /** One entry that fails is reported, and costs itself alone. True when a job was removed. */
  const removeOrPutOff = async (entry: string): Promise<boolean> => {
    try {
      return await removeEntry(entry);
    } catch (err) {
      options.onError(err);
      await putOff({}, { entry, delayMs: putOffMs });
      return false;
    }
  };

  return {
    async removeDue(): Promise<number> {
      let removed = 0;
      for (;;) {
        const reply = await findDue({}, { limit: batchSize });
        const due = Array.isArray(reply) ? reply.map(String) : [];
        for (const entry of due) if (await removeOrPutOff(entry)) removed += 1;
        if (due.length < batchSize) return removed;
        await renewLease();
      }
    },
    eraseUploads: () => endedUploads.eraseDue(renewLease),
  };
}

function defineExpiryScripts(shard: Shard) {
  const common = { pieces: [clockLua], fixedKeys: ['expiry'], keys: [] } as const;
  return {
    findDue: defineShardScript(shard, { ...common, name: 'tintypeDue', args: ['limit'], lua: dueLua }),
    putOff: defineShardScript(shard, { ...common, name: 'tintypePutOff', args: ['entry', 'delayMs'], lua: putOffLua }),
  };
}

/** What an entry of the index asks for: a job's end, a batch's, or whether that of an upload ever came into being. */
function createEntryRemoval(
  { shard, eraseBlob, onError }: SweepOptions,
  endedUploads: EndedUploads,
): (entry: string) => Promise<boolean> {
  const { redis, keys } = shard;
  const referrers = createBlobReferrers(shard);
  const removal = createThumbnailRemoval({ shard, eraseBlob, onError });
  const batches = createBatchControl({ shard, eraseBlob, onError });
  return async (entry) => {
    const batchId = parseBatchEntry(entry);
    if (batchId !== null) {
      await batches.removeDue(batchId);
      return false;
    }
    const upload = parseUploadCheck(entry);
    if (!upload) return removal.remove(entry);
    const exists = (await redis.exists(keys.job(upload.id))) === 1;
    if (exists) await endedUploads.lookAt(upload.id);
    else await referrers.release(upload.sha256, upload.id, eraseBlob);
    await redis.zrem(keys.expiry, entry);
    return false;
  };
}
