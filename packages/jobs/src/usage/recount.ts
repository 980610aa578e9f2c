/** Counts anew what tenants keep, from what is there, and corrects their counters while they change. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { clockLua, ownFields } from '../bullmq/protocol.ts';
import { noteLua } from './blob-notes.ts';
import { goneField, recountedFields, usageLua } from './counters.ts';

type Counts = Record<(typeof recountedFields)[number], number>;
type Snapshot = { counts: Counts; gone: Counts };

export type Recount = {
  /** Adds records of jobs to the sum; a record that nobody has counted is counted now. Answers how many those were. */
  addJobs(ids: readonly string[]): Promise<number>;
  /** Adds what these batches are counted with. */
  addBatches(ids: readonly string[]): Promise<void>;
  /** Adds the notes at these blobs. */
  addBlobs(sha256s: readonly string[]): Promise<void>;
  /** When all is added: corrects what must be wrong, and answers how many tenants' counters were. */
  correct(): Promise<number>;
};

/**
 * Behind the arguments stand ids. A record of release 0.1.0 without an envelope names its tenant first in its data; one
 * whose tenant cannot be read so is counted once it has an envelope.
 */
const addJobsLua = `
local found, marked = {}, 0
for at = rest, #ARGV do
  local job = jobPrefix .. ARGV[at]
  local f = redis.call('HMGET', job, 'data', '${ownFields.envelope}', '${ownFields.counted}')
  local tenant = f[1] and (tenantOf(f[2]) or string.match(f[1], '^{"tenant":"([%w._-]+)"'))
  if tenant then
    local bytes = bytesOfJob(f[1])
    if not isCounted(f[1], f[3]) then
      redis.call('HSET', job, '${ownFields.counted}', 1)
      count(tenant, usageOf(tenant), {jobs = 1, jobBytes = bytes})
      marked = marked + 1
    end
    table.insert(found, tenant)
    table.insert(found, bytes)
  end
end
return {marked, found}`;

/** Behind the arguments stand ids of batches. */
const addBatchesLua = `
local found = {}
for at = rest, #ARGV do
  local f = redis.call('HMGET', batchPrefix .. ARGV[at], 'tenant', 'bytes')
  if f[1] then
    table.insert(found, f[1])
    table.insert(found, tonumber(f[2] or 0))
  end
end
return found`;

const addBlobsLua = `
local found = {}
for at = rest, #ARGV do
  local notes = redis.call('HGETALL', ARGV[at])
  for i = 1, #notes, 2 do
    local bytes = bytesOfNote(notes[i + 1])
    local tenant = bytes > 0 and (tenantOf(notes[i + 1])
      or tenantOf(redis.call('HGET', jobPrefix .. notes[i], '${ownFields.envelope}')))
    if tenant then
      table.insert(found, tenant)
      table.insert(found, bytes)
    end
  end
end
return found`;

/** Of all tenants that keep something, and of those behind the arguments. */
const snapshotLua = `
local all, isListed = redis.call('SMEMBERS', usageTenants), {}
for _, tenant in ipairs(all) do isListed[tenant] = true end
for at = rest, #ARGV do if not isListed[ARGV[at]] then table.insert(all, ARGV[at]) end end
for at, tenant in ipairs(all) do
  local usage = usageOf(tenant)
  all[at] = {tenant, ${recountedFields.map((name) => `usage.${name}, usage['${goneField(name)}']`).join(', ')}}
end
return all`;

const correctLua = `
local usage = usageOf(tenant)
count(tenant, usage, {${recountedFields.map((name) => `${name} = tonumber(${name})`).join(', ')}})
if usage.keeps then redis.call('SADD', usageTenants, tenant) end
return 1`;

/** Of one shard. */
export async function startRecount(shard: Shard): Promise<Recount> {
  const scripts = defineScripts(shard);
  const sums = new Map<string, Counts>();
  const isNew = createSieve();
  const add = (reply: unknown, change: (counts: Counts, bytes: number) => void) => {
    const found = Array.isArray(reply) ? reply : [];
    for (let at = 0; at < found.length; at += 2) {
      const tenant = String(found[at]);
      const counts = sums.get(tenant) ?? { jobs: 0, jobBytes: 0, diskBytes: 0 };
      change(counts, Number(found[at + 1]));
      sums.set(tenant, counts);
    }
  };
  const before = snapshotsIn(await scripts.snapshot({}, {}));
  return {
    async addJobs(ids) {
      const reply = await scripts.addJobs({}, {}, ids.filter(isNew));
      const [marked, found] = Array.isArray(reply) ? reply : [];
      add(found, (counts, bytes) => {
        counts.jobs += 1;
        counts.jobBytes += bytes;
      });
      return Number(marked);
    },
    async addBatches(ids) {
      add(await scripts.addBatches({}, {}, ids.filter(isNew)), (counts, bytes) => {
        counts.jobBytes += bytes;
      });
    },
    async addBlobs(sha256s) {
      const names = sha256s.filter(isNew).map(shard.keys.referrers);
      add(await scripts.addBlobs({}, {}, names), (counts, bytes) => {
        counts.diskBytes += bytes;
      });
    },
    async correct() {
      const after = snapshotsIn(await scripts.snapshot({}, {}, [...sums.keys()]));
      let corrected = 0;
      for (const [tenant, now] of after) {
        const changes = correctionOf(sums.get(tenant), before.get(tenant), now);
        if (Object.values(changes).every((change) => change === 0)) continue;
        await scripts.correct({}, { tenant, ...changes });
        corrected += 1;
      }
      return corrected;
    },
  };
}

const nothing: Counts = { jobs: 0, jobBytes: 0, diskBytes: 0 };

/**
 * What was there when the recount began lies between its sum less all that came since, and its sum and all that went
 * since. What the counter said then is right when it lies there too; else it is moved as far as is certain. So a busy
 * tenant's right counter is never made wrong.
 */
export function correctionOf(sum = nothing, before: Snapshot | undefined, now: Snapshot): Counts {
  const changes = { ...nothing };
  for (const name of recountedFields) {
    const then = before?.counts[name] ?? 0;
    const went = now.gone[name] - (before?.gone[name] ?? 0);
    const came = now.counts[name] - then + went;
    // The counters were begun anew meanwhile: next time.
    if (went < 0 || came < 0) continue;
    changes[name] = Math.min(0, sum[name] + went - then) + Math.max(0, sum[name] - came - then);
  }
  return changes;
}

/** A scan may show a key twice: told apart by the last 13 digits, which are random in ids and hashes. */
function createSieve() {
  const seen = new Set<number>();
  return (name: string): boolean => {
    const digits = Number.parseInt(name.replaceAll('-', '').slice(-13), 16);
    if (seen.has(digits)) return false;
    seen.add(digits);
    return true;
  };
}

function snapshotsIn(reply: unknown): Map<string, Snapshot> {
  const snapshots = new Map<string, Snapshot>();
  for (const row of Array.isArray(reply) ? reply : []) {
    const [tenant, jobs, goneJobs, jobBytes, goneJobBytes, diskBytes, goneDiskBytes] = Array.isArray(row) ? row : [];
    snapshots.set(String(tenant), {
      counts: { jobs: Number(jobs), jobBytes: Number(jobBytes), diskBytes: Number(diskBytes) },
      gone: { jobs: Number(goneJobs), jobBytes: Number(goneJobBytes), diskBytes: Number(goneDiskBytes) },
    });
  }
  return snapshots;
}

function defineScripts(shard: Shard) {
  const common = { pieces: [clockLua, usageLua, noteLua], fixedKeys: ['jobPrefix', 'batchPrefix'], keys: [] } as const;
  return {
    addJobs: defineShardScript(shard, { ...common, name: 'tintypeRecountJobs', args: [], lua: addJobsLua }),
    addBatches: defineShardScript(shard, { ...common, name: 'tintypeRecountBatches', args: [], lua: addBatchesLua }),
    addBlobs: defineShardScript(shard, { ...common, name: 'tintypeRecountBlobs', args: [], lua: addBlobsLua }),
    snapshot: defineShardScript(shard, { ...common, name: 'tintypeRecountBegins', args: [], lua: snapshotLua }),
    correct: defineShardScript(shard, {
      ...common,
      name: 'tintypeRecountEnds',
      args: ['tenant', ...recountedFields],
      lua: correctLua,
    }),
  };
}
