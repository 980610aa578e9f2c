/** Every change of a job is announced by the script that makes it: for live readers, and for the outbox. */
import type { LuaPiece } from '@tintype/redis';

/** What is announced of jobs, each with the letter that it has in the stream; the last four end a job. */
const letters = {
  queued: 'q',
  processing: 'p',
  progress: 's',
  completed: 'c',
  failed: 'f',
  cancelled: 'x',
  expired: 'e',
} as const;
export type JobEventKind = keyof typeof letters;

/** The event of a letter; undefined for one that this version does not know. */
export function eventOfLetter(letter: string): JobEventKind | undefined {
  return jobEventKinds.find((kind) => letters[kind] === letter);
}

export const jobEventKinds: readonly JobEventKind[] = [
  'queued',
  'processing',
  'progress',
  'completed',
  'failed',
  'cancelled',
  'expired',
];

/** Events that the stream keeps, roughly: some 55 bytes each. Who has not read them by then looks at the record. */
const eventsKept = 10_000;

/**
 * The outbox of jobs whose upload is erased once they have ended for good: completed or cancelled, not failed, and not
 * removed, which erases it too. It is a field of the job's hash and not of its data: older versions do such jobs as
 * well. The end is dealt with after `delayMs`, for a job whose end is forgotten is done again, from its upload: a power cut
 * loses a second, a failover as much as the primary may be without its replica (`min-replicas-max-lag`, 10 s).
 */
export const uploadsOutbox = { name: 'uploads', delayMs: 15_000 } as const;

/**
 * For Lua: `announce(event, id)` writes an event into the capped stream, which is for live readers and may lose what is
 * older than its cap. It is cut to its length by events that come before those which do not cut it: each cut costs a
 * microsecond. `announceEnd(event, id, marks)` also tells who waits for the end, on the channel, and puts the end into
 * the outbox of everybody whom the job names: that list loses nothing. An end that comes behind a cancel is not
 * announced, and nothing that comes behind a removal. What is announced is counted in the job's batch (batches/batch-counts.ts,
 * which stands before this), and among its tenant's ends (stats/ended-counts.ts, likewise), with the `reason` of a failure.
 * `marksOf(id)` are what it must know of the job, how often it was begun, its envelope, its rank, its batch, and when it was
 * added and retried; `isWanted(marks)`: neither cancelled nor removed; one that is not goes nowhere any more.
 */
export const jobEventsLua: LuaPiece = {
  keys: ['jobEvents', 'endings', 'outboxPrefix', 'jobPrefix'],
  lua: `
local letters = {${Object.entries(letters)
    .map(([event, letter]) => `${event}='${letter}'`)
    .join(', ')}}
local function announce(event, id)
  if event == 'processing' or event == 'completed' then
    redis.call('XADD', jobEvents, '*', 'e', letters[event] .. id)
  else
    redis.call('XADD', jobEvents, 'MAXLEN', '~', ${eventsKept}, '*', 'e', letters[event] .. id)
  end
end
local function marksOf(id)
  return redis.call('HMGET', jobPrefix .. id, 'outbox', 'cancelledAt', 'deletedAt', 'ats', 'env', 'priority', 'batch',
    'timestamp', 'retriedAt')
end
local function isWanted(marks)
  return not marks[2] and not marks[3]
end
local function announceEnd(event, id, marks, reason)
  if marks[3] then return end
  if marks[2] and event ~= 'cancelled' and event ~= 'expired' then return end
  for name in string.gmatch(marks[1] or '', '%S+') do
    if name ~= '${uploadsOutbox.name}' then
      redis.call('ZADD', outboxPrefix .. name, nowMs(), event .. ' ' .. id)
    elseif event == 'completed' or event == 'cancelled' then
      redis.call('ZADD', outboxPrefix .. name, nowMs() + ${uploadsOutbox.delayMs}, event .. ' ' .. id)
    end
  end
  announce(event, id)
  redis.call('PUBLISH', endings, id)
  if marks[7] then countEnd(id, marks[7], event) end
  countOutcome(event, id, marks, reason)
end`,
};
