/** The record of a job: BullMQ's hash of it, read whole in one round trip, and the one rule for its status. */
import {
  check,
  Problem,
  ThumbnailJobData,
  ThumbnailJobResult,
  type ThumbnailStatus,
  thumbnailQueueName,
} from '@tintype/contracts';
import { defineScript, keysOf, type RedisConnection } from '@tintype/redis';
import { type JobProgress, parseProgress } from './job-progress.ts';

/** Everything that is known about a job. Times are milliseconds since the epoch. */
export type JobRecord = {
  id: string;
  status: ThumbnailStatus;
  data: ThumbnailJobData;
  createdAtMs: number;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  /** How often a worker has begun it. */
  attempts: number;
  /** Jobs before it in the queue; null unless it waits. */
  position: number | null;
  progress: JobProgress | null;
  result: ThumbnailJobResult | null;
  problem: Problem | null;
};

/** A record that is not of our making, or of a version that we do not know: a defect, not the client's fault. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
}

/** What a read finds: the record, a tombstone with whose it was, or nothing. */
export type JobLookup = { kind: 'record'; record: JobRecord } | { kind: 'gone'; tenant: string } | { kind: 'unknown' };

/**
 * KEYS: job hash, its lock, the prioritised set, the tombstone. ARGV: id.
 * The lock and the position are looked at only while they can matter.
 */
const readJobLua = `
local f = redis.call('HMGET', KEYS[1], 'data', 'timestamp', 'processedOn', 'finishedOn', 'returnvalue', 'failedReason',
  'progress', 'ats', 'cancelledAt')
if not f[1] then return {false, redis.call('GET', KEYS[4])} end
if not f[4] and not f[9] then
  f[10] = redis.call('EXISTS', KEYS[2])
  if f[10] == 0 then f[11] = redis.call('ZRANK', KEYS[3], ARGV[1]) end
end
return f`;

/** Reads job records over one connection. */
export type JobReader = {
  /** Throws `UnreadableRecord`. */
  read(id: string): Promise<JobLookup>;
};

/** A reader of one shard; the script is loaded once per server and called by its hash. */
export function createJobReader(redis: RedisConnection, shard = 0): JobReader {
  const keys = keysOf(shard);
  const queue = thumbnailQueueName;
  const readJob = defineScript(redis, { name: 'tintypeReadJob', lua: readJobLua, numberOfKeys: 4, readOnly: true });
  return {
    async read(id) {
      const reply = await readJob(
        keys.job(queue, id),
        keys.lock(queue, id),
        keys.prioritized(queue),
        keys.tombstone(id),
        id,
      );
      const fields = Array.isArray(reply) ? reply : [];
      if (fields[0] === null || fields[0] === undefined) {
        return fields[1] ? { kind: 'gone', tenant: String(fields[1]) } : { kind: 'unknown' };
      }
      try {
        return { kind: 'record', record: recordOf(id, fields) };
      } catch (cause) {
        throw new UnreadableRecord(`the record of job ${id} does not fit its schema`, { cause });
      }
    },
  };
}

function recordOf(id: string, fields: unknown[]): JobRecord {
  const [
    data,
    timestamp,
    processedOn,
    finishedOn,
    returnvalue,
    failedReason,
    progress,
    started,
    cancelledAt,
    locked,
    rank,
  ] = fields.map((field) => (field === null || field === undefined ? null : String(field)));
  const failed = Boolean(finishedOn) && !returnvalue;
  return {
    id,
    status: statusOf({
      cancelled: Boolean(cancelledAt),
      finished: Boolean(finishedOn),
      failed,
      locked: locked === '1',
    }),
    data: check(ThumbnailJobData, JSON.parse(data ?? '{}')),
    createdAtMs: Number(timestamp),
    startedAtMs: processedOn ? Number(processedOn) : null,
    finishedAtMs: finishedOn ? Number(finishedOn) : cancelledAt ? Number(cancelledAt) : null,
    attempts: Number(started ?? 0),
    position: rank ? Number(rank) : null,
    progress: parseProgress(progress ?? null),
    result: returnvalue ? check(ThumbnailJobResult, JSON.parse(returnvalue)) : null,
    problem: failed ? failureOf(failedReason ?? '') : null,
  };
}

/** The rule: cancelled, then finished, then whether a worker holds the lock; a job that waits for its next attempt is queued. */
function statusOf(facts: { cancelled: boolean; finished: boolean; failed: boolean; locked: boolean }): ThumbnailStatus {
  if (facts.cancelled) return 'cancelled';
  if (facts.finished) return facts.failed ? 'failed' : 'completed';
  return facts.locked ? 'processing' : 'queued';
}

/** BullMQ's own failure text for a job whose workers died too often becomes our word for it. */
function failureOf(failedReason: string): Problem {
  if (failedReason.includes('stalled more than')) return new Problem('worker_crashed');
  return Problem.fromRecord(failedReason);
}
