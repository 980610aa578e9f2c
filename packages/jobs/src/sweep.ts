/** The sweep: removes jobs that have expired, with their index entries and blobs, and leaves a tombstone for each. */
import { randomUUID } from 'node:crypto';
import { thumbnailQueueName } from '@tintype/contracts';
import { keysOf, type RedisConnection, shardPrefix } from '@tintype/redis';
import { Queue } from 'bullmq';
import { createBlobReferrers, parseUploadCheck } from './blob-referrers.ts';
import { createJobReader, type JobRecord, UnreadableRecord } from './job-record.ts';

export type SweepOptions = {
  redis: RedisConnection;
  eraseBlob: (sha256: string) => Promise<void>;
  onError: (err: unknown) => void;
  intervalMs?: number;
  shard?: number;
};

export type Sweep = {
  /** Removes everything that is due now, when no other process is at it. Resolves with the number of jobs removed. */
  run(): Promise<number>;
  stop(): Promise<void>;
};

/** How long a removed thumbnail is answered with 410 instead of 404. */
const tombstoneSeconds = 7 * 86_400;
const leaseMs = 30_000;
const batchSize = 100;
/** A due job that a worker holds is looked at again after this time. */
const busyDelayMs = 10_000;

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
      await sweeper.close();
    },
  };
}

function createSweeper({ redis, eraseBlob, onError, shard = 0 }: SweepOptions) {
  const keys = keysOf(shard);
  const reader = createJobReader(redis, shard);
  const referrers = createBlobReferrers(redis, shard);
  const queue = new Queue(thumbnailQueueName, { connection: redis, prefix: shardPrefix(shard), skipMetasUpdate: true });
  queue.on('error', () => undefined);

  /** A record that does not fit its schema is reported; trouble with Redis ends the sweep until the next one. */
  const unreadable = (err: unknown): null => {
    if (!(err instanceof UnreadableRecord)) throw err;
    onError(err);
    return null;
  };

  /** From here on no worker can take the job; false when one has it, or was quicker. */
  const takeOut = async ({ id, status }: JobRecord): Promise<boolean> => {
    if (status === 'processing') return false;
    if (status !== 'queued') return true;
    const taken = [keys.prioritized(thumbnailQueueName), keys.delayed(thumbnailQueueName)].map((key) =>
      redis.zrem(key, id),
    );
    if ((await Promise.all(taken)).includes(1)) return true;
    // A worker was quicker; or an earlier sweep died here, and the job is in no set any more.
    const again = await reader.read(id);
    return again.kind === 'record' && again.record.status !== 'processing';
  };

  /** Every step may be done again: a sweep that dies half-way is finished by the next one. */
  const remove = async (id: string): Promise<boolean> => {
    const found = await reader.read(id).catch(unreadable);
    if (found === null)
      await queue.remove(id); // its blobs are not known; one bad record must not keep the others
    else if (found.kind === 'record') {
      if (!(await takeOut(found.record))) {
        await redis.zadd(keys.expiry, Date.now() + busyDelayMs, id);
        return false;
      }
      await redis.set(keys.tombstone(id), found.record.data.tenant, 'EX', tombstoneSeconds);
      for (const sha256 of blobsOf(found.record)) await referrers.release(sha256, id, eraseBlob);
      await queue.remove(id);
    }
    await redis.zrem(keys.expiry, id);
    return true;
  };

  const checkUpload = async (entry: string, { id, sha256 }: { id: string; sha256: string }): Promise<void> => {
    if ((await reader.read(id)).kind !== 'record') await referrers.release(sha256, id, eraseBlob);
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
          else if (await remove(entry)) removed += 1;
        }
        if (due.length < batchSize) return removed;
        await redis.pexpire(keys.sweepLease, leaseMs);
      }
    },
    close: () => queue.close(),
  };
}

/** The blobs a job refers to: its upload and its renditions. */
function blobsOf(record: JobRecord): Set<string> {
  const shas = new Set(record.result?.renditions.map((rendition) => rendition.sha256));
  if ('upload' in record.data.source) shas.add(record.data.source.upload);
  return shas;
}
