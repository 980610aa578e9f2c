/** The producer's side: puts thumbnail jobs into the queue, and tells how long it is. */
import type { ThumbnailJobData } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { type JobUrgency, type Lane, laneKeyOf, laneOf, rankLua } from '../fair-order.ts';
import { uploadsOutbox } from '../job-events/announce.ts';
import { ownTurnOf, turnLua } from '../own-turn.ts';
import { tenantInEnvelope, writeEnvelope } from '../record/envelope.ts';
import { jobOptions } from '../record/job-failures.ts';
import { recordVersionOf, writeJobData } from '../record/stored-job.ts';
import { usageLua } from '../usage/counters.ts';
import { noQuotas, type Quotas, quotaArgs, quotaLua, quotaValues, requireQuota } from '../usage/quotas.ts';
import { bullmqFields, ownFields, queueLua } from './protocol.ts';

export type ThumbnailQueue = {
  /**
   * Resolves when the job is in Redis, in the index of expiry too. Adding an id again changes nothing, even when its job
   * was deleted or has expired meanwhile, and answers false. Unless it `passesOthers`, how urgent it is orders it among
   * its tenant's own jobs alone. Throws `quota_exceeded`; nothing is added then.
   */
  add(id: string, job: ThumbnailJobData, urgency?: JobUrgency, passesOthers?: boolean): Promise<boolean>;
  /** Jobs that wait, for a worker or for their next attempt, and jobs that are worked on. */
  depth(): Promise<QueueDepth>;
};

export type QueueDepth = { waiting: number; delayed: number; active: number };

/** The name of the only kind of job there is. */
const jobName = 'thumbnail';

export type ThumbnailQueueOptions = {
  /** Whether uploads stay as long as their jobs, instead of until these have ended for good; false by default. */
  keepsUploads?: boolean;
  /** What a tenant may keep, now; as much as there is room for by default. */
  quotas?: () => Quotas;
};

/** The queue of one shard. Never removes a finished job by itself: that is the sweep's work. */
export function createThumbnailQueue(
  shard: Shard,
  { keepsUploads = false, quotas }: ThumbnailQueueOptions = {},
): ThumbnailQueue {
  const insert = createInsert(shard, quotas);
  return {
    add(id, job, urgency = 'single', passesOthers = true) {
      const { tenant, expiresAtMs, source, outbox = [] } = job;
      return insert({
        id,
        name: jobName,
        data: writeJobData(job),
        version: recordVersionOf(job),
        tenant,
        lane: (passesOthers ? laneOf : ownTurnOf)(job.priority, urgency),
        expiresAtMs,
        blobs: 'upload' in source ? [source.upload] : [],
        outbox: 'upload' in source && !keepsUploads ? [...outbox, uploadsOutbox.name] : outbox,
      });
    },
    depth: () => readDepth(shard),
  };
}

/** How many jobs are where now: one round trip. */
export async function readDepth({ redis, keys }: Shard): Promise<QueueDepth> {
  const [prioritized, abandoned, newer, delayed, active, ...aside] = await Promise.all([
    redis.zcard(keys.prioritized),
    redis.llen(keys.wait),
    redis.zcard(keys.newer),
    redis.zcard(keys.delayed),
    redis.llen(keys.active),
    redis.zcard(keys.pausedHigh),
    redis.zcard(keys.pausedNormal),
    redis.zcard(keys.pausedLow),
  ]);
  const waiting = [prioritized, abandoned, newer, ...aside].reduce((sum, count) => sum + count, 0);
  return { waiting, delayed, active };
}

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

/** What a stock worker needs to know; the pauses between attempts are ours to decide. */
const jobOptionsText = JSON.stringify({ attempts: jobOptions.attempts });

/**
 * A file that came in with the job was counted when it was retained: a full disk refuses only what makes more files. What
 * `count` does in general is done here by hand: every job pays for it.
 */
const insertLua = `
local job = jobPrefix .. id
if redis.call('EXISTS', job, tombstone) > 0 then return 0 end
local bytes = bytesOfJob(data)
local kept = redis.call('HMGET', usagePrefix .. tenant, 'jobs', 'jobBytes', 'diskBytes', 'paletteBytes', 'keyBytes')
for at = 1, 5 do kept[at] = tonumber(kept[at] or 0) end
if quotaJobs ~= '' or quotaRedisBytes ~= '' or quotaDiskBytes ~= '' then
  local usage = {jobs = kept[1], jobBytes = kept[2], diskBytes = kept[3], paletteBytes = kept[4], keyBytes = kept[5]}
  local full = overQuota(tenant, usage, {jobs = 1, jobBytes = bytes, diskBytes = hasFile == '1' and 0 or 1})
  if full then return full end
end
redis.call('ZADD', expiry, expiresAt, id)
local rank, turn
if laneLevel == '' then
  rank = rankOf(tenantLane, tonumber(laneCode), tonumber(laneCost))
else
  local tenant = string.match(tenantLane, ':(.*)$')
  rank, turn = rankInTurn(tenant, envelope, tonumber(laneLevel), tonumber(laneCode), tonumber(laneCost))
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
lineUp(id, rank, tonumber(version))
announce('queued', id)
return 1`;

/**
 * Resolves once the job is in Redis. Adding an id again changes nothing, of a job that is gone too, and answers false.
 * Throws `quota_exceeded`.
 */
export type Insert = (job: NewJob) => Promise<boolean>;

export function createInsert(shard: Shard, quotas: () => Quotas = () => noQuotas): Insert {
  const runInsert = defineShardScript(shard, {
    name: 'tintypeInsert',
    pieces: [...queueLua, rankLua, turnLua, usageLua, quotaLua],
    fixedKeys: ['expiry'],
    keys: ['tombstone'],
    args: [
      'id',
      'name',
      'data',
      'options',
      'envelope',
      'version',
      'outbox',
      'expiresAt',
      'tenantLane',
      'laneCode',
      'laneCost',
      'laneLevel',
      'tenant',
      'hasFile',
      ...quotaArgs,
    ],
    lua: insertLua,
  });
  return async ({ id, name, data, version, tenant, lane, expiresAtMs, blobs, outbox }) => {
    const added = await runInsert(
      { tombstone: shard.keys.tombstone(id) },
      {
        id,
        name,
        data,
        options: jobOptionsText,
        envelope: writeEnvelope({ version, tenant, expiresAtMs, blobs }),
        version,
        outbox: outbox.join(' '),
        expiresAt: expiresAtMs,
        tenantLane: laneKeyOf(tenant, lane),
        laneCode: lane.code,
        laneCost: lane.cost,
        laneLevel: lane.level ?? '',
        tenant: tenantInEnvelope(tenant),
        hasFile: blobs.length > 0 ? 1 : 0,
        ...quotaValues(quotas()),
      },
    );
    requireQuota(added);
    return added === 1;
  };
}
