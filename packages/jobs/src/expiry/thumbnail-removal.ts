/** Removes a thumbnail with its files and index entries, whatever state it is in, and leaves a tombstone. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { pausesLua } from '../bullmq/pauses.ts';
import { bullmqFields, clockLua, ownFields, queueLua } from '../bullmq/protocol.ts';
import { jobListsLua } from '../lists/job-lists.ts';
import { tenantInEnvelope } from '../record/envelope.ts';
import { createJobReader, type JobRemains } from '../record/job-reader.ts';
import { placeOfSource } from '../sharing/remembered-sources.ts';
import { usageLua } from '../usage/counters.ts';
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
export const tombstoneSeconds = 7 * 86_400;
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
leaveAsides(id)
redis.call('LREM', wait, 0, id)
local held = redis.call('EXISTS', lock)
if held == 0 then redis.call('LREM', active, 0, id) end
local now = nowMs()
if redis.call('HEXISTS', job, '${ownFields.deletedAt}') == 0 then
  announceEnd('expired', id, marksOf(id))
  redis.call('HSET', job, '${ownFields.deletedAt}', now)
end
if tenant ~= '' then redis.call('SET', tombstone, tenant, 'EX', tombstoneSeconds) end
redis.call('ZADD', expiry, now + comeBackMs, id)
return 1 - held`;

/** The record goes, and what it was counted with, by the one script that finds it: done again, nothing is counted twice. */
const dropLua = `
if isIndexed == '1' then redis.call('ZREM', index, id) end
redis.call('HDEL', unreadable, id)
redis.call('ZREM', completed, id)
redis.call('ZREM', failed, id)
redis.call('ZREM', expiry, id)
if tenant ~= '' then endListing(id, tenant) end
if field ~= '' and redis.call('HGET', bucket, field) == bytesOfId(id) then redis.call('HDEL', bucket, field) end
local f = redis.call('HMGET', job, '${bullmqFields.data}', '${ownFields.counted}')
if redis.call('DEL', job) == 0 or tenant == '' or not isCounted(f[1], f[2]) then return 0 end
count(tenant, usageOf(tenant), {jobs = -1, jobBytes = -bytesOfJob(f[1] or '')})
return 1`;

/** Of one shard's thumbnails. */
export function createThumbnailRemoval({ shard, eraseBlob, onError }: RemovalOptions): ThumbnailRemoval {
  const { keys } = shard;
  const reader = createJobReader(shard);
  const referrers = createBlobReferrers(shard);
  const runTakeOut = defineShardScript(shard, {
    name: 'tintypeTakeOut',
    pieces: [...queueLua, pausesLua],
    fixedKeys: ['wait', 'active', 'expiry'],
    keys: ['job', 'lock', 'tombstone'],
    args: ['id', 'tenant', 'tombstoneSeconds', 'comeBackMs'],
    lua: takeOutLua,
  });

  const takeOut = async (id: string, tenant: string): Promise<boolean> => {
    const jobKeys = { job: keys.job(id), lock: keys.lock(id), tombstone: keys.tombstone(id) };
    return (await runTakeOut(jobKeys, { id, tenant, tombstoneSeconds, comeBackMs })) === 1;
  };

  const drop = createDrop(shard);

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
      await drop(id, tenant, remains);
      return true;
    },
  };
}

/** The end of a removal, with the entries in indexes that go by what the record said. */
function createDrop(shard: Shard) {
  const { keys } = shard;
  const runDrop = defineShardScript(shard, {
    name: 'tintypeDrop',
    pieces: [clockLua, usageLua, jobListsLua],
    fixedKeys: ['unreadable', 'completed', 'failed', 'expiry'],
    keys: ['job', 'index', 'bucket'],
    args: ['id', 'tenant', 'isIndexed', 'field'],
    lua: dropLua,
  });
  return async (id: string, tenant: string, remains: JobRemains | null): Promise<void> => {
    const { failureCode = null, source = null } = remains ?? {};
    const index = failureCode === null || tenant === '' ? null : keys.failures(tenant, failureCode);
    const place = source && placeOfSource(keys, source);
    const names = { job: keys.job(id), index: index ?? keys.failed, bucket: place?.bucket ?? keys.sources(0) };
    const whose = tenant === '' ? '' : tenantInEnvelope(tenant);
    await runDrop(names, { id, tenant: whose, isIndexed: index === null ? 0 : 1, field: place?.field ?? '' });
  };
}
