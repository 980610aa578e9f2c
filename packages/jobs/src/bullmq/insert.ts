/** A job on its way into the queue: record, rank, expiry, count and announcement by one script. */
import { keepsSource, type ThumbnailJobData } from '@tintype/contracts';
import { defineShardScript, type LuaPiece, type Shard } from '@tintype/redis';
import { type JobUrgency, type Lane, laneKeyOf, laneOf, rankLua } from '../fair-order.ts';
import { uploadsOutbox } from '../job-events/announce.ts';
import { ownTurnOf, turnLua } from '../own-turn.ts';
import { tenantInEnvelope, writeEnvelope } from '../record/envelope.ts';
import { jobOptions } from '../record/job-failures.ts';
import { recordVersionOf, writeJobData } from '../record/stored-job.ts';
import { usageLua } from '../usage/counters.ts';
import { noQuotas, type Quotas, quotaArgs, quotaLua, quotaValues, requireQuota } from '../usage/quotas.ts';
import { bullmqFields, ownFields, queueLua } from './protocol.ts';

/** A job on its way in. */
export type NewJob = {
  id: string;
  name: string;
  /** As it is stored. */
  data: string;
  /** The version of records that its reader must know. */
  version: number;
  tenant: string;
  lane: Lane;
  expiresAtMs: number;
  /** Blobs that it refers to: its upload. */
  blobs: string[];
  /** Who must hear of its end. */
  outbox: readonly string[];
};

/** How a thumbnail's job goes in. */
export type Urgency = {
  urgency: JobUrgency;
  /** Whether it may pass other tenants' jobs. */
  passesOthers: boolean;
  /** Whether its upload stays as long as the job. */
  keepsUploads: boolean;
};

/** The name of the only kind of job there is. */
const jobName = 'thumbnail';

export function newJobOf(id: string, job: ThumbnailJobData, { urgency, passesOthers, keepsUploads }: Urgency): NewJob {
  const { tenant, expiresAtMs, source, outbox = [] } = job;
  return {
    id,
    name: jobName,
    data: writeJobData(job),
    version: recordVersionOf(job),
    tenant,
    lane: (passesOthers ? laneOf : ownTurnOf)(job.priority, urgency),
    expiresAtMs,
    blobs: 'upload' in source ? [source.upload] : [],
    outbox: 'upload' in source && !keepsUploads && !keepsSource(job) ? [...outbox, uploadsOutbox.name] : outbox,
  };
}

/** What a stock worker needs to know; the pauses between attempts are ours to decide. */
const jobOptionsText = JSON.stringify({ attempts: jobOptions.attempts });

/** Arguments that are the same for all jobs of a tenant that one script inserts, … */
export const insertCommonArgs = ['name', 'options', 'tenant', ...quotaArgs] as const;
/** … and those of each job, in the order in which `insert` takes them. */
export const insertJobArgs = [
  'id',
  'data',
  'envelope',
  'version',
  'outbox',
  'expiresAt',
  'tenantLane',
  'laneCode',
  'laneCost',
  'laneLevel',
  'hasFile',
] as const;

/**
 * For Lua, in scripts with the common arguments: `insert(…)` answers 1 for a job that is new, 0 for an id that is or was
 * there, and what is full where a quota has no room. A file that came in with the job was counted when it was retained: a
 * full disk refuses only what makes more files. What `count` does in general is done here by hand: every job pays for it.
 */
const insertPieceLua: LuaPiece = {
  keys: ['jobPrefix', 'tombstonePrefix', 'expiry', 'usagePrefix'],
  lua: `
local function insert(${insertJobArgs.join(', ')})
  local job = jobPrefix .. id
  if redis.call('EXISTS', job, tombstonePrefix .. id) > 0 then return 0 end
  local bytes = bytesOfJob(data)
  local kept = redis.call('HMGET', usagePrefix .. tenant, 'jobs', 'jobBytes', 'diskBytes', 'paletteBytes', 'keyBytes',
    'feedbackBytes')
  for at = 1, 6 do kept[at] = tonumber(kept[at] or 0) end
  if quotaJobs ~= '' or quotaRedisBytes ~= '' or quotaDiskBytes ~= '' then
    local usage = {jobs = kept[1], jobBytes = kept[2], diskBytes = kept[3], paletteBytes = kept[4], keyBytes = kept[5],
      feedbackBytes = kept[6]}
    local full = overQuota(tenant, usage, {jobs = 1, jobBytes = bytes, diskBytes = hasFile == '1' and 0 or 1})
    if full then return full end
  end
  redis.call('ZADD', expiry, expiresAt, id)
  local rank, turn
  if laneLevel == '' then
    rank = rankOf(tenantLane, tonumber(laneCode), tonumber(laneCost))
  else
    local holder = string.match(tenantLane, ':(.*)$')
    rank, turn = rankInTurn(holder, envelope, tonumber(laneLevel), tonumber(laneCode), tonumber(laneCost))
  end
  redis.call('HSET', job, '${bullmqFields.name}', name, '${bullmqFields.data}', data, '${bullmqFields.options}', options,
    '${bullmqFields.createdAt}', nowMs(), '${bullmqFields.delayMs}', 0, '${bullmqFields.rank}', string.format('%.0f', rank),
    '${ownFields.envelope}', envelope)
  if turn then redis.call('HSET', job, '${ownFields.turn}', turn) end
  if outbox ~= '' then redis.call('HSET', job, '${ownFields.outbox}', outbox) end
  if isCounted(data) then
    redis.call('HSET', usagePrefix .. tenant, 'jobs', kept[1] + 1, 'jobBytes', kept[2] + bytes)
    if kept[1] == 0 then beginKeeping(tenant) end
  end
  beginListing(id, tenant, rank)
  lineUp(id, rank, tonumber(version))
  announce('queued', id)
  return 1
end`,
};

/** What scripts stand on that insert jobs. */
export const insertLua: readonly LuaPiece[] = [...queueLua, rankLua, turnLua, usageLua, quotaLua, insertPieceLua];

type CommonArg = (typeof insertCommonArgs)[number];

export function insertCommonValues(tenant: string, quotas: Quotas): Record<CommonArg, string> {
  return { name: jobName, options: jobOptionsText, tenant: tenantInEnvelope(tenant), ...quotaValues(quotas) };
}

export function insertJobValues(job: NewJob): Record<(typeof insertJobArgs)[number], string | number> {
  const { id, data, version, tenant, lane, expiresAtMs, blobs, outbox } = job;
  return {
    id,
    data,
    envelope: writeEnvelope({ version, tenant, expiresAtMs, blobs }),
    version,
    outbox: outbox.join(' '),
    expiresAt: expiresAtMs,
    tenantLane: laneKeyOf(tenant, lane),
    laneCode: lane.code,
    laneCost: lane.cost,
    laneLevel: lane.level ?? '',
    hasFile: blobs.length > 0 ? 1 : 0,
  };
}

/**
 * Resolves once the job is in Redis. Adding an id again changes nothing, of a job that is gone too, and answers false.
 * Throws `quota_exceeded`.
 */
export type Insert = (job: NewJob) => Promise<boolean>;

export function createInsert(shard: Shard, quotas: () => Quotas = () => noQuotas): Insert {
  const runInsert = defineShardScript(shard, {
    name: 'tintypeInsert',
    pieces: insertLua,
    keys: [],
    args: [...insertCommonArgs, ...insertJobArgs],
    lua: `return insert(${insertJobArgs.join(', ')})`,
  });
  return async (job) => {
    const common = { ...insertCommonValues(job.tenant, quotas()), name: job.name };
    const added = await runInsert({}, { ...common, ...insertJobValues(job) });
    requireQuota(added);
    return added === 1;
  };
}
