/** Records of completed jobs that are read again and again: of those nothing changes any more, but that they go. */
import { bullmqFields, ownFields } from '../bullmq/protocol.ts';
import type { RecordTexts } from './envelope.ts';
import type { JobLookup, JobRecord } from './job-record.ts';

/** A record as it was read, and what tells in Redis that it is still the same. */
export type KnownRecord = { lookup: JobLookup; version: string; bytes: number };

export type KnownRecords = {
  find(id: string): KnownRecord | undefined;
  /** Forgets what was known of the job, and keeps this if it will not change and was read before. */
  note(id: string, lookup: JobLookup, textsOf: () => RecordTexts | null): void;
  /** Whether it is this very object that the next reader gets. */
  keeps(record: JobRecord): boolean;
};

/**
 * For Lua: `bytesAsKnown(job, version)`, the bytes of the texts of a record that is as it was; false for another one. Their
 * lengths are looked at too: who has repaired or damaged one by hand sees what there is.
 */
export const bytesAsKnownLua = `
local function bytesAsKnown(job, version)
  if version == '' then return false end
  local f = redis.call('HMGET', job, '${bullmqFields.finishedAt}', '${ownFields.cancelledAt}', '${ownFields.deletedAt}')
  if not f[1] or f[2] or f[3] then return false end
  local data, result = redis.call('HSTRLEN', job, '${bullmqFields.data}'), redis.call('HSTRLEN', job, '${bullmqFields.result}')
  return version == f[1] .. ' ' .. data .. ' ' .. result and data + result
end`;

/** Ids of which it is known that they were read; then as many again before the first are forgotten. */
const seenIds = 2000;

/** `mostBytes`: of the texts in Redis of all that are known; those that nobody has asked for longest go first. */
export function createKnownRecords(mostBytes: number): KnownRecords {
  const known = new Map<string, KnownRecord>();
  const wasSeen = createSightings(seenIds);
  let usedBytes = 0;
  const forget = (id: string) => {
    const record = known.get(id);
    if (!record) return;
    usedBytes -= record.bytes;
    known.delete(id);
  };
  const keep = (id: string, record: KnownRecord) => {
    known.set(id, record);
    usedBytes += record.bytes;
    for (const oldest of known.keys()) {
      if (usedBytes <= mostBytes) break;
      forget(oldest);
    }
  };
  return {
    find(id) {
      const record = known.get(id);
      if (!record) return undefined;
      known.delete(id);
      known.set(id, record);
      return record;
    },
    note(id, lookup, textsOf) {
      forget(id);
      if (lookup.kind !== 'record' || lookup.record.status !== 'completed' || !wasSeen(id)) return;
      const { data, result } = textsOf() ?? {};
      const [dataBytes, resultBytes] = [Buffer.byteLength(data ?? ''), Buffer.byteLength(result ?? '')];
      const version = `${lookup.record.finishedAtMs} ${dataBytes} ${resultBytes}`;
      keep(id, { lookup, version, bytes: dataBytes + resultBytes });
    },
    keeps(record) {
      const lookup = known.get(record.id)?.lookup;
      return lookup?.kind === 'record' && lookup.record === record;
    },
  };
}

/** Whoever turns over all pages once, or makes job after job, would fill the memory with what nobody asks for again. */
function createSightings(count: number): (id: string) => boolean {
  let [recent, older] = [new Set<string>(), new Set<string>()];
  return (id) => {
    if (recent.has(id) || older.has(id)) return true;
    if (recent.size >= count) [recent, older] = [new Set(), recent];
    recent.add(id);
    return false;
  };
}
