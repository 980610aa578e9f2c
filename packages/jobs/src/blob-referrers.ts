/** Which jobs need which blob: a blob is erased when nothing refers to it any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineScript, keysOf, type RedisConnection } from '@tintype/redis';

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

/** KEYS: referrers, erasing. ARGV: referrer. Refuses (0) while the blob is being erased. */
const retainLua = `
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], 1)
return 1`;

/** KEYS: referrers, erasing. ARGV: referrer, limit. Answers 1 when the caller must erase the blob. */
const releaseLua = `
redis.call('HDEL', KEYS[1], ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[2])
return 1`;

/** Referrers of one shard's blobs: a hash per blob, which stays compact in Redis while it is small. */
export function createBlobReferrers(redis: RedisConnection, shard = 0): BlobReferrers {
  const keys = keysOf(shard);
  const tryRetain = defineScript(redis, { name: 'tintypeRetain', lua: retainLua, numberOfKeys: 2 });
  const tryRelease = defineScript(redis, { name: 'tintypeRelease', lua: releaseLua, numberOfKeys: 2 });
  const retain = async (sha256: string, referrer: string) => {
    const attempt = () => tryRetain(keys.referrers(sha256), keys.erasing(sha256), referrer);
    while ((await attempt()) !== 1) await sleep(erasingPollMs);
  };
  return {
    retain,
    async retainUpload(sha256, id) {
      await Promise.all([
        redis.zadd(keys.expiry, Date.now() + uploadCheckDelayMs, uploadCheck(id, sha256)),
        retain(sha256, id),
      ]);
    },
    async release(sha256, referrer, erase) {
      const last = await tryRelease(keys.referrers(sha256), keys.erasing(sha256), referrer, erasingLimitMs);
      if (last !== 1) return;
      await erase(sha256);
      await redis.del(keys.erasing(sha256));
    },
  };
}
