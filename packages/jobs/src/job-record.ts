/** The record of a job: BullMQ's hash of it, read whole in one round trip, and the one rule for its status. */
import {
  Problem,
  type ThumbnailJobData,
  type ThumbnailJobResult,
  type ThumbnailStatus,
  thumbnailQueueName,
} from '@tintype/contracts';
import { defineScript, keysOf, type RedisConnection } from '@tintype/redis';
import { type JobProgress, parseProgress } from './job-progress.ts';
import { readJobData, readResult } from './record/stored-job.ts';

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
  /** Of a completed job; a cancelled one has none, whatever its worker made in the meantime. */
  result: ThumbnailJobResult | null;
  /** Why it failed, or `cancelled`. */
  problem: Problem | null;
  /** The blobs it refers to: its upload and its renditions. */
  blobs: string[];
};

/** A record that is not of our making, or of a version that we do not know: a defect, not the client's fault. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
}

/** What a read finds: the record, what is left of one that is deleted (and whose it was), or nothing. */
export type JobLookup =
  | { kind: 'record'; record: JobRecord }
  | { kind: 'gone'; tenant: string; record: JobRecord | null }
  | { kind: 'unknown' };

/**
 * KEYS: job hash, its lock, the prioritised set, the tombstone. ARGV: id.
 * The lock and the position are looked at only while they can matter.
 */
const readJobLua = `
local f = redis.call('HMGET', KEYS[1], 'data', 'timestamp', 'processedOn', 'finishedOn', 'returnvalue', 'failedReason',
  'progress', 'ats', 'cancelledAt', 'deletedAt')
if not f[1] then return {false, redis.call('GET', KEYS[4])} end
if not f[4] and not f[9] then
  f[11] = redis.call('EXISTS', KEYS[2])
  if f[11] == 0 then f[12] = redis.call('ZRANK', KEYS[3], ARGV[1]) end
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
        return fields[1] ? { kind: 'gone', tenant: String(fields[1]), record: null } : { kind: 'unknown' };
      }
      try {
        const record = recordOf(id, fields);
        return isPresent(fields[9]) ? { kind: 'gone', tenant: record.data.tenant, record } : { kind: 'record', record };
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
    _deletedAt,
    locked,
    rank,
  ] = fields.map((field) => (isPresent(field) ? String(field) : null));
  const failed = Boolean(finishedOn) && !returnvalue;
  const made = returnvalue ? readResult(returnvalue) : null;
  const checkedData = readJobData(data ?? '');
  return {
    id,
    status: statusOf({
      cancelled: Boolean(cancelledAt),
      finished: Boolean(finishedOn),
      failed,
      locked: locked === '1',
    }),
    data: checkedData,
    createdAtMs: Number(timestamp),
    startedAtMs: processedOn ? Number(processedOn) : null,
    finishedAtMs: cancelledAt ? Number(cancelledAt) : finishedOn ? Number(finishedOn) : null,
    attempts: Number(started ?? 0),
    position: rank ? Number(rank) : null,
    progress: parseProgress(progress ?? null),
    result: cancelledAt ? null : made,
    problem: cancelledAt ? new Problem('cancelled') : failed ? Problem.fromRecord(failedReason ?? '') : null,
    blobs: blobsOf(checkedData, made),
  };
}

function isPresent(field: unknown): boolean {
  return field !== null && field !== undefined;
}

function blobsOf({ source }: ThumbnailJobData, made: ThumbnailJobResult | null): string[] {
  const renditions = made?.renditions.map(({ sha256 }) => sha256) ?? [];
  return [...new Set('upload' in source ? [source.upload, ...renditions] : renditions)];
}

/** The rule: cancelled, then finished, then whether a worker holds the lock; a job that waits for its next attempt is queued. */
function statusOf(facts: { cancelled: boolean; finished: boolean; failed: boolean; locked: boolean }): ThumbnailStatus {
  if (facts.cancelled) return 'cancelled';
  if (facts.finished) return facts.failed ? 'failed' : 'completed';
  return facts.locked ? 'processing' : 'queued';
}
