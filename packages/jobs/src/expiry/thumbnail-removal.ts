/** Removes a thumbnail with its files and index entries, whatever state it is in, and leaves a tombstone. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { ownFields, queueLua } from '../bullmq/protocol.ts';
import { createJobReader, type JobRemains } from '../record/job-record.ts';
import { createBlobReferrers, type EraseBlob } from './blob-referrers.ts';

export type RemovalOptions = {
  shard: Shard;
  eraseBlob: EraseBlob;
  /** Told of files that cannot be erased yet. */
  onError: (err: unknown) => void;
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
 * From here on no worker can take the job; 0 when one has it. What takes away comes first: after that Redis lets a
 * script finish even when it is full.
 */
const takeOutLua = `
redis.call('ZREM', prioritized, id)
redis.call('ZREM', delayed, id)
redis.call('ZREM', newer, id)
redis.call('LREM', wait, 0, id)
local held = redis.call('EXISTS', lock)
if held == 0 then redis.call('LREM', active, 0, id) end
local now = nowMs()
if redis.call('HEXISTS', job, '${ownFields.deletedAt}') == 0 then
  announceEnd('expired', id)
  redis.call('HSET', job, '${ownFields.deletedAt}', now)
end
if tenant ~= '' then redis.call('SET', tombstone, tenant, 'EX', tombstoneSeconds) end
redis.call('ZADD', expiry, now + comeBackMs, id)
return 1 - held`;

/** Of one shard's thumbnails. */
export function createThumbnailRemoval({ shard, eraseBlob, onError }: RemovalOptions): ThumbnailRemoval {
  const { redis, keys } = shard;
  const reader = createJobReader(shard);
  const referrers = createBlobReferrers(shard);
  const runTakeOut = defineShardScript(shard, {
    name: 'tintypeTakeOut',
    pieces: queueLua,
    fixedKeys: ['wait', 'active', 'expiry'],
    keys: ['job', 'lock', 'tombstone'],
    args: ['id', 'tenant', 'tombstoneSeconds', 'comeBackMs'],
    lua: takeOutLua,
  });

  const takeOut = async (id: string, tenant: string): Promise<boolean> => {
    const jobKeys = { job: keys.job(id), lock: keys.lock(id), tombstone: keys.tombstone(id) };
    return (await runTakeOut(jobKeys, { id, tenant, tombstoneSeconds, comeBackMs })) === 1;
  };

  const eraseFiles = async (id: string, { blobs }: JobRemains): Promise<boolean> => {
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
      const known = await reader.readRemains(id);
      const tenant = known?.envelope?.tenant ?? '';
      if (known && !(await takeOut(id, tenant))) return false;
      // Read again: until it was taken out, its worker may have retained a file for it.
      const remains = known && (await reader.readRemains(id));
      if (remains && !(await eraseFiles(id, remains))) return false;
      const last = redis.pipeline();
      const code = remains?.failureCode ?? null;
      if (code !== null && tenant !== '') last.zrem(keys.failures(tenant, code), id);
      last.del(keys.job(id)).hdel(keys.unreadable, id);
      last.zrem(keys.completed, id).zrem(keys.failed, id);
      last.zrem(keys.expiry, id);
      for (const [err] of (await last.exec()) ?? []) if (err) throw err;
      return true;
    },
  };
}
