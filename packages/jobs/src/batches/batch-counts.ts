/** How many items of a batch have come to what: counted by the script that ends, retries or removes one of them. */
import type { LuaPiece } from '@tintype/redis';
import { batchEntry } from './batch-expiry.ts';

/** The list of ended batches that somebody must hear of: each end is in it once, as `completed <id>`. */
export const batchesOutbox = 'batches';

/** How long a batch without any item left is told of: whoever deletes them one by one may ask for the counts. */
const emptyMs = 86_400_000;

/**
 * For Lua, behind `clockLua`. A batch's hash has a number of items that are `open` (added and not ended) and one for each
 * way to end. An item's own hash says where it is counted: `<batch>` while it is open, and `<batch> <letter>` behind its
 * end, so that nothing is counted twice, whatever is done again.
 * - `countEnd(id, place, event)`: the item has ended; one that is removed before its end counts as cancelled.
 * - `countReopened(id, place)`: it has been retried.
 * - `countGone(batch, number)`: so many items are no more, or never will be; a batch without any goes soon.
 * - `endBatch(batch)`: notes the end of a batch when all its items have ended, tells who waits for it, and puts it into the
 *   outbox; once for each time that it ends.
 */
export const batchCountsLua: LuaPiece = {
  keys: ['batchPrefix', 'jobPrefix', 'outboxPrefix', 'endings', 'expiry'],
  lua: `
local batchCounts = {[''] = 'open', c = 'completed', f = 'failed', x = 'cancelled'}
local function endBatch(id)
  local batch = batchPrefix .. id
  local f = redis.call('HMGET', batch, 'total', 'completed', 'failed', 'cancelled', 'endedAt')
  if not f[1] or f[5] then return end
  if tonumber(f[2] or 0) + tonumber(f[3] or 0) + tonumber(f[4] or 0) < tonumber(f[1]) then return end
  local now = nowMs()
  redis.call('HSET', batch, 'endedAt', now)
  redis.call('ZADD', outboxPrefix .. '${batchesOutbox}', now, 'completed ' .. id)
  redis.call('PUBLISH', endings, id)
end
local function moveInBatch(id, place, letter)
  local batchId, before = string.match(place or '', '^(%S+) ?(%a?)$')
  if not batchId or before == letter then return end
  local batch = batchPrefix .. batchId
  if redis.call('EXISTS', batch) == 0 then return end
  redis.call('HSET', jobPrefix .. id, 'batch', letter == '' and batchId or batchId .. ' ' .. letter)
  redis.call('HINCRBY', batch, batchCounts[letter], 1)
  local left = redis.call('HINCRBY', batch, batchCounts[before], -1)
  return batchId, left
end
local function countGone(id, number)
  local batch = batchPrefix .. id
  if redis.call('EXISTS', batch) == 0 then return end
  local gone = redis.call('HINCRBY', batch, 'gone', number)
  local f = redis.call('HMGET', batch, 'total', 'refused')
  if gone + tonumber(f[2] or 0) < tonumber(f[1]) then return end
  local last = nowMs() + ${emptyMs}
  if redis.call('ZADD', expiry, 'XX', 'LT', 'CH', last, '${batchEntry('')}' .. id) == 1 then
    redis.call('HSET', batch, 'expiresAt', last)
  end
end
local function countEnd(id, place, event)
  if event == 'expired' then countGone(string.match(place, '^%S+'), 1) end
  local letter = event == 'completed' and 'c' or event == 'failed' and 'f' or 'x'
  if event == 'expired' and string.find(place, ' ', 1, true) then return end
  local batchId, left = moveInBatch(id, place, letter)
  if batchId and left == 0 then endBatch(batchId) end
end
local function countReopened(id, place)
  local batchId = moveInBatch(id, place, '')
  if batchId and redis.call('HDEL', batchPrefix .. batchId, 'endedAt') == 1 then
    redis.call('ZREM', outboxPrefix .. '${batchesOutbox}', 'completed ' .. batchId)
  end
end`,
};
