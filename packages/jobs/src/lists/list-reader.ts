/** Reads a tenant's jobs newest first, page by page: what a page costs does not grow with what is kept. */
import { batchItemRange, newestIdOf, type ProblemCode, type ThumbnailStatus } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { bullmqFields, ownFields } from '../bullmq/protocol.ts';
import { tenantInEnvelope } from '../record/envelope.ts';
import { jobListsLua, openLists } from './job-lists.ts';

export type JobListFilters = {
  /** All of them without it. */
  status?: ThumbnailStatus;
  /** Of the problem that they failed with: only of failed ones. */
  code?: ProblemCode;
  /** Only items of this batch. */
  batch?: string;
  /** Only those whose ids were made after this millisecond. */
  createdAfterMs?: number;
};

/** `after`: the id behind which the page begins; null for the first one. */
export type JobListPage = { limit: number; after: string | null };

export type JobList = {
  ids: string[];
  /** The id behind which the next page begins; null behind the last one. */
  next: string | null;
};

export type JobListReader = (tenant: string, filters: JobListFilters, page: JobListPage) => Promise<JobList>;

/** Jobs that one page looks at, at most: so few of them may fit that it has fewer than were asked for, and a next one. */
export const lookedAtPerPage = 500;

/**
 * Behind the arguments stand the lists. A job that its status or code is asked of is looked at: workers of older releases end
 * jobs without a word to the lists. Those that are processed stand in no list of their own, for all of them are in `active`,
 * which is short.
 */
const listLua = `
local function isActive(id)
  return redis.call('EXISTS', jobPrefix .. id .. ':lock') == 1
end
local function fits(id)
  if batch ~= '' and string.sub(redis.call('HGET', jobPrefix .. id, '${ownFields.batch}') or '', 1, 36) ~= batch then return false end
  if status == '' then return true end
  local f = redis.call('HMGET', jobPrefix .. id, '${bullmqFields.createdAt}', '${bullmqFields.finishedAt}',
    '${ownFields.cancelledAt}', '${ownFields.deletedAt}')
  if not f[1] or f[4] then return false end
  if f[3] then return status == 'cancelled' end
  if not f[2] then return status == (isActive(id) and 'processing' or 'queued') end
  if redis.call('HEXISTS', jobPrefix .. id, '${bullmqFields.result}') == 1 then return status == 'completed' end
  if status ~= 'failed' or code == '' then return status == 'failed' end
  local reason = redis.call('HGET', jobPrefix .. id, '${bullmqFields.failure}') or ''
  local known = string.match(reason, '^{"code":"([%w_]+)"')
  return (known or 'internal_error') == code
end
local function idsBefore(id, count)
  local from, to = id == '' and '+' or '(' .. bytesOfId(id), since == '' and '-' or '(' .. bytesOfId(since)
  local ids = {}
  for at = rest, #ARGV do
    local members = redis.call('ZRANGE', listKey(ARGV[at], tenant), from, to, 'BYLEX', 'REV', 'LIMIT', 0, count)
    for _, member in ipairs(members) do table.insert(ids, idOfBytes(member)) end
  end
  return ids
end
local function idsInWork()
  local ids = {}
  for _, id in ipairs(redis.call('LRANGE', active, 0, -1)) do
    if (after == '' or id < after) and id > since and tenantOf(redis.call('HGET', jobPrefix .. id, '${ownFields.envelope}')) == tenant then
      table.insert(ids, id)
    end
  end
  return ids
end
local function newestFirst(ids, count)
  table.sort(ids, function(one, other) return one > other end)
  for at = #ids, count + 1, -1 do ids[at] = nil end
  return ids
end
local wanted, found, looked, last = tonumber(limit), {}, 0, after
local inWork = status == 'processing' and newestFirst(idsInWork(), math.huge)
local count = inWork and #inWork + 1 or wanted + 1
while looked < tonumber(most) do
  local ids = inWork or newestFirst(idsBefore(last, count), count)
  for _, id in ipairs(ids) do
    if fits(id) then
      if #found == wanted then return {found, found[wanted]} end
      table.insert(found, id)
    end
    last = id
  end
  if #ids < count then return {found, false} end
  looked = looked + #ids
end
return {found, last}`;

/** Of one shard. */
export function createJobListReader(shard: Shard): JobListReader {
  const runList = defineShardScript(shard, {
    name: 'tintypeList',
    pieces: [jobListsLua],
    fixedKeys: ['jobPrefix', 'active'],
    keys: [],
    args: ['tenant', 'status', 'code', 'batch', 'after', 'since', 'limit', 'most'],
    lua: listLua,
    readOnly: true,
  });
  return async (tenant, { status, code, batch, createdAfterMs }, { limit, after }) => {
    const { newest, oldest } = batch === undefined ? { newest: '', oldest: '' } : batchItemRange(batch);
    const since = createdAfterMs === undefined ? '' : newestIdOf(createdAfterMs);
    const args = {
      tenant: tenantInEnvelope(tenant),
      status: status ?? '',
      code: code ?? '',
      batch: batch ?? '',
      after: after ?? newest,
      since: [since, oldest].toSorted().at(-1) ?? '',
      limit,
      most: lookedAtPerPage,
    };
    const reply = await runList({}, args, listsOf(status));
    const [ids, next] = Array.isArray(reply) ? reply : [];
    return { ids: Array.isArray(ids) ? ids.map(String) : [], next: typeof next === 'string' ? next : null };
  };
}

/** Completed jobs are most of all that are kept, and have no list of their own. */
function listsOf(status: ThumbnailStatus | undefined): readonly string[] {
  if (status === 'queued') return openLists;
  if (status === 'failed' || status === 'cancelled') return [status];
  return ['all'];
}
