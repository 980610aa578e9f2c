/** How many jobs have ended, how and after what time, by tenant and minute: counted by the script that ends each of them. */
import type { LuaPiece } from '@tintype/redis';
import { tenantLua } from '../usage/counters.ts';

/**
 * Ends are counted in a hash for each minute and in one for each ten, of the tenant and of all tenants together:
 * `ends:<minutes>:<which>[:<tenant>]`, where `which` counts such spans since 1970. Each hash is kept until the longest window
 * that is read of its kind has gone by, and a span begun before it, and goes by itself.
 */
export const endSpans = {
  minute: { minutes: 1, longestWindowSeconds: 3600, keptSeconds: 65 * 60 },
  tenMinutes: { minutes: 10, longestWindowSeconds: 86_400, keptSeconds: 25 * 3600 },
} as const;
export type EndSpan = (typeof endSpans)[keyof typeof endSpans];

/** What the fields of these hashes begin with: behind the first stands a step of time, behind the second a problem's code. */
export const endFields = { completed: 'c', failed: 'f', cancelled: 'x', expired: 'e' } as const;

/**
 * Times of completed jobs are told apart by steps, each 2^(1/3) times as long as the one before: told by the middle of its
 * step, a time is at most 13 % too long or too short.
 */
const stepsPerDoubling = 3;

/** The middle of a step, in milliseconds. */
export function middleOfStepMs(step: number): number {
  return Math.round(2 ** ((step + 0.5) / stepsPerDoubling));
}

const counting = Object.values(endSpans)
  .map(
    ({ minutes, keptSeconds }) => `
  local span${minutes} = endsPrefix .. '${minutes}:' .. math.floor(now / ${minutes * 60_000})
  countEndIn(span${minutes}, field, ${keptSeconds})
  if tenant then countEndIn(span${minutes} .. ':' .. tenant, field, ${keptSeconds}) end`,
  )
  .join('');

/**
 * For Lua, behind `clockLua`: `countOutcome(event, marks, reason)` counts the end of a job, by its marks (job-events/announce.ts);
 * `reason` is what is recorded of its failure. A job that goes after its end has been counted. Its time is that since it
 * was added or retried. A record without an envelope, of release 0.1.0, is counted for nobody alone.
 */
export const endedCountsLua: LuaPiece = {
  keys: ['endsPrefix'],
  lua: `
${tenantLua}
local function countEndIn(key, field, keptSeconds)
  if redis.call('HINCRBY', key, field, 1) == 1 then redis.call('EXPIRE', key, keptSeconds) end
end
local function stepOf(ms)
  return math.floor(math.log(math.max(1, ms)) * ${stepsPerDoubling / Math.LN2} + 1e-9)
end
local function countOutcome(event, marks, reason)
  local now, tenant, field = nowMs(), tenantOf(marks[5]), nil
  if event == 'completed' then
    field = '${endFields.completed}' .. stepOf(now - tonumber(marks[9] or marks[8] or now))
  elseif event == 'failed' then
    field = '${endFields.failed}' .. (string.match(reason or '', '^{"code":"([%w_]+)"') or 'internal_error')
  elseif event == 'cancelled' then
    field = '${endFields.cancelled}'
  elseif marks[2] or marks[10] then
    return
  else
    field = '${endFields.expired}'
  end${counting}
end`,
};
