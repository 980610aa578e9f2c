/** The record of a job: what of BullMQ's hash is read, what it tells, and the one rule for its status. */
import {
  Problem,
  type ThumbnailJobData,
  type ThumbnailJobResult,
  type ThumbnailStatus,
  UnreadableRecord,
} from '@tintype/contracts';
import { bullmqFields, ownFields } from '../bullmq/protocol.ts';
import { endedAttempts } from './attempt-log.ts';
import { type Envelope, findEnvelope, type RecordTexts } from './envelope.ts';
import { type JobProgress, parseProgress } from './job-progress.ts';
import { readJobData, readResult } from './stored-job.ts';

/** Everything that is known about a job. Times are milliseconds since the epoch. */
export type JobRecord = {
  id: string;
  status: ThumbnailStatus;
  data: ThumbnailJobData;
  createdAtMs: number;
  /** When the latest attempt began. */
  startedAtMs: number | null;
  /** How long it waited for its first attempt (since it was retried); the pauses between attempts are none of that. */
  queuedMs: number | null;
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
  /** Of a job that waits for another attempt: why the one before failed, and when the next one is due, if it is not yet. */
  lastProblem: Problem | null;
  nextAttemptAtMs: number | null;
};

/** What a read finds: the record; of a deleted one whose it was; one that cannot be read; or nothing. */
export type JobLookup =
  | { kind: 'record'; record: JobRecord }
  | { kind: 'gone'; tenant: string }
  | { kind: 'unreadable'; envelope: Envelope | null; reason: UnreadableRecord }
  | { kind: 'unknown' };

/** In this order they come from `readLua`: those last that most records have not. */
export const fieldsRead = [
  bullmqFields.data,
  bullmqFields.createdAt,
  bullmqFields.startedAt,
  bullmqFields.finishedAt,
  bullmqFields.result,
  bullmqFields.attemptsStarted,
  ownFields.envelope,
  bullmqFields.failure,
  bullmqFields.progress,
  ownFields.cancelledAt,
  ownFields.deletedAt,
] as const;
type Field = (typeof fieldsRead)[number];

/**
 * A hash that has at least one of these is a job. Lock, position and past are looked at only while they can matter, and what is
 * not there at the end is left out: to take an answer apart costs by its values. For scripts that know `id`, and the names of
 * `job`, `lock` and `tombstone`; `lookupOf` makes sense of what it returns.
 */
export const readLua = `
local f = redis.call('HMGET', job, ${fieldsRead.map((field) => `'${field}'`).join(', ')})
local createdAt, finishedAt, attempts, envelope, cancelledAt = f[2], f[4], f[6], f[7], f[10]
if not f[1] and not createdAt and not envelope then return {false, redis.call('GET', tombstone)} end
local locked, position, due, past = 0, false, false, false
if not finishedAt and not cancelledAt then
  locked = redis.call('EXISTS', lock)
  if locked == 0 then
    position = redis.call('ZRANK', prioritized, id)
    due = redis.call('ZSCORE', delayed, id)
  end
end
if (tonumber(attempts or '') or 0) > 1 then
  past = redis.call('HMGET', job, 'stacktrace', 'crashes', '${ownFields.retriedAt}')
end
for at = #f, 1, -1 do
  if f[at] then break end
  f[at] = nil
end
if finishedAt and not past then return {f} end
return {f, locked, position, due, past}`;

type Fields = Record<Field, string | null>;
/** Of a job that has not ended. */
type QueueState = { isLocked: boolean; position: number | null; dueAtMs: number | null; past: Past };
/** Attempts before the latest one, and when the job was retried after it had failed. */
type Past = { startsMs: number[]; retriedAtMs: number | null };

/** Where each stands in what is read. */
const places = new Map<Field, number>(fieldsRead.map((field, at) => [field, at]));

export function fieldsOf(values: unknown[]): Fields {
  const textOf = (field: Field): string | null => {
    const value = values[places.get(field) ?? -1] ?? null;
    return value === null ? null : String(value);
  };
  return {
    data: textOf('data'),
    timestamp: textOf('timestamp'),
    processedOn: textOf('processedOn'),
    finishedOn: textOf('finishedOn'),
    returnvalue: textOf('returnvalue'),
    failedReason: textOf('failedReason'),
    progress: textOf('progress'),
    ats: textOf('ats'),
    cancelledAt: textOf('cancelledAt'),
    deletedAt: textOf('deletedAt'),
    env: textOf('env'),
  };
}

export function textsOf({ env, data, returnvalue }: Fields): RecordTexts {
  return { envelope: env, data, result: returnvalue };
}

function positionOf(rank: unknown): number | null {
  return rank === null || rank === undefined ? null : Number(rank);
}

/** The score of what is put aside: BullMQ leaves twelve bits beside the time. */
function dueOf(score: unknown): number | null {
  return score === null || score === undefined ? null : Math.floor(Number(score) / 0x1000);
}

/** Nothing depends on it: what cannot be read counts as not there. */
function pastOf(values: unknown): Past {
  const [failures, crashes, retriedAt] = (Array.isArray(values) ? values : []).map((value) =>
    value === null ? null : String(value),
  );
  const startsMs = endedAttempts(failures ?? null, crashes ?? null).map(({ startedAtMs }) => startedAtMs);
  return { startsMs, retriedAtMs: Number(retriedAt ?? 0) || null };
}

/** What the reply of `readLua` tells; never throws for what is in the record. */
export function lookupOf(id: string, reply: unknown): JobLookup {
  const { values, locked, position, due, past } = partsOf(reply);
  if (values === null) return locked ? { kind: 'gone', tenant: String(locked) } : { kind: 'unknown' };
  const fields = fieldsOf(values);
  const state = { isLocked: locked === 1, position: positionOf(position), dueAtMs: dueOf(due), past: pastOf(past) };
  if (fields.deletedAt !== null) {
    const envelope = findEnvelope(textsOf(fields));
    return envelope ? { kind: 'gone', tenant: envelope.tenant } : { kind: 'unknown' };
  }
  try {
    return { kind: 'record', record: recordOf(id, fields, state) };
  } catch (err) {
    if (!(err instanceof UnreadableRecord)) throw err;
    return { kind: 'unreadable', envelope: findEnvelope(textsOf(fields)), reason: err };
  }
}

function partsOf(reply: unknown) {
  const [values, locked, position, due, past]: unknown[] = Array.isArray(reply) ? reply : [];
  return { values: Array.isArray(values) ? values : null, locked, position, due, past };
}

/** The texts that the reply of `readLua` has; null where it has no record. */
export function textsIn(reply: unknown): RecordTexts | null {
  const { values } = partsOf(reply);
  return values && textsOf(fieldsOf(values));
}

function recordOf(id: string, fields: Fields, { isLocked, position, dueAtMs, past }: QueueState): JobRecord {
  const data = readJobData(fields.data ?? '');
  const made = fields.returnvalue === null ? null : readResult(fields.returnvalue);
  const [startedAtMs, finishedAtMs, cancelledAtMs] = [
    timeOf(fields.processedOn),
    timeOf(fields.finishedOn),
    timeOf(fields.cancelledAt),
  ];
  const isCancelled = cancelledAtMs !== null;
  const hasFailed = finishedAtMs !== null && made === null;
  const status = statusOf({ isCancelled, isFinished: finishedAtMs !== null, hasFailed, isLocked });
  const createdAtMs = requireTime(fields.timestamp);
  const waitsAgain = status === 'queued' && fields.failedReason !== null;
  return {
    id,
    status,
    data,
    createdAtMs,
    startedAtMs,
    queuedMs: queuedMsOf(createdAtMs, startedAtMs, past),
    finishedAtMs: cancelledAtMs ?? finishedAtMs,
    attempts: Math.max(0, numberOf(fields.ats ?? '0')),
    position,
    progress: parseProgress(fields.progress),
    result: isCancelled ? null : made,
    problem: isCancelled ? new Problem('cancelled') : hasFailed ? Problem.fromRecord(fields.failedReason ?? '') : null,
    lastProblem: waitsAgain ? Problem.fromRecord(fields.failedReason ?? '') : null,
    nextAttemptAtMs: waitsAgain ? dueAtMs : null,
  };
}

function queuedMsOf(createdAtMs: number, startedAtMs: number | null, { startsMs, retriedAtMs }: Past): number | null {
  if (startedAtMs === null) return null;
  const sinceMs = retriedAtMs ?? createdAtMs;
  const firstMs = startsMs.find((ms) => ms >= sinceMs) ?? startedAtMs;
  return Math.max(0, Math.min(firstMs, startedAtMs) - sinceMs);
}

/** The latest time that a Date can be. */
const latestMs = 8.64e15;

function numberOf(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && text.trim() !== '') return number;
  throw new UnreadableRecord('a stored number is none');
}

function requireTime(text: string | null): number {
  const ms = numberOf(text ?? '');
  if (Math.abs(ms) <= latestMs) return ms;
  throw new UnreadableRecord('a stored time is none');
}

function timeOf(text: string | null): number | null {
  return text === null || text === '' ? null : requireTime(text);
}

type StatusFacts = { isCancelled: boolean; isFinished: boolean; hasFailed: boolean; isLocked: boolean };

/**
 * First cancelled, then finished, then whether a worker holds the lock. A job that waits for its next attempt is
 * queued.
 */
function statusOf({ isCancelled, isFinished, hasFailed, isLocked }: StatusFacts): ThumbnailStatus {
  if (isCancelled) return 'cancelled';
  if (isFinished) return hasFailed ? 'failed' : 'completed';
  return isLocked ? 'processing' : 'queued';
}
