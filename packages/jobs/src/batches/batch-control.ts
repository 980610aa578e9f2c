/** What may be done with a batch as a whole: cancel what has not ended, or erase all of it. */
import { batchItemId } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { cancelLua } from '../bullmq/control.ts';
import { pausesLua } from '../bullmq/pauses.ts';
import { clockLua, queueLua } from '../bullmq/protocol.ts';
import { createThumbnailRemoval, type RemovalOptions, tombstoneSeconds } from '../expiry/thumbnail-removal.ts';
import { usageLua } from '../usage/counters.ts';
import { batchesOutbox } from './batch-counts.ts';
import { batchEntry } from './batch-expiry.ts';

export type BatchControl = {
  /**
   * Cancels the items that have not ended; what was not added yet never will be. Doing so again changes nothing. False
   * when the batch had ended before anybody cancelled it, or is unknown.
   */
  cancel(id: string): Promise<boolean>;
  /**
   * Erases the batch with all its items. From the first step on the batch is gone for every reader; whoever dies half-way
   * is finished by the sweep. Of an unknown one, nothing happens.
   */
  remove(id: string): Promise<void>;
  /** For the sweep: the batch has expired, or its removal was left half-way. */
  removeDue(id: string): Promise<void>;
};

/** Jobs that one script cancels: it must not keep Redis from others for long. */
const cancelledPerScript = 100;
/** Of one batch, at once: what all of them do in one turn of the loop would keep others waiting. */
const removedAtOnce = 10;

const beginCancelLua = `
local batch = batchPrefix .. id
local f = redis.call('HMGET', batch, 'total', 'open', 'completed', 'failed', 'cancelled', 'endedAt', 'cancelledAt')
if not f[1] or (f[6] and not f[7]) then return 0 end
local ended = tonumber(f[3] or 0) + tonumber(f[4] or 0) + tonumber(f[5] or 0)
local missing = tonumber(f[1]) - tonumber(f[2] or 0) - ended
redis.call('HSETNX', batch, 'cancelledAt', nowMs())
redis.call('HINCRBY', batch, 'cancelled', missing)
if missing > 0 then countGone(id, missing) end
endBatch(id)
return tonumber(f[1])`;

const cancelItemsLua = `
for at = rest, #ARGV do cancelJob(ARGV[at]) end
return 1`;

/** Answers the number of items, and whether they are to be looked for: those of a batch that has expired have gone before it. */
const beginRemovalLua = `
local batch = batchPrefix .. id
local f = redis.call('HMGET', batch, 'tenant', 'total', 'deletedAt')
if not f[1] then return {0, 0} end
redis.call('SET', tombstonePrefix .. id, f[1], 'EX', tombstoneSeconds)
if isDue == '0' then
  redis.call('HSETNX', batch, 'deletedAt', nowMs())
  redis.call('ZADD', expiry, nowMs(), entry)
end
return {tonumber(f[2]), (isDue == '0' or f[3]) and 1 or 0}`;

const endRemovalLua = `
local batch = batchPrefix .. id
redis.call('ZREM', expiry, entry)
redis.call('ZREM', outboxPrefix .. '${batchesOutbox}', 'completed ' .. id)
local f = redis.call('HMGET', batch, 'tenant', 'bytes')
if redis.call('DEL', batch) == 0 or not f[1] then return 0 end
count(f[1], usageOf(f[1]), {jobBytes = -tonumber(f[2] or 0)})
return 1`;

/** Of one shard. Whose a batch is, the caller has looked at. */
export function createBatchControl(options: RemovalOptions): BatchControl {
  const { runBeginCancel, runCancelItems, runBeginRemoval, runEndRemoval } = defineScripts(options.shard);
  const removal = createThumbnailRemoval(options);

  const cancelItems = async (id: string, total: number): Promise<void> => {
    const ids = Array.from({ length: total }, (_, index) => batchItemId(id, index));
    const some = Array.from({ length: Math.ceil(total / cancelledPerScript) }, (_, at) =>
      ids.slice(at * cancelledPerScript, (at + 1) * cancelledPerScript),
    );
    await Promise.all(some.map((part) => runCancelItems({}, {}, part)));
  };
  const removeItems = async (id: string, total: number): Promise<void> => {
    await cancelItems(id, total);
    for (let at = 0; at < total; at += removedAtOnce) {
      const indexes = Array.from({ length: Math.min(removedAtOnce, total - at) }, (_, some) => at + some);
      await Promise.all(indexes.map((index) => removal.remove(batchItemId(id, index))));
    }
  };
  const removeAll = async (id: string, isDue: boolean): Promise<void> => {
    const entry = batchEntry(id);
    const args = { id, entry, tombstoneSeconds, isDue: isDue ? 1 : 0 };
    const reply = await runBeginRemoval({}, args);
    const [total, hasItems] = Array.isArray(reply) ? reply.map(Number) : [];
    if (hasItems === 1) await removeItems(id, total ?? 0);
    await runEndRemoval({}, { id, entry });
  };
  return {
    async cancel(id) {
      const total = Number(await runBeginCancel({}, { id }));
      if (total > 0) await cancelItems(id, total);
      return total > 0;
    },
    remove: (id) => removeAll(id, false),
    removeDue: (id) => removeAll(id, true),
  };
}

function defineScripts(shard: Shard) {
  const ofBatch = { pieces: queueLua, keys: [], fixedKeys: ['batchPrefix', 'tombstonePrefix', 'expiry'] } as const;
  return {
    runBeginCancel: defineShardScript(shard, {
      ...ofBatch,
      name: 'tintypeBeginBatchCancel',
      args: ['id'],
      lua: beginCancelLua,
    }),
    runCancelItems: defineShardScript(shard, {
      name: 'tintypeCancelItems',
      pieces: [...queueLua, pausesLua, cancelLua],
      keys: [],
      args: [],
      lua: cancelItemsLua,
    }),
    runBeginRemoval: defineShardScript(shard, {
      ...ofBatch,
      name: 'tintypeBeginBatchRemoval',
      args: ['id', 'entry', 'tombstoneSeconds', 'isDue'],
      lua: beginRemovalLua,
    }),
    runEndRemoval: defineShardScript(shard, {
      ...ofBatch,
      name: 'tintypeEndBatchRemoval',
      pieces: [clockLua, usageLua],
      fixedKeys: ['batchPrefix', 'expiry', 'outboxPrefix'],
      args: ['id', 'entry'],
      lua: endRemovalLua,
    }),
  };
}
