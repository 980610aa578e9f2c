/** Which jobs need which blob: a blob is erased when nothing refers to it any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineScript, defineShardScript, type Shard } from '@tintype/redis';
import { clockLua } from '../bullmq/protocol.ts';

export type BlobReferrers = {
  /** Notes that `referrer` needs the blob. Do so before the blob is written or relied upon. */
  retain(sha256: string, referrer: string): Promise<void>;
  /**
   * Retains an upload for a job that does not exist yet, and remembers to look later whether it ever came into being:
   * whoever dies in between leaves nothing behind for good.
   */
  retainUpload(sha256: string, id: string): Promise<void>;
  /** Takes the note back; `erase` is called when it was the last one. Doing it again changes nothing. */
  release(sha256: string, referrer: string, erase: (sha256: string) => Promise<void>): Promise<void>;
};

/** While this lasts nobody may retain the blob; it ends by itself when the eraser dies. */
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

/** Refuses (0) while the blob is being erased. */
const retainLua = `
if redis.call('EXISTS', erasing) == 1 then return 0 end
redis.call('HSET', referrers, referrer, 1)
return 1`;

/** Answers 1 when the caller must erase the blob. */
const releaseLua = `
redis.call('HDEL', referrers, referrer)
if redis.call('EXISTS', referrers) == 1 then return 0 end
redis.call('SET', erasing, 1, 'PX', limitMs)
return 1`;

const checkLaterLua = `
return redis.call('ZADD', expiry, nowMs() + delayMs, entry)`;

/** Referrers of one shard's blobs: a hash per blob, which stays compact in Redis while it is small. */
export function createBlobReferrers(shard: Shard): BlobReferrers {
  const { redis, keys } = shard;
  const blobKeys = ['referrers', 'erasing'] as const;
  const keysOfBlob = (sha256: string) => ({ referrers: keys.referrers(sha256), erasing: keys.erasing(sha256) });
  const tryRetain = defineScript(redis, { name: 'tintypeRetain', lua: retainLua, keys: blobKeys, args: ['referrer'] });
  const tryRelease = defineScript(redis, {
    name: 'tintypeRelease',
    lua: releaseLua,
    keys: blobKeys,
    args: ['referrer', 'limitMs'],
  });
  const checkLater = defineShardScript(shard, {
    name: 'tintypeCheckLater',
    pieces: [clockLua],
    fixedKeys: ['expiry'],
    keys: [],
    args: ['entry', 'delayMs'],
    lua: checkLaterLua,
  });
  const retain = async (sha256: string, referrer: string) => {
    while ((await tryRetain(keysOfBlob(sha256), { referrer })) !== 1) await sleep(erasingPollMs);
  };
  return {
    retain,
    async retainUpload(sha256, id) {
      await Promise.all([
        checkLater({}, { entry: uploadCheck(id, sha256), delayMs: uploadCheckDelayMs }),
        retain(sha256, id),
      ]);
    },
    async release(sha256, referrer, erase) {
      const last = await tryRelease(keysOfBlob(sha256), { referrer, limitMs: erasingLimitMs });
      if (last !== 1) return;
      await erase(sha256);
      await redis.del(keys.erasing(sha256));
    },
  };
}
