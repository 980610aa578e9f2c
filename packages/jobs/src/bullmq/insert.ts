/** A new job's way into the queue: record, rank, expiry and announcement by one script. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { type Lane, laneKeyOf, rankLua } from '../fair-order.ts';
import { writeEnvelope } from '../record/envelope.ts';
import { jobOptions } from '../record/job-failures.ts';
import { bullmqFields, ownFields, queueLua } from './protocol.ts';

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

const insertLua = `
local job = jobPrefix .. id
if redis.call('EXISTS', job) == 1 then return 0 end
redis.call('ZADD', expiry, expiresAt, id)
local rank = rankOf(tenantLane, tonumber(laneCode), tonumber(laneCost))
redis.call('HSET', job, '${bullmqFields.name}', name, '${bullmqFields.data}', data, '${bullmqFields.options}', options,
  '${bullmqFields.createdAt}', nowMs(), '${bullmqFields.delayMs}', 0, '${bullmqFields.rank}', string.format('%.0f', rank),
  '${ownFields.envelope}', envelope)
if outbox ~= '' then redis.call('HSET', job, '${ownFields.outbox}', outbox) end
lineUp(id, rank, tonumber(version))
announce('queued', id)
return 1`;

/** Resolves once the job is in Redis. Adding an id again changes nothing, and answers false. */
export type Insert = (job: NewJob) => Promise<boolean>;

export function createInsert(shard: Shard): Insert {
  const runInsert = defineShardScript(shard, {
    name: 'tintypeInsert',
    pieces: [...queueLua, rankLua],
    fixedKeys: ['expiry'],
    keys: [],
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
    ],
    lua: insertLua,
  });
  return async ({ id, name, data, version, tenant, lane, expiresAtMs, blobs, outbox }) => {
    const added = await runInsert(
      {},
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
      },
    );
    return added === 1;
  };
}
