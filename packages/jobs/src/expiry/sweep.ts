/** The sweep: removes jobs that have expired, with their index entries and blobs, and leaves a tombstone for each. */
import { randomUUID } from 'node:crypto';
import { defineShardScript } from '@tintype/redis';
import { clockLua } from '../bullmq/protocol.ts';
import { createBlobReferrers, parseUploadCheck } from './blob-referrers.ts';
import { createThumbnailRemoval, type RemovalOptions } from './thumbnail-removal.ts';

export type SweepOptions = RemovalOptions & { intervalMs?: number };

export type Sweep = {
  /** Removes everything that is due now, when no other process is at it. Resolves with the number of jobs removed. */
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

function createSweeper({ shard, eraseBlob, onError }: SweepOptions) {
  const { redis, keys } = shard;
  const referrers = createBlobReferrers(shard);
  const removal = createThumbnailRemoval({ shard, eraseBlob, onError });
  const pieces = [clockLua];
  const fixedKeys = ['expiry'] as const;
  const findDue = defineShardScript(shard, {
    name: 'tintypeDue',
    pieces,
    fixedKeys,
    keys: [],
    args: ['limit'],
    lua: dueLua,
  });
  const putOff = defineShardScript(shard, {
    name: 'tintypePutOff',
    pieces,
    fixedKeys,
    keys: [],
    args: ['entry', 'delayMs'],
    lua: putOffLua,
  });

  const checkUpload = async (entry: string, { id, sha256 }: { id: string; sha256: string }): Promise<void> => {
    const exists = (await redis.exists(keys.job(id))) === 1;
    if (!exists) await referrers.release(sha256, id, eraseBlob);
    await redis.zrem(keys.expiry, entry);
  };

  /** True when a job was removed. */
  const removeEntry = async (entry: string): Promise<boolean> => {
    const upload = parseUploadCheck(entry);
    if (!upload) return removal.remove(entry);
    await checkUpload(entry, upload);
    return false;
  };

  /** One entry that fails is reported, and costs itself alone. */
  const removeOrPutOff = async (entry: string): Promise<boolean> => {
    try {
      return await removeEntry(entry);
    } catch (err) {
      onError(err);
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
        await redis.pexpire(keys.sweepLease, leaseMs);
      }
    },
  };
}
