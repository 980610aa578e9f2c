/** Which jobs need which blob: a blob is erased when nothing refers to it any more. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineScript, defineShardScript, type Shard } from '@tintype/redis';
import { bullmqFields, clockLua, ownFields } from '../bullmq/protocol.ts';
import { JobCancelled } from '../job-exits.ts';
import { blobInEnvelope, tenantInEnvelope } from '../record/envelope.ts';
import { noteLua } from '../usage/blob-notes.ts';
import { usageLua } from '../usage/counters.ts';
import { noQuotas, quotaArgs, quotaLua, quotaValues, requireQuota } from '../usage/quotas.ts';

export type BlobReferrers = {
  /**
   * Notes that the job needs the blob, in its envelope too: whoever removes the job finds it there, even when its worker
   * never tells of it. Do so before the blob is written or relied upon. Throws `JobCancelled` when the job is removed.
   * Its bytes are counted for the job's tenant, once for each job, until they are released.
   */
  retain(sha256: string, jobId: string, bytes: number): Promise<void>;
  /**
   * Retains an upload for a job that does not exist yet, and remembers to look later whether it ever came into being:
   * whoever dies in between leaves nothing behind for good. Throws `quota_exceeded`, and retains nothing then.
   */
  retainUpload(sha256: string, jobId: string, upload: CountedUpload): Promise<void>;
  /**
   * Takes the note back; `erase` is called when it was the last one. Doing it again changes nothing. Only who removes
   * the job does so: a worker whose attempt has failed may have lost the job to another one, which needs the blob.
   */
  release(sha256: string, jobId: string, erase: EraseBlob): Promise<void>;
  /** Erases a blob that no job needs; nothing when one does. */
  eraseUnneeded(sha256: string, erase: EraseBlob): Promise<void>;
};

/** Whose upload it is, how large, and how many bytes of files its tenant may keep; null for any number. */
export type CountedUpload = { tenant: string; bytes: number; quotaBytes: number | null };

/** Erases a blob unless `isUnneeded`, which is asked when nobody finds it any more, says that it is needed again. */
export type EraseBlob = (sha256: string, isUnneeded: () => Promise<boolean>) => Promise<void>;

/**
 * While this lasts nobody may retain the blob. It ends by itself when the eraser dies; one that only stood still finds
 * that its note is gone.
 */
const erasingLimitMs = 10_000;
const erasingPollMs = 20;
/** After this time the job of an upload exists, or never will. */
const uploadCheckDelayMs = 3_600_000;

/** An entry of the expiry index that asks whether the job of an upload came into being. */
function uploadCheck(id: string, sha256: string): string {
  return `${id}/${sha256}`;
}

/** Reads what `uploadCheck` wrote; null for the entry of a job. */
export function parseUploadCheck(entry: string): { id: string; sha256: string } | null {
  const [id = '', sha256] = entry.split('/');
  return sha256 === undefined ? null : { id, sha256 };
}

/** What a script answers while somebody else erases the blob, … */
export const isErased = 0;
/** … and else. */
const retainCodes = { retained: 1, jobIsRemoved: 2 } as const;
const releaseCodes = { isMine: 1, isNeeded: 2 } as const;

const retainUploadLua = `
if redis.call('EXISTS', erasing) == 1 then return ${isErased} end
local counted = bytesOfNote(redis.call('HGET', referrers, jobId))
local usage = usageOf(tenant)
local full = overQuota(tenant, usage, {diskBytes = bytes - counted})
if full then return full end
count(tenant, usage, {diskBytes = bytes - counted})
redis.call('ZADD', expiry, nowMs() + delayMs, entry)
redis.call('HSET', referrers, jobId, string.format('%.0f', nowMs()) .. ' ' .. bytes .. ' ' .. tenant)
return ${retainCodes.retained}`;

/** A worker that has lost its job may still be at work after the job is gone. */
const retainLua = `
local f = redis.call('HMGET', job, '${bullmqFields.createdAt}', '${ownFields.deletedAt}', '${ownFields.envelope}')
if not f[1] or f[2] then return ${retainCodes.jobIsRemoved} end
if f[3] and not string.find(f[3], blob, 1, true) then
  redis.call('HSET', job, '${ownFields.envelope}', f[3] .. ' ' .. blob)
end
if redis.call('EXISTS', erasing) == 1 then return ${isErased} end
local tenant = tenantOf(f[3])
if redis.call('HSETNX', referrers, jobId, tenant and '1 ' .. bytes or '1') == 1 and tenant then
  redis.call('HINCRBY', usagePrefix .. tenant, 'diskBytes', bytes)
end
return ${retainCodes.retained}`;

/** `isMine`: the caller must erase the blob. */
const releaseLua = `
local note = redis.call('HGET', referrers, jobId)
redis.call('HDEL', referrers, jobId)
local tenant = note and (tenantOf(note) or tenantOf(redis.call('HGET', job, '${ownFields.envelope}')))
local bytes = bytesOfNote(note)
if tenant and bytes > 0 then count(tenant, usageOf(tenant), {diskBytes = -bytes}) end
if redis.call('EXISTS', referrers) == 1 then return ${releaseCodes.isNeeded} end
if redis.call('SET', erasing, owner, 'PX', limitMs, 'NX') then return ${releaseCodes.isMine} end
return ${isErased}`;

const endErasingLua = `
if redis.call('GET', erasing) == owner then redis.call('DEL', erasing) end
return 1`;

/** Referrers of one shard's blobs: a hash per blob, which stays compact in Redis while it is small. */
export function createBlobReferrers(shard: Shard): BlobReferrers {
  const release = createRelease(shard);
  return {
    retain: createRetain(shard),
    retainUpload: createRetainUpload(shard),
    release,
    eraseUnneeded: (sha256, erase) => release(sha256, '', erase),
  };
}

const blobKeys = ['referrers', 'erasing'] as const;
const pieces = [clockLua, usageLua, noteLua];

function blobKeysOf({ keys }: Shard) {
  return (sha256: string) => ({ referrers: keys.referrers(sha256), erasing: keys.erasing(sha256) });
}

function createRetain(shard: Shard): BlobReferrers['retain'] {
  const keysOfBlob = blobKeysOf(shard);
  const tryRetain = defineShardScript(shard, {
    name: 'tintypeRetain',
    pieces,
    keys: [...blobKeys, 'job'],
    args: ['jobId', 'bytes', 'blob'],
    lua: retainLua,
  });
  return async (sha256, jobId, bytes) => {
    const scriptKeys = { ...keysOfBlob(sha256), job: shard.keys.job(jobId) };
    const code = await onceErased(() => tryRetain(scriptKeys, { jobId, bytes, blob: blobInEnvelope(sha256) }));
    if (code === retainCodes.jobIsRemoved) throw new JobCancelled();
  };
}

function createRetainUpload(shard: Shard): BlobReferrers['retainUpload'] {
  const keysOfBlob = blobKeysOf(shard);
  const tryRetainUpload = defineShardScript(shard, {
    name: 'tintypeRetainUpload',
    pieces: [...pieces, quotaLua],
    fixedKeys: ['expiry'],
    keys: blobKeys,
    args: ['jobId', 'bytes', 'tenant', 'entry', 'delayMs', ...quotaArgs],
    lua: retainUploadLua,
  });
  return async (sha256, jobId, { tenant, bytes, quotaBytes }) => {
    const args = {
      jobId,
      bytes,
      tenant: tenantInEnvelope(tenant),
      entry: uploadCheck(jobId, sha256),
      delayMs: uploadCheckDelayMs,
      ...quotaValues({ ...noQuotas, diskBytes: quotaBytes }),
    };
    requireQuota(await onceErased(() => tryRetainUpload(keysOfBlob(sha256), args)));
  };
}

function createRelease(shard: Shard): BlobReferrers['release'] {
  const { redis, keys } = shard;
  const keysOfBlob = blobKeysOf(shard);
  const tryRelease = defineShardScript(shard, {
    name: 'tintypeRelease',
    pieces,
    keys: [...blobKeys, 'job'],
    args: ['jobId', 'owner', 'limitMs'],
    lua: releaseLua,
  });
  const endErasing = defineScript(redis, {
    name: 'tintypeEndErasing',
    lua: endErasingLua,
    keys: ['erasing'],
    args: ['owner'],
  });
  return async (sha256, jobId, erase) => {
    const owner = randomUUID();
    const erasing = keys.erasing(sha256);
    const args = { jobId, owner, limitMs: erasingLimitMs };
    const code = await onceErased(() => tryRelease({ ...keysOfBlob(sha256), job: keys.job(jobId) }, args));
    if (code !== releaseCodes.isMine) return;
    await erase(sha256, async () => (await redis.get(erasing)) === owner);
    await endErasing({ erasing }, { owner });
  };
}

/** What the script answers once nobody else erases the blob any more. */
export async function onceErased(run: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    const code = await run();
    if (code !== isErased) return code;
    await sleep(erasingPollMs);
  }
}
