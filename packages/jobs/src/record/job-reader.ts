/** Reads records of jobs, one or many in one round trip; those of completed jobs that it knows already are not read again. */
import { Problem, UnreadableRecord } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import type { TenantSource } from '../sharing/remembered-sources.ts';
import { type Envelope, findBlobs, findEnvelope } from './envelope.ts';
import {
  fieldsOf,
  fieldsRead,
  type JobLookup,
  type JobRecord,
  lookupOf,
  readLua,
  textsIn,
  textsOf,
} from './job-record.ts';
import { bytesAsKnownLua, createKnownRecords, type KnownRecord, type KnownRecords } from './known-records.ts';
import { readJobData } from './stored-job.ts';

/** What is needed to remove a job, whatever its state and whether it can be read. */
export type JobRemains = {
  envelope: Envelope | null;
  /** The blobs that it may refer to. */
  blobs: string[];
  /** Code of the problem that it failed with; null when it has not. */
  failureCode: string | null;
  /** Where it came from; null when that cannot be read. */
  source: TenantSource | null;
};

export type JobReader = {
  /** Never throws for what is in the record. Of a completed job it may be an object that others have got too. */
  read(id: string): Promise<JobLookup>;
  /** The same of the first of these, in their order: of at least one, and of as many as go well into one answer of Redis. */
  readSome(ids: readonly string[]): Promise<JobLookup[]>;
  /** Whether this very object is what reading it again answers, as long as nothing has changed. */
  keeps(record: JobRecord): boolean;
  /** Null when there is no such job. */
  readRemains(id: string): Promise<JobRemains | null>;
};

/**
 * Texts of records that one script reads, in bytes: it goes on until it has so many. They are in memory together: of twice as
 * many, 200 slow readers of look-ups took the API to 296 MB instead of 254, and no page came sooner.
 */
const bytesAtOnce = 48 * 1024;
/** What is known is in memory already; what is made of it is copied all the same. */
const knownPart = 0.5;

/** What scripts return in the place of a record that is as its reader knows it. */
const asKnown = 1;

/** Whoever reads the first of these ids has them one after the other, with no word to Redis for each. */
const readSomeLua = `
${bytesAsKnownLua}
local function recordOf(id)
  local job, lock, tombstone = jobPrefix .. id, jobPrefix .. id .. ':lock', tombstonePrefix .. id
  ${readLua.trim()}
end
local replies, bytes = {}, 0
for at = rest, #ARGV, 2 do
  local id = ARGV[at]
  local knownBytes = bytesAsKnown(jobPrefix .. id, ARGV[at + 1])
  if knownBytes then
    replies[#replies + 1] = ${asKnown}
    bytes = bytes + knownBytes * ${knownPart}
  else
    local reply = recordOf(id)
    replies[#replies + 1] = reply
    if reply[1] then bytes = bytes + #(reply[1][1] or '') + #(reply[1][5] or '') end
  end
  if bytes >= ${bytesAtOnce} then break end
end
return replies`;

/**
 * A reader of one shard; the scripts are loaded once per server and called by their hashes. `knownBytes`: of records of
 * completed jobs that it keeps, by the length of their texts; what is made of one, and its text, takes some four times as much.
 */
export function createJobReader(shard: Shard, { knownBytes = 0 } = {}): JobReader {
  const { redis, keys } = shard;
  const known = knownBytes > 0 ? createKnownRecords(knownBytes) : null;
  const runRead = defineShardScript(shard, {
    name: 'tintypeRead',
    fixedKeys: ['prioritized', 'delayed'],
    keys: ['job', 'lock', 'tombstone'],
    args: ['id', 'version'],
    lua: `${bytesAsKnownLua}\nif bytesAsKnown(job, version) then return ${asKnown} end\n${readLua}`,
    readOnly: true,
  });
  const runReadSome = defineShardScript(shard, {
    name: 'tintypeReadSome',
    fixedKeys: ['jobPrefix', 'tombstonePrefix', 'prioritized', 'delayed'],
    keys: [],
    args: [],
    lua: readSomeLua,
    readOnly: true,
  });
  return {
    async readSome(ids) {
      const before = ids.map((id) => known?.find(id));
      const args = ids.flatMap((id, at) => [id, before[at]?.version ?? '']);
      const replies = await runReadSome({}, {}, args);
      return (Array.isArray(replies) ? replies : []).map((reply, at) =>
        lookupIn(reply, ids[at] ?? '', known, before[at]),
      );
    },
    async read(id) {
      const before = known?.find(id);
      const names = { job: keys.job(id), lock: keys.lock(id), tombstone: keys.tombstone(id) };
      return lookupIn(await runRead(names, { id, version: before?.version ?? '' }), id, known, before);
    },
    keeps: (record) => known?.keeps(record) ?? false,
    async readRemains(id) {
      const fields = fieldsOf(await redis.hmget(keys.job(id), ...fieldsRead));
      if (Object.values(fields).every((text) => text === null)) return null;
      const texts = textsOf(fields);
      const failure = fields.failedReason;
      return {
        envelope: findEnvelope(texts),
        blobs: findBlobs(texts),
        failureCode: failure === null ? null : Problem.fromRecord(failure).code,
        source: sourceIn(texts.data ?? ''),
      };
    },
  };
}

function lookupIn(reply: unknown, id: string, known: KnownRecords | null, before: KnownRecord | undefined): JobLookup {
  if (reply === asKnown && before) return before.lookup;
  const lookup = lookupOf(id, reply);
  known?.note(id, lookup, () => textsIn(reply));
  return lookup;
}

function sourceIn(data: string): TenantSource | null {
  try {
    const { tenant, source } = readJobData(data);
    return { tenant, source };
  } catch (err) {
    if (err instanceof UnreadableRecord) return null;
    throw err;
  }
}
