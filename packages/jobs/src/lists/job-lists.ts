/** The lists of each tenant's jobs, newest first: all of them, those that are open by lane, those that failed or were cancelled. */
import type { LuaPiece } from '@tintype/redis';
import { laneOfRankLua, lanesInOrder } from '../fair-order.ts';
import { tenantLua } from '../usage/counters.ts';

/** Open jobs are told apart by their lanes, so that they can be counted by them. */
export const openLists = lanesInOrder.map((lane) => `open-${lane}`);

/** Each is a sorted set `jobs:<list>:<tenant>`. What is in none but the first has completed. */
export const jobLists = ['all', ...openLists, 'failed', 'cancelled'] as const;

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');

/**
 * For Lua, tenants being named as in envelopes. Members are the 16 bytes of an id, all of one score, so their order is that of
 * the ids, which is that of time; no text of a locale's order is compared.
 * - `bytesOfId(id)`; false for what is no UUID, which then stands in no list. `idOfBytes(bytes)`.
 * - `beginListing(id, tenant, rank)` of a new job, `endListing(id, tenant)` of one that goes.
 * - `relist(id, envelope, rank, list)`: an open job is in this list from now on; without one, in none but that of all.
 * - `relistEnd(id, marks, list)`: the same at an end, by the job's marks; a cancel or a removal has had its say before.
 * - `reopenListing(id, envelope, rank)`: a failed job is open again.
 */
export const jobListsLua: LuaPiece = {
  keys: ['listPrefix'],
  lua: `
${laneOfRankLua.trim()}
${tenantLua}
local function bytesOfId(id)
  local a, b = tonumber(string.sub(id, 1, 8), 16), tonumber(string.sub(id, 10, 13) .. string.sub(id, 15, 18), 16)
  local c, d = tonumber(string.sub(id, 20, 23) .. string.sub(id, 25, 28), 16), tonumber(string.sub(id, 29), 16)
  if #id ~= 36 or not (a and b and c and d) then return false end
  return struct.pack('>I4I4I4I4', a, b, c, d)
end
local function idOfBytes(bytes)
  return string.format('%08x-%04x-%04x-%04x-%04x%08x', struct.unpack('>I4I2I2I2I2I4', bytes))
end
local openLists = {${quoted(openLists)}}
local function openListOf(rank)
  return openLists[laneOfRank(rank)]
end
local function listKey(list, tenant)
  return listPrefix .. list .. ':' .. tenant
end
local function beginListing(id, tenant, rank)
  local bytes = bytesOfId(id)
  if not bytes then return end
  redis.call('ZADD', listKey('all', tenant), 0, bytes)
  redis.call('ZADD', listKey(openListOf(rank), tenant), 0, bytes)
end
local function endListing(id, tenant)
  local bytes = bytesOfId(id)
  if not bytes then return end
  for _, list in ipairs({${quoted(jobLists)}}) do redis.call('ZREM', listKey(list, tenant), bytes) end
end
local function relist(id, envelope, rank, list)
  local bytes, tenant = bytesOfId(id), tenantOf(envelope)
  if not bytes or not tenant then return end
  redis.call('ZREM', listKey(openListOf(rank), tenant), bytes)
  if list then redis.call('ZADD', listKey(list, tenant), 0, bytes) end
end
local function relistEnd(id, marks, list)
  if not marks[2] and not marks[3] then relist(id, marks[5], marks[6], list) end
end
local function reopenListing(id, envelope, rank)
  local bytes, tenant = bytesOfId(id), tenantOf(envelope)
  if not bytes or not tenant then return end
  redis.call('ZREM', listKey('failed', tenant), bytes)
  redis.call('ZADD', listKey(openListOf(rank), tenant), 0, bytes)
end`,
};
