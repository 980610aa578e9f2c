/** The sweep: removes jobs that have expired, with their index entries and blobs, and leaves a tombstone for each. */
import { randomUUID } from 'node:crypto';
import { keysOf } from '@tintype/redis';
import { createBlobReferrers, parseUploadCheck } from './blob-referrers.ts';
import { createJobReader } from './job-record.ts';
import { createThumbnailRemoval, type RemovalOptions } from './thumbnail-removal.ts';

export type SweepOptions = RemovalOptions & { intervalMs?: number };

export type Sweep = {
  /** Removes everything that is due now, when no other process is at it. Resolves with the number of jobs removed. */
  run(): Promise<number>;
  stop(): Promise<void>;
};

const leaseMs = 30_000;
const batchSize = 100;

/** Starts sweeping at an interval; a lease in Redis lets one process do it at a time. */
export function startSweep(options: SweepOptions): Sweep {
  const { redis, onError, intervalMs = 2000, shard = 0 } = options;
  const sweeper = createSweeper(options);
  const lease = keysOf(shard).sweepLease;
  const owner = randomUUID();
  let running: Promise<number> | null = null;
  const run = async () => {
    if ((await redis.set(lease, owner, 'PX', leaseMs, 'NX')) === null) return 0;
    try {
      return await sweeper.removeDue();
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
  const { redis, eraseBlob, shard = 0 } = options;
  const keys = keysOf(shard);
  const reader = createJobReader(redis, shard);
  const referrers = createBlobReferrers(redis, shard);
  const removal = createThumbnailRemoval(options);

  const checkUpload = async (entry: string, { id, sha256 }: { id: string; sha256: string }): Promise<void> => {
    const found = await reader.read(id);
    const exists = found.kind !== 'unknown' && found.record !== null;
    if (!exists) await referrers.release(sha256, id, eraseBlob);
    await redis.zrem(keys.expiry, entry);
  };

  return {
    async removeDue(): Promise<number> {
      let removed = 0;
      for (;;) {
        const due = await redis.zrangebyscore(keys.expiry, '-inf', Date.now(), 'LIMIT', 0, batchSize);
        for (const entry of due) {
          const upload = parseUploadCheck(entry);
          if (upload) await checkUpload(entry, upload);
          else if (await removal.remove(entry)) removed += 1;
        }
        if (due.length < batchSize) return removed;
        await redis.pexpire(keys.sweepLease, leaseMs);
      }
    },
  };
}
