/** Remembers which job last heard from the source of a URL: what it heard is in that job's result. */
import type { JobSource, SourceValidity, ThumbnailJobResult } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { jobListsLua } from '../lists/job-lists.ts';
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
  remember(source: TenantSource, by: { id: string } | null): Promise<void>;
  /** Redis' own time, in which the results tell how long a source is fresh. */
  nowMs(): number;
};

/**
 * Entries stand together in hashes that Redis packs: one takes 40 to 80 bytes, and would take 200 under a key of its own. Of
 * ten times as many hashes each of a thousand entries would take twice as much; of a tenth, one of a million.
 */
const buckets = 512;
/** Of the fingerprint, as the name of an entry; the bucket goes by what is behind them. */
const nameBytes = 16;

/** Where what is known of a source stands: the key of a hash, and a field. */
export type SourcePlace = { bucket: string; field: Buffer };

/** Null for an upload. */
export function placeOfSource(
  keys: Pick<Shard['keys'], 'sources'>,
  { tenant, source }: TenantSource,
): SourcePlace | null {
  if (!('url' in source)) return null;
  const hash = Buffer.from(fingerprint('source', tenant, source.fetchUrl ?? source.url), 'base64url');
  return { bucket: keys.sources(hash.readUInt16BE(nameBytes) % buckets), field: hash.subarray(0, nameBytes) };
}

const findLua = `
local bytes = redis.call('HGET', bucket, field)
if not bytes then return false end
local f = redis.call('HMGET', jobPrefix .. idOfBytes(bytes), 'returnvalue', 'cancelledAt', 'deletedAt')
return not f[2] and not f[3] and f[1]`;

/** The index holds ids only, of 16 bytes, and none of an upload. Whoever removes a record removes its entry. */
export function createRememberedSources(shard: Shard): RememberedSources {
  const { redis, keys } = shard;
  const runFind = defineShardScript(shard, {
    name: 'tintypeFindSource',
    pieces: [jobListsLua],
    fixedKeys: ['jobPrefix'],
    keys: ['bucket'],
    args: ['field'],
    lua: findLua,
  });
  return {
    async find(source) {
      const place = placeOfSource(keys, source);
      const text = place && (await runFind({ bucket: place.bucket }, { field: place.field }));
      if (typeof text !== 'string') return null;
      const { validity, ...result } = readResult(text);
      return validity ? { ...result, validity } : null;
    },
    async remember(source, by) {
      const place = placeOfSource(keys, source);
      if (place === null) return;
      const { bucket, field } = place;
      if (by) await redis.hset(bucket, field, Buffer.from(by.id.replaceAll('-', ''), 'hex'));
      else await redis.hdel(bucket, field);
    },
    nowMs: () => shard.nowMs(),
  };
}

const dropGoneLua = `
local entries, looked, dropped = redis.call('HGETALL', bucket), 0, 0
for at = 1, #entries, 2 do
  looked = looked + 1
  if redis.call('EXISTS', jobPrefix .. idOfBytes(entries[at + 1])) == 0 then
    dropped = dropped + redis.call('HDEL', bucket, entries[at])
  end
end
return {looked, dropped}`;

/** Entries whose record went without them: it could not be read. Bucket by bucket, of one shard. */
export async function* dropGoneSources(shard: Shard): AsyncIterable<{ looked: number; dropped: number }> {
  const runDropGone = defineShardScript(shard, {
    name: 'tintypeDropGoneSources',
    pieces: [jobListsLua],
    fixedKeys: ['jobPrefix'],
    keys: ['bucket'],
    args: [],
    lua: dropGoneLua,
  });
  for (let bucket = 0; bucket < buckets; bucket++) {
    const reply = await runDropGone({ bucket: shard.keys.sources(bucket) }, {});
    const [looked, dropped] = Array.isArray(reply) ? reply : [];
    yield { looked: Number(looked), dropped: Number(dropped) };
  }
}
