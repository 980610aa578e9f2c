/** What each tenant keeps, in numbers: written by the scripts that make and unmake what is counted. */
import type { LuaPiece } from '@tintype/redis';

/**
 * Fields of a tenant's counters: records of jobs; what these may come to take in Redis, with all that belongs to them; files,
 * uploads and thumbnails, as often as jobs need them; palettes and keys, and feedback that waits for the search service, in
 * Redis.
 */
export const usageFields = ['jobs', 'jobBytes', 'diskBytes', 'paletteBytes', 'keyBytes', 'feedbackBytes'] as const;

/** Fields that the recount compares with what is there, and beside them how much has gone since they began. */
export const recountedFields = ['jobs', 'jobBytes', 'diskBytes'] as const;
export const goneField = (field: (typeof recountedFields)[number]) => `gone:${field}`;

const allFields = [...usageFields, ...recountedFields.map(goneField)];

/**
 * A record costs this at its end, at most, with its places in the indexes, its result and the notes of its file; more
 * for each thumbnail, and its data as they are. Measured in test/usage/bytes-of-job.test.ts.
 */
const jobBytes = { base: 3800, perRendition: 500, perDataByte: 1.25 } as const;
/** A palette's name and tag, with their places in two hashes. */
const paletteOverheadBytes = 200;
/** An API key's record, with its place in two hashes. */
export const keyOverheadBytes = 200;
/** A batch of feedback's place in its list. */
export const feedbackOverheadBytes = 64;
/** A request under an Idempotency-Key, without its answer. */
export const answerOverheadBytes = 600;

/** Hours for which a remembered answer counts: it lives for a day since its last claim. */
const answerHours = 24;
/** Counters of a tenant that keeps nothing go after this time: longer than a recount takes. */
const emptySeconds = 2 * 86_400;

const quoted = (fields: readonly string[]) => fields.map((name) => `'${name}'`).join(', ');

/** For Lua: `tenantOf(envelope)`; false when there is none. */
export const tenantLua = `local function tenantOf(envelope)
  return string.match(envelope or '', '^%S+ %S+ (%S+)') or false
end`;

/**
 * For Lua, behind `clockLua`, with tenants as envelopes name them:
 * - `bytesOfJob(data)`: what a job is counted with, from what never changes of it. So nobody needs to note it.
 * - `isCounted(data, mark)`: whether a record is in the counters. Release 0.1.0, which does not count, writes no version.
 * - `tenantOf(envelope)`, as above.
 * - `usageOf(tenant)`: all counters, `count(tenant, usage, changes)` changes them, never below 0. `beginKeeping(tenant)`: of
 *   one that kept nothing.
 * - `redisBytesOf(tenant, usage)`: the sum of what is in Redis, remembered answers included.
 */
export const usageLua: LuaPiece = {
  keys: ['usagePrefix', 'usageTenants', 'answersPrefix'],
  lua: `
local function bytesOfJob(data)
  local renditions, at = 0, string.find(data, '"width":', 1, true)
  while at do
    renditions = renditions + 1
    at = string.find(data, '"width":', at + 8, true)
  end
  return ${jobBytes.base} + ${jobBytes.perRendition} * renditions + math.ceil(${jobBytes.perDataByte} * #data)
end
local function isCounted(data, mark)
  return mark or string.sub(data or '', 1, 5) == '{"v":'
end
${tenantLua}
local function usageOf(tenant)
  local f = redis.call('HMGET', usagePrefix .. tenant, ${quoted(allFields)})
  local usage, keeps = {}, false
  for at, name in ipairs({${quoted(allFields)}}) do
    usage[name] = tonumber(f[at] or 0) or 0
    if at <= ${usageFields.length} and usage[name] > 0 then keeps = true end
  end
  usage.keeps = keeps
  return usage
end
local function beginKeeping(tenant)
  redis.call('PERSIST', usagePrefix .. tenant)
  redis.call('SADD', usageTenants, tenant)
end
local function count(tenant, usage, changes)
  local key, pairsToSet = usagePrefix .. tenant, {}
  local function set(name, value)
    usage[name] = math.max(0, value)
    table.insert(pairsToSet, name)
    table.insert(pairsToSet, string.format('%.0f', usage[name]))
  end
  for name, amount in pairs(changes) do
    if amount ~= 0 then set(name, usage[name] + amount) end
    if amount < 0 and usage['gone:' .. name] then set('gone:' .. name, usage['gone:' .. name] - amount) end
  end
  if #pairsToSet == 0 then return end
  redis.call('HSET', key, unpack(pairsToSet))
  local keeps = false
  for _, name in ipairs({${quoted(usageFields)}}) do keeps = keeps or usage[name] > 0 end
  if keeps and not usage.keeps then
    beginKeeping(tenant)
  elseif usage.keeps and not keeps then
    redis.call('SREM', usageTenants, tenant)
    redis.call('EXPIRE', key, ${emptySeconds})
  end
  usage.keeps = keeps
end
local function redisBytesOf(tenant, usage)
  local sum = usage.jobBytes + usage.paletteBytes + usage.keyBytes + usage.feedbackBytes
  local hours = redis.call('HGETALL', answersPrefix .. tenant)
  if #hours == 0 then return sum end
  local oldest = math.floor(nowMs() / 3600000) - ${answerHours}
  for at = 1, #hours, 2 do
    if tonumber(hours[at]) >= oldest then sum = sum + tonumber(hours[at + 1]) end
  end
  return sum
end`,
};

/**
 * For Lua: `paletteBytesFor(length)`, `bytesOfPalette(bodies, name)`, `bytesOfPalettes(bodies)`. Redis rounds large texts
 * up, by a quarter at most. They are few, so all of a tenant's are counted each time: what 0.1.0 has changed is right
 * again with the next one.
 */
export const paletteBytesLua: LuaPiece = {
  keys: [],
  lua: `
local function paletteBytesFor(length)
  return length == 0 and 0 or math.ceil(1.25 * length) + ${paletteOverheadBytes}
end
local function bytesOfPalette(bodies, name)
  return paletteBytesFor(redis.call('HSTRLEN', bodies, name))
end
local function bytesOfPalettes(bodies)
  local sum = 0
  for _, name in ipairs(redis.call('HKEYS', bodies)) do sum = sum + bytesOfPalette(bodies, name) end
  return sum
end`,
};

/**
 * For Lua, behind `clockLua`: `countAnswer(tenant, bytes)` counts what is remembered of an answer, until it is forgotten
 * by itself.
 */
export const answersLua: LuaPiece = {
  keys: ['answersPrefix', 'usageTenants'],
  lua: `
local function countAnswer(tenant, bytes)
  local key, hour = answersPrefix .. tenant, math.floor(nowMs() / 3600000)
  if redis.call('HINCRBY', key, hour, bytes) > bytes then return end
  for _, other in ipairs(redis.call('HKEYS', key)) do
    if tonumber(other) < hour - ${answerHours} then redis.call('HDEL', key, other) end
  end
  redis.call('EXPIRE', key, ${(answerHours + 1) * 3600})
  redis.call('SADD', usageTenants, tenant)
end`,
};
