/** Remembers which job last heard from the source of a URL: what it heard is in that job's result. */
import type { JobSource, SourceValidity, ThumbnailJobResult } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { readResult } from '../record/stored-job.ts';
import { fingerprint } from './fingerprint.ts';

/** One tenant's source: what a source has told one tenant is no other one's. */
export type TenantSource = { tenant: string; source: JobSource };

/** The result of the job that heard from it, with what it heard. */
export type RememberedSource = ThumbnailJobResult & { validity: SourceValidity };

export type RememberedSources = {
  /** Null when nothing is known of it. Throws `UnreadableRecord`. */
  find(source: TenantSource): Promise<RememberedSource | null>;
  /** The job's result will say what it has heard; null when that is nothing, and what was known is over. */
  remember(source: TenantSource, by: { id: string; expiresAtMs: number } | null): Promise<void>;
  /** Redis' own time, in which the results tell how long a source is fresh. */
  nowMs(): number;
};

const findLua = `
local id = redis.call('GET', source)
if not id then return false end
local f = redis.call('HMGET', jobPrefix .. id, 'returnvalue', 'cancelledAt', 'deletedAt')
return not f[2] and not f[3] and f[1]`;

/** The index holds ids only, and none of an upload. An entry lives as long as the record that it names is to live. */
export function createRememberedSources(shard: Shard): RememberedSources {
  const { redis, keys } = shard;
  const runFind = defineShardScript(shard, {
    name: 'tintypeFindSource',
    fixedKeys: ['jobPrefix'],
    keys: ['source'],
    args: [],
    lua: findLua,
  });
  const keyOf = ({ tenant, source }: TenantSource) =>
    'url' in source ? keys.source(fingerprint('source', tenant, source.fetchUrl ?? source.url)) : null;
  return {
    async find(source) {
      const key = keyOf(source);
      const text = key && (await runFind({ source: key }, {}));
      if (typeof text !== 'string') return null;
      const { validity, ...result } = readResult(text);
      return validity ? { ...result, validity } : null;
    },
    async remember(source, by) {
      const key = keyOf(source);
      if (key === null) return;
      if (by) await redis.set(key, by.id, 'PXAT', by.expiresAtMs);
      else await redis.del(key);
    },
    nowMs: () => shard.nowMs(),
  };
}
