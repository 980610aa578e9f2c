/** Gives an envelope to a job that was added without one: by release 0.1.0, or by a tool of BullMQ. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { bullmqFields, ownFields } from '../bullmq/protocol.ts';
import { findEnvelope, writeEnvelope } from './envelope.ts';

/** Nothing is written when the job is gone, or its data does not say enough. */
export type WriteLateEnvelope = (id: string, data: unknown) => Promise<void>;

const lateEnvelopeLua = `
if redis.call('HEXISTS', job, '${bullmqFields.createdAt}') == 0 then return 0 end
return redis.call('HSETNX', job, '${ownFields.envelope}', envelope)`;

/** Of one shard. Files are noted in envelopes (expiry/blob-referrers.ts): whoever works on a job needs it to have one. */
export function createLateEnvelopeWriter(shard: Shard): WriteLateEnvelope {
  const runWrite = defineShardScript(shard, {
    name: 'tintypeLateEnvelope',
    keys: ['job'],
    args: ['envelope'],
    lua: lateEnvelopeLua,
  });
  return async (id, data) => {
    const found = findEnvelope({ envelope: null, data: JSON.stringify(data), result: null });
    if (found) await runWrite({ job: shard.keys.job(id) }, { envelope: writeEnvelope(found) });
  };
}
