/** Removes a thumbnail with its files and index entries, whatever its status, and leaves a tombstone. */
import { thumbnailQueueName } from '@tintype/contracts';
import { defineScript, keysOf, type RedisConnection } from '@tintype/redis';
import { createBlobReferrers } from './blob-referrers.ts';
import { createJobReader, type JobRecord, UnreadableRecord } from './job-record.ts';

export type RemovalOptions = {
  redis: RedisConnection;
  eraseBlob: (sha256: string) => Promise<void>;
  /** Told of a record that cannot be read (it is removed all the same), and of files that cannot be erased yet. */
  onError: (err: unknown) => void;
  shard?: number;
};

export type ThumbnailRemoval = {
  /**
   * From the first step on the thumbnail is gone for every reader. False when something of it is left, because a worker
   * holds the job or the storage does not answer: the sweep comes back for it. Every step may be done again, so whoever
   * dies half-way is finished by the sweep.
   */
  remove(id: string): Promise<boolean>;
};

/** How long a removed thumbnail is answered with 410 instead of 404. */
const tombstoneSeconds = 7 * 86_400;
/** What could not be removed whole is looked at again after this time. */
const comeBackMs = 2000;

/**
 * KEYS: prioritised, delayed, wait, active, lock, job, tombstone, expiry. ARGV: id, now, tenant, tombstone's seconds,
 * time to come back. From here on no worker can take the job; 0 when one has it. What takes away comes first: after
 * that Redis lets a script finish even when it is full.
 */
const takeOutLua = `
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('LREM', KEYS[3], 0, ARGV[1])
local held = redis.call('EXISTS', KEYS[5])
if held == 0 then redis.call('LREM', KEYS[4], 0, ARGV[1]) end
if redis.call('EXISTS', KEYS[6]) == 1 then redis.call('HSET', KEYS[6], 'deletedAt', ARGV[2]) end
if ARGV[3] ~= '' then redis.call('SET', KEYS[7], ARGV[3], 'EX', ARGV[4]) end
redis.call('ZADD', KEYS[8], ARGV[5], ARGV[1])
return 1 - held`;

/** Of one shard's thumbnails. */
export function createThumbnailRemoval({ redis, eraseBlob, onError, shard = 0 }: RemovalOptions): ThumbnailRemoval {
  const keys = keysOf(shard);
  const queue = thumbnailQueueName;
  const reader = createJobReader(redis, shard);
  const referrers = createBlobReferrers(redis, shard);
  const runTakeOut = defineScript(redis, { name: 'tintypeTakeOut', lua: takeOutLua, numberOfKeys: 8 });

  const takeOut = async (id: string, tenant: string): Promise<boolean> => {
    const now = Date.now();
    const taken = await runTakeOut(
      keys.prioritized(queue),
      keys.delayed(queue),
      keys.wait(queue),
      keys.active(queue),
      keys.lock(queue, id),
      keys.job(queue, id),
      keys.tombstone(id),
      keys.expiry,
      id,
      now,
      tenant,
      tombstoneSeconds,
      now + comeBackMs,
    );
    return taken === 1;
  };

  /** The record that is still there; null when there is none; trouble with Redis ends the removal until the next one. */
  const readRecord = async (id: string): Promise<JobRecord | 'unreadable' | null> => {
    try {
      const found = await reader.read(id);
      return found.kind === 'unknown' ? null : found.record;
    } catch (err) {
      if (!(err instanceof UnreadableRecord)) throw err;
      onError(err);
      return 'unreadable'; // its blobs are not known; one bad record must not keep the others
    }
  };

  const eraseFiles = async ({ id, blobs }: JobRecord): Promise<boolean> => {
    try {
      for (const sha256 of blobs) await referrers.release(sha256, id, eraseBlob);
      return true;
    } catch (err) {
      onError(err);
      return false;
    }
  };

  return {
    async remove(id) {
      const record = await readRecord(id);
      const readable = record === 'unreadable' ? null : record;
      if (record !== null && !(await takeOut(id, readable?.data.tenant ?? ''))) return false;
      if (readable && !(await eraseFiles(readable))) return false;
      const last = redis.pipeline();
      if (readable?.problem) last.zrem(keys.failures(readable.data.tenant, readable.problem.code), id);
      last.del(keys.job(queue, id));
      last.zrem(keys.completed(queue), id).zrem(keys.failed(queue), id);
      last.zrem(keys.expiry, id);
      for (const [err] of (await last.exec()) ?? []) if (err) throw err;
      return true;
    },
  };
}
