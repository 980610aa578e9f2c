/** Files that the library keeps beyond their jobs: each item is one more referrer of its blobs, until it is removed. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { clockLua } from '../bullmq/protocol.ts';
import { tenantInEnvelope } from '../record/envelope.ts';
import { noteLua } from '../usage/blob-notes.ts';
import { usageLua } from '../usage/counters.ts';
import { createBlobReferrers, type EraseBlob, isErased, onceErased } from './blob-referrers.ts';

export type ItemBlobs = {
  /**
   * Nobody erases the blob while the item needs it. Its bytes are counted for the tenant, once for each item. Do so while
   * the item's job still keeps it.
   */
  retain(itemId: string, tenant: string, blob: { sha256: string; bytes: number }): Promise<void>;
  /** The item needs none any more; those that nothing else needs are erased. Doing it again changes nothing. */
  release(itemId: string, erase: EraseBlob): Promise<void>;
};

/** Where the id of a job stands in the notes of others. Earlier releases leave alone what is no id. */
const noteOf = (itemId: string) => `library:${itemId}`;

const retainLua = `
if redis.call('EXISTS', erasing) == 1 then return ${isErased} end
redis.call('SADD', kept, sha256)
if redis.call('HSETNX', referrers, note, string.format('%.0f', nowMs()) .. ' ' .. bytes .. ' ' .. tenant) == 1 then
  count(tenant, usageOf(tenant), {diskBytes = tonumber(bytes)})
end
return 1`;

/** Of one shard. */
export function createItemBlobs(shard: Shard): ItemBlobs {
  const { redis, keys } = shard;
  const referrers = createBlobReferrers(shard);
  const tryRetain = defineShardScript(shard, {
    name: 'tintypeRetainForItem',
    pieces: [clockLua, usageLua, noteLua],
    keys: ['referrers', 'erasing', 'kept'],
    args: ['note', 'sha256', 'bytes', 'tenant'],
    lua: retainLua,
  });
  return {
    async retain(itemId, tenant, { sha256, bytes }) {
      const at = {
        referrers: keys.referrers(sha256),
        erasing: keys.erasing(sha256),
        kept: keys.itemBlobs(itemId),
      };
      const args = { note: noteOf(itemId), sha256, bytes, tenant: tenantInEnvelope(tenant) };
      await onceErased(() => tryRetain(at, args));
    },
    async release(itemId, erase) {
      for (const sha256 of await redis.smembers(keys.itemBlobs(itemId))) {
        await referrers.release(sha256, noteOf(itemId), erase);
        await redis.srem(keys.itemBlobs(itemId), sha256);
      }
    },
  };
}
