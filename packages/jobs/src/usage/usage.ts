/** Reads what a tenant keeps. */
import { defineShardScript, type ShardPlace } from '@tintype/redis';
import { clockLua } from '../bullmq/protocol.ts';
import { tenantInEnvelope } from '../record/envelope.ts';
import { usageLua } from './counters.ts';

export type Usage = {
  jobs: number;
  /** Of jobs, palettes, keys and remembered answers. */
  redisBytes: number;
  diskBytes: number;
};

/** What a tenant keeps now, in one round trip. */
export type ReadUsage = (tenant: string) => Promise<Usage>;

const readLua = `
local usage = usageOf(tenant)
return {usage.jobs, redisBytesOf(tenant, usage), usage.diskBytes}`;

/** Of one shard. */
export function createUsageReader(shard: ShardPlace): ReadUsage {
  const runRead = defineShardScript(shard, {
    name: 'tintypeReadUsage',
    pieces: [clockLua, usageLua],
    keys: [],
    args: ['tenant'],
    lua: readLua,
    readOnly: true,
  });
  return async (tenant) => {
    const reply = await runRead({}, { tenant: tenantInEnvelope(tenant) });
    const [jobs, redisBytes, diskBytes] = Array.isArray(reply) ? reply.map(Number) : [];
    return { jobs: jobs ?? 0, redisBytes: redisBytes ?? 0, diskBytes: diskBytes ?? 0 };
  };
}
