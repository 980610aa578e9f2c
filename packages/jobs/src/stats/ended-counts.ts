/** How many jobs have ended, how and after what time, by tenant and minute: counted by the script that ends each of them. */
import type { LuaPiece } from '@tintype/redis';
import { tenantLua } from '../usage/counters.ts';

/**
 * A hash for each ten minutes, of the tenant and of all tenants together, `ends:<which>[:<tenant>]`: `which` counts such spans
 * since 1970. It has a field for each minute and outcome, so an end costs one command for each of the two.
 */
export const minutesPerHash = 10;
/** The longest window that is read, a span that begins before it, and time to spare: then a hash goes by itself. */
const keptSeconds = 25 * 3600;

/** Behind the last digit of the minute a field has one of these: behind the first stands a step of time, behind the second a problem's code. */
export const endLetters = { completed: 'c', failed: 'f', cancelled: 'x', expired: 'e' } as const;

/**
 * Times of completed jobs are told apart by steps, each 2^(1/3) times as long as the one before: told by the middle of its
 * step, a time is at most 13 % too long or too short.
 */
const stepsPerDoubling = 3;

/** The middle of a step, in milliseconds. */
export function middleOfStepMs(step: number): number {
  return Math.round(2 ** ((step + 0.5) / stepsPerDoubling));
}

/**
 * For Lua, behind `clockLua`: `countOutcome(event, id, marks, reason)` counts the end of a job, by its marks
 * (job-events/announce.ts); `reason` is what is recorded of its failure. A job that goes after its end has been counted. Its
 * time is that since it was added or retried. A record without an envelope, of release 0.1.0, counts for all alone.
 */
export const endedCountsLua: LuaPiece = {
  keys: ['endsPrefix', 'jobPrefix'],
  lua: `
${tenantLua}
local function countEndIn(key, field)
  if redis.call('HINCRBY', key, field, 1) == 1 then redis.call('EXPIRE', key, ${keptSeconds}) end
end
local function outcomeOf(event, id, marks, reason)
  if event == 'completed' then
    local ms = nowMs() - tonumber(marks[9] or marks[8] or nowMs())
    return '${endLetters.completed}' .. math.floor(math.log(math.max(1, ms)) * ${stepsPerDoubling / Math.LN2} + 1e-9)
  end
  if event == 'failed' then
    return '${endLetters.failed}' .. (string.match(reason or '', '^{"code":"([%w_]+)"') or 'internal_error')
  end
  if event == 'cancelled' then return '${endLetters.cancelled}' end
  if not marks[2] and redis.call('HEXISTS', jobPrefix .. id, 'finishedOn') == 0 then return '${endLetters.expired}' end
end
local function countOutcome(event, id, marks, reason)
  local outcome, tenant = outcomeOf(event, id, marks, reason), tenantOf(marks[5])
  if not outcome then return end
  local minute = math.floor(nowMs() / 60000)
  local field, key = minute % ${minutesPerHash} .. outcome, endsPrefix .. math.floor(minute / ${minutesPerHash})
  countEndIn(key, field)
  if tenant then countEndIn(key .. ':' .. tenant, field) end
end`,
};
