/** How BullMQ keeps a queue in Redis, as far as a thumbnail job meets it: fields, scores, marker, codes; our additions. */
import type { LuaPiece } from '@tintype/redis';
import { batchCountsLua } from '../batches/batch-counts.ts';
import { jobEventsLua } from '../job-events/announce.ts';
import { jobListsLua } from '../lists/job-lists.ts';
import { laterRecordsLua } from '../record/later-records.ts';
import { endedCountsLua } from '../stats/ended-counts.ts';

/**
 * The version of BullMQ whose keys these scripts write. Before a newer one is installed, its Lua scripts
 * `addPrioritizedJob`, `moveToActive`, `moveToFinished`, `moveToDelayed`, `moveStalledJobsToWait` and
 * `moveJobFromActiveToWait` are to be read, and its interface `IQueueBackend`.
 */
export const bullmqVersion = '6.7.0';

/** BullMQ's names of the fields of a job's hash. */
export const bullmqFields = {
  name: 'name',
  data: 'data',
  options: 'opts',
  createdAt: 'timestamp',
  delayMs: 'delay',
  rank: 'priority',
  progress: 'progress',
  startedAt: 'processedOn',
  /** Who had it last. */
  worker: 'pb',
  attemptsStarted: 'ats',
  attemptsMade: 'atm',
  /** How often its worker died. */
  stalls: 'stc',
  finishedAt: 'finishedOn',
  result: 'returnvalue',
  failure: 'failedReason',
  /** JSON list of texts, one for each attempt that failed. */
  attempts: 'stacktrace',
} as const;

/** Our own fields beside them. */
export const ownFields = {
  /** What is readable when nothing else is (record/envelope.ts). */
  envelope: 'env',
  cancelledAt: 'cancelledAt',
  deletedAt: 'deletedAt',
  retriedAt: 'retriedAt',
  /** A line for each attempt whose worker died. */
  crashes: 'crashes',
  /** How many jobs for the same download had failed before this one. */
  failuresBefore: 'failuresBefore',
  /** Who must hear of its end. */
  outbox: 'outbox',
  /** Of a job that passes no other tenant's: its place in its tenant's own order (own-turn.ts). */
  turn: 'turn',
  /** Of a record that was not counted when it was added: that it has been since (usage/counters.ts). */
  counted: 'counted',
  /** Of an item of a batch: its id, and behind it what the item is counted there as (batches/batch-counts.ts). */
  batch: 'batch',
} as const;

/** What BullMQ's scripts answer instead of a job, and ours with them. */
export const bullmqCodes = { noJob: -1, noLock: -2, notActive: -3, otherLock: -6 } as const;

/** Jobs that one script moves: it must not keep Redis from others for long. */
export const movedPerScript = 200;

/** `nowMs()`: Redis' own clock decides wherever two machines compare times; within a script it is the same throughout. */
export const clockLua: LuaPiece = {
  keys: [],
  lua: `
local knownNow = nil
local function nowMs()
  if knownNow then return knownNow end
  local time = redis.call('TIME')
  knownNow = time[1] * 1000 + math.floor(time[2] / 1000)
  return knownNow
end`,
};

/** `scoreOf(rank)`: the score of a waiting job. Ties are broken by id, that is by time. */
const scoreLua: LuaPiece = {
  keys: [],
  lua: `
local function scoreOf(rank)
  return string.format('%.0f', rank * 0x100000000)
end`,
};

/**
 * The ways into the queue: `lineUp(id, rank, version)` and `lineUpAgain(id)` for a job that waits for a worker,
 * `putAside(id, untilMs)` for one that waits for its time, `promoteDue(now)`, which answers when the next of those is
 * due or false. The marker wakes an idle worker: with 0 at once, with a time then. A job without a rank, which was done
 * once and which a tool of BullMQ has put back, goes first.
 */
const lineLua: LuaPiece = {
  keys: ['prioritized', 'delayed', 'marker', 'jobPrefix', 'newer', ...laterRecordsLua.keys],
  lua: `${laterRecordsLua.lua}
local function lineUp(id, rank, version)
  if version > 1 and version > readableVersion(nowMs()) then
    redis.call('ZADD', newer, scoreOf(rank), id)
  else
    redis.call('ZADD', prioritized, scoreOf(rank), id)
    redis.call('ZADD', marker, 0, '0')
  end
end
local function lineUpAgain(id)
  local f = redis.call('HMGET', jobPrefix .. id, '${bullmqFields.createdAt}', '${bullmqFields.rank}', '${ownFields.envelope}')
  if f[1] then lineUp(id, tonumber(f[2] or 0), versionOf(f[3])) end
end
local function putAside(id, untilMs)
  redis.call('ZADD', delayed, untilMs * 0x1000, id)
  local head = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  redis.call('ZADD', marker, tonumber(head[2]) / 0x1000, '1')
end
local function dueMs()
  local score = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  return score and math.ceil(tonumber(score) / 0x1000)
end
local function promoteDue(now)
  local due = dueMs()
  if not due or due > now then return due end
  local latest = (now + 1) * 0x1000 - 1
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', latest, 'LIMIT', 0, ${movedPerScript})) do
    redis.call('ZREM', delayed, id)
    lineUpAgain(id)
  end
  return dueMs()
end`,
};

/**
 * `lockCode(id, token)`, for scripts with the argument `worker`: 0 when the job is this worker's, else a code of
 * BullMQ's. A lock that has run out, as in an outage of Redis, still counts as long as nobody else was given the job.
 */
export const lockLua: LuaPiece = {
  keys: ['active', 'jobPrefix'],
  lua: `
local function lockCode(id, token)
  local job = jobPrefix .. id
  local holder = redis.call('GET', job .. ':lock')
  if holder == token then return 0 end
  if holder then return ${bullmqCodes.otherLock} end
  if redis.call('HGET', job, '${bullmqFields.worker}') == worker and redis.call('LPOS', active, id) then return 0 end
  return ${bullmqCodes.noLock}
end`,
};

/**
 * `letGo(id)` takes a job from its worker as if it had never been claimed. False when it is not wanted any more: then it
 * goes nowhere.
 */
export const letGoLua: LuaPiece = {
  keys: ['active', 'jobPrefix'],
  lua: `
local function letGo(id)
  local job = jobPrefix .. id
  redis.call('DEL', job .. ':lock')
  redis.call('LREM', active, -1, id)
  redis.call('HINCRBY', job, '${bullmqFields.attemptsStarted}', -1)
  redis.call('HDEL', job, '${bullmqFields.startedAt}', '${bullmqFields.progress}')
  return isWanted(marksOf(id))
end`,
};

/** What nearly every script of the queue stands on. */
export const queueLua: readonly LuaPiece[] = [
  clockLua,
  scoreLua,
  batchCountsLua,
  endedCountsLua,
  jobEventsLua,
  jobListsLua,
  lineLua,
];
