/** Blobs that are nobody's job alone: a watermark is kept as long as jobs may need it, and counted for no tenant. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { clockLua } from '../bullmq/protocol.ts';
import { createBlobReferrers, type EraseBlob, isErased, onceErased } from './blob-referrers.ts';

export type BlobPins = {
  /** Nobody erases the blob before that time. Do so before the blob is written or relied upon; an earlier time changes nothing. */
  pin(sha256: string, untilMs: number): Promise<void>;
  /** Erases the blob if its time is over and no job needs it; false when there is still time. */
  unpin(sha256: string, erase: EraseBlob): Promise<boolean>;
};

/**
 * Where the id of a job stands in the notes of others. The note is the time until which it holds, and no bytes. Earlier
 * releases leave alone what is no id.
 */
export const pinName = 'pin';

const pinLua = `
if redis.call('EXISTS', erasing) == 1 then return ${isErased} end
local before = tonumber(string.match(redis.call('HGET', referrers, '${pinName}') or '', '^%d+') or 0)
if tonumber(untilMs) > before then redis.call('HSET', referrers, '${pinName}', untilMs .. ' 0') end
return 1`;

const unpinLua = `
local before = tonumber(string.match(redis.call('HGET', referrers, '${pinName}') or '', '^%d+') or 0)
if before > nowMs() then return 0 end
redis.call('HDEL', referrers, '${pinName}')
return 1`;

/** Of one shard. */
export function createBlobPins(shard: Shard): BlobPins {
  const { keys } = shard;
  const referrers = createBlobReferrers(shard);
  const tryPin = defineShardScript(shard, {
    name: 'tintypePin',
    keys: ['referrers', 'erasing'],
    args: ['untilMs'],
    lua: pinLua,
  });
  const tryUnpin = defineShardScript(shard, {
    name: 'tintypeUnpin',
    pieces: [clockLua],
    keys: ['referrers'],
    args: [],
    lua: unpinLua,
  });
  return {
    async pin(sha256, untilMs) {
      const blob = { referrers: keys.referrers(sha256), erasing: keys.erasing(sha256) };
      await onceErased(() => tryPin(blob, { untilMs: Math.ceil(untilMs) }));
    },
    async unpin(sha256, erase) {
      if ((await tryUnpin({ referrers: keys.referrers(sha256) }, {})) !== 1) return false;
      await referrers.eraseUnneeded(sha256, erase);
      return true;
    },
  };
}
