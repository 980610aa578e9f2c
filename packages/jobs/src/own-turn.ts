/** The turn of a tenant whose jobs pass no others': one share for all of them, in the tenant's own order. */
import type { JobPriority } from '@tintype/contracts';
import type { LuaPiece } from '@tintype/redis';
import { bullmqFields, ownFields } from './bullmq/protocol.ts';
import { codes, type JobUrgency, type Lane, laneOf } from './fair-order.ts';

/** Classes of a tenant's own order; the last one gives way to all others, and nothing to it. */
const lastLevel = 3;
/** Charges are forgotten after so long without another: nothing waits that long for its turn. */
const turnLifeSeconds = 7 * 86_400;

/**
 * The lane of a job that may not pass other tenants' jobs. Whether it is high or somebody waits for it orders it among
 * its tenant's own; to others it is a normal one that nobody waits for. What comes later than that comes as late as ever.
 */
export function ownTurnOf(priority: JobPriority, urgency: JobUrgency): Lane {
  if (priority === 'low' || urgency === 'batch') {
    return laneOf(priority === 'low' ? 'low' : 'normal', urgency === 'batch' ? 'batch' : 'single');
  }
  const level = (priority === 'high' ? 0 : 2) + (urgency === 'waiting' ? 0 : 1);
  return { ...laneOf('normal', 'single'), level };
}

/**
 * For Lua: `chargedTo(envelope, level)`, what the tenant's jobs before this level have cost so far, and the key of
 * that; the tenant is the one that the envelope names.
 */
const chargesLua: LuaPiece = {
  keys: ['turnPrefix'],
  lua: `
local function chargedTo(envelope, level)
  local turn = turnPrefix .. string.match(envelope, '^%S+ %S+ (%S+)')
  local charged = 0
  if level > 0 then
    local costs = redis.call('HMGET', turn, 0, 1, 2)
    for at = 1, level do charged = charged + tonumber(costs[at] or 0) end
  end
  return charged, turn
end`,
};

/**
 * For Lua: `rankInTurn(tenant, envelope, level, code, cost)` answers the rank of a job that passes no other tenant's,
 * and what its record keeps of its turn: `<level>:<what was charged to the level before it came>`.
 *
 * A tenant's levels are flows as above, in one lane. A job begins where the tenant's jobs before it in its own order
 * end; what it costs is charged to the levels behind it: to jobs that are still to come by the finish that they begin
 * at, to those that wait when their turn has come (`givesWay`). So the tenant's jobs take one share together.
 */
export const turnLua: LuaPiece = {
  keys: ['fair', ...chargesLua.keys],
  lua: `${chargesLua.lua}
local function rankInTurn(tenant, envelope, level, code, cost)
  local flows = {'t0:' .. tenant, 't1:' .. tenant, 't2:' .. tenant, code .. ':' .. tenant}
  local known = redis.call('ZMSCORE', fair, '*', unpack(flows))
  local now = presentSince(tonumber(known[1] or 0))
  local start = now
  for at = 0, level do start = math.max(start, tonumber(known[at + 2] or 0)) end
  local reached = {now, '*', start + cost, flows[level + 1]}
  for behind = level + 1, ${lastLevel} do
    local finish = tonumber(known[behind + 2] or 0)
    if finish > now then
      table.insert(reached, math.max(finish, start) + cost)
      table.insert(reached, flows[behind + 1])
    end
  end
  redis.call('ZADD', fair, unpack(reached))
  forgetBefore(now)
  local charged, turn = chargedTo(envelope, level)
  if level < ${lastLevel} then
    redis.call('HINCRBY', turn, level, cost)
    redis.call('EXPIRE', turn, ${turnLifeSeconds})
  end
  return (start + lags[code]) * ${codes} + code, string.format('%d:%.0f', level, charged)
end`,
};

/**
 * For Lua: `givesWay(id, rank, turn, envelope)`, of a job whose turn has come: whether its tenant has used the turn for
 * a job before it in the tenant's own order. Then it stands in line again, as much later as those cost. A job does so
 * once for all that were added meanwhile, so it is looked at a few times at most.
 */
export const givesWayLua: LuaPiece = {
  keys: ['prioritized', 'jobPrefix', ...chargesLua.keys],
  lua: `${chargesLua.lua}
local function givesWay(id, rank, turn, envelope)
  local level, before = string.match(turn or '', '^(%d):(%d+)$')
  if not level or level == '0' or not envelope then return false end
  local charged = chargedTo(envelope, tonumber(level))
  local owed = charged - tonumber(before)
  if owed <= 0 then return false end
  local later = tonumber(rank) + owed * ${codes}
  redis.call('HSET', jobPrefix .. id, '${bullmqFields.rank}', string.format('%.0f', later),
    '${ownFields.turn}', string.format('%s:%.0f', level, charged))
  redis.call('ZADD', prioritized, scoreOf(later), id)
  return true
end`,
};
