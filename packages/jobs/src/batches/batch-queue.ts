/** The producer's side of batches: the record first, with all ids that it reserves, then its jobs, many in a script. */
import { batchItemId, Problem, type ThumbnailJobData } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import {
  insertCommonArgs,
  insertCommonValues,
  insertJobArgs,
  insertJobValues,
  insertLua,
  newJobOf,
  type Urgency,
} from '../bullmq/insert.ts';
import { ownFields } from '../bullmq/protocol.ts';
import { tenantInEnvelope } from '../record/envelope.ts';
import { noQuotas, type Quotas, quotaArgs, quotaValues, requireQuota } from '../usage/quotas.ts';
import { batchEntry } from './batch-expiry.ts';
import { writeItemProblem } from './batch-problems.ts';

export type NewBatch = {
  id: string;
  tenant: string;
  requestId: string;
  /** Of its items, as far as they are known. */
  expiresAtMs: number;
  metadata: Record<string, unknown>;
  /** Items that it has. */
  total: number;
  /** Why some of them are none, by their place from 0. */
  refused: ReadonlyMap<number, Problem>;
};

export type BatchJob = { index: number; job: ThumbnailJobData };

export type BatchQueue = {
  /**
   * Writes the batch's record; of an id that is or was there it changes nothing, and answers false. Throws
   * `quota_exceeded`.
   */
  begin(batch: NewBatch): Promise<boolean>;
  /**
   * Adds jobs of a batch's items under their ids, in one round trip. What is there already stays as it is, and nothing is
   * added to a batch that was cancelled or deleted. An item that the quotas have no room for keeps that as its problem, and is
   * answered.
   */
  add(
    batch: Pick<NewBatch, 'id' | 'tenant'>,
    jobs: readonly BatchJob[],
    passesOthers: boolean,
  ): Promise<ReadonlyMap<number, Problem>>;
  /** Notes why items are none that were not added yet. */
  refuse(batchId: string, refused: ReadonlyMap<number, Problem>): Promise<void>;
};

/** Jobs that one script adds: it must not keep Redis from others for long. */
const jobsPerScript = 50;
/** What a batch is counted with besides its texts: its hash, and its places in the indexes. */
const batchBytes = { base: 1000, perProblem: 60, perByte: 1.25 } as const;

const beginLua = `
local batch = batchPrefix .. id
if redis.call('EXISTS', batch, tombstonePrefix .. id) > 0 then return 0 end
local usage = usageOf(tenant)
local full = overQuota(tenant, usage, {jobBytes = tonumber(bytes)})
if full then return full end
count(tenant, usage, {jobBytes = tonumber(bytes)})
local refused = (#ARGV - rest + 1) / 2
redis.call('ZADD', expiry, expiresAt, entry)
redis.call('HSET', batch, 'v', 1, 'tenant', tenant, 'bytes', bytes, 'createdAt', nowMs(), 'expiresAt', expiresAt,
  'metadata', metadata, 'requestId', requestId, 'total', total, 'failed', refused, 'refused', refused)
for at = rest, #ARGV, 2 do redis.call('HSET', batch, ARGV[at], ARGV[at + 1]) end
endBatch(id)
return 1`;

/** Behind the arguments stand, for each job, its place and what `insert` takes. Answers places and what was full there. */
const addLua = `
local batch = batchPrefix .. batchId
local f = redis.call('HMGET', batch, 'expiresAt', 'cancelledAt', 'deletedAt')
if not f[1] or f[2] or f[3] then return {} end
local refused, added, latest = {}, 0, tonumber(f[1])
for at = rest, #ARGV, ${insertJobArgs.length + 1} do
  if redis.call('HEXISTS', batch, ARGV[at]) == 0 then
    local code = insert(unpack(ARGV, at + 1, at + ${insertJobArgs.length}))
    if code == 1 then
      redis.call('HSET', jobPrefix .. ARGV[at + 1], '${ownFields.batch}', batchId)
      added = added + 1
      latest = math.max(latest, tonumber(ARGV[at + ${insertJobArgs.indexOf('expiresAt') + 1}]))
    elseif code ~= 0 then
      table.insert(refused, {ARGV[at], code})
    end
  end
end
if added > 0 then
  redis.call('HINCRBY', batch, 'open', added)
  redis.call('HSET', batch, 'expiresAt', string.format('%.0f', latest))
  redis.call('ZADD', expiry, 'GT', latest, entry)
end
return refused`;

/** Behind the arguments stand places and problems. */
const refuseLua = `
local batch = batchPrefix .. batchId
local f = redis.call('HMGET', batch, 'tenant', 'cancelledAt', 'deletedAt')
if not f[1] or f[2] or f[3] then return 0 end
local refused, bytes = 0, 0
for at = rest, #ARGV, 2 do
  if redis.call('HSETNX', batch, ARGV[at], ARGV[at + 1]) == 1 then
    refused = refused + 1
    bytes = bytes + ${batchBytes.perProblem} + math.ceil(${batchBytes.perByte} * #ARGV[at + 1])
  end
end
redis.call('HINCRBY', batch, 'failed', refused)
redis.call('HINCRBY', batch, 'refused', refused)
redis.call('HINCRBY', batch, 'bytes', bytes)
count(f[1], usageOf(f[1]), {jobBytes = bytes})
endBatch(batchId)
return 1`;

export type BatchQueueOptions = Pick<Urgency, 'keepsUploads'> & { quotas?: () => Quotas };

/** Of one shard. */
export function createBatchQueue(
  shard: Shard,
  { keepsUploads, quotas = () => noQuotas }: BatchQueueOptions,
): BatchQueue {
  const { runBegin, runAdd, runRefuse } = defineScripts(shard);
  const refuse: BatchQueue['refuse'] = async (batchId, refused) => {
    if (refused.size > 0) await runRefuse({}, { batchId }, textsOf(refused));
  };
  const addSome = async ({ id, tenant }: Pick<NewBatch, 'id' | 'tenant'>, jobs: BatchJob[], urgency: Urgency) => {
    const values = jobs.flatMap(({ index, job }) => {
      const one = insertJobValues(newJobOf(batchItemId(id, index), job, urgency));
      return [index, ...insertJobArgs.map((name) => one[name])];
    });
    const common = { batchId: id, entry: batchEntry(id), ...insertCommonValues(tenant, quotas()) };
    return refusedIn(await runAdd({}, common, values));
  };
  return {
    async begin({ id, tenant, requestId, expiresAtMs, metadata, total, refused }) {
      const texts = textsOf(refused);
      const text = JSON.stringify(metadata);
      const textBytes = texts.reduce((sum, one) => sum + Buffer.byteLength(one), Buffer.byteLength(text));
      const bytes = batchBytes.base + batchBytes.perProblem * refused.size + Math.ceil(batchBytes.perByte * textBytes);
      const args = { id, entry: batchEntry(id), requestId, total, bytes, metadata: text, expiresAt: expiresAtMs };
      const counted = { tenant: tenantInEnvelope(tenant), ...quotaValues(quotas()) };
      const begun = await runBegin({}, { ...args, ...counted }, texts);
      requireQuota(begun);
      return begun === 1;
    },
    refuse,
    async add(batch, jobs, passesOthers) {
      const urgency: Urgency = { urgency: 'batch', passesOthers, keepsUploads };
      const some = Array.from({ length: Math.ceil(jobs.length / jobsPerScript) }, (_, at) =>
        jobs.slice(at * jobsPerScript, (at + 1) * jobsPerScript),
      );
      // All in the same turn, so that they go in one packet; between two of them Redis serves others.
      const full = await Promise.all(some.map((part) => addSome(batch, part, urgency)));
      const refused = new Map(full.flat());
      await refuse(batch.id, refused);
      return refused;
    },
  };
}

function textsOf(refused: ReadonlyMap<number, Problem>): string[] {
  return [...refused].flatMap(([index, problem]) => [String(index), writeItemProblem(problem)]);
}

function refusedIn(reply: unknown): [number, Problem][] {
  return (Array.isArray(reply) ? reply : []).map(([index, full]) => [Number(index), quotaProblem(full)]);
}

function quotaProblem(full: unknown): Problem {
  try {
    requireQuota(full);
  } catch (err) {
    if (err instanceof Problem) return err;
  }
  return new Problem('quota_exceeded');
}

function defineScripts(shard: Shard) {
  const common = { pieces: insertLua, keys: [], fixedKeys: ['batchPrefix', 'tombstonePrefix', 'expiry'] } as const;
  const args = ['id', 'entry', 'requestId', 'total', 'bytes', 'metadata', 'expiresAt', 'tenant', ...quotaArgs] as const;
  return {
    runBegin: defineShardScript(shard, { ...common, name: 'tintypeBeginBatch', args, lua: beginLua }),
    runAdd: defineShardScript(shard, {
      ...common,
      name: 'tintypeAddToBatch',
      args: ['batchId', 'entry', ...insertCommonArgs],
      lua: addLua,
    }),
    runRefuse: defineShardScript(shard, {
      ...common,
      name: 'tintypeRefuseInBatch',
      args: ['batchId'],
      lua: refuseLua,
    }),
  };
}
