/** How a request under an `Idempotency-Key` is claimed, held and remembered in Redis, and counted for its tenant. */
import { answerOverheadBytes, countedArgs, countedLua } from '@tintype/jobs';
import { defineShardScript, type TenantStore } from '@tintype/redis';

const claimLua = `
local now = nowMs()
local r = redis.call('HMGET', record, 'fingerprint', 'answer', 'until', 'id', 'repeat')
if r[1] and r[1] ~= fingerprint then return {'mismatch'} end
if r[5] and redoes == '0' then return {'repeated', r[5], r[4] or ''} end
if r[2] and redoes == '0' then return {'answered', r[2]} end
if (tonumber(r[3] or 0) or 0) > now then return {'claimed by another'} end
if not r[1] then
  if hasRoom == '0' then return {'no room'} end
  local full = overQuota(countedTenant, usageOf(countedTenant), {answerBytes = ${answerOverheadBytes}})
  if full then return full end
  countAnswer(countedTenant, ${answerOverheadBytes})
end
local id = r[4] and string.match(r[4], '^%x+%-%x+%-7%x+%-%x+%-%x+$') or freshId
redis.call('HSET', record, 'fingerprint', fingerprint, 'flight', claim, 'until', now + holdMs, 'id', id)
redis.call('EXPIRE', record, seconds)
return {'claimed', id}`;

/** Renews this claim, or ends it with a hold of 0; never one that began after it. The field has its name of 0.1.0. */
const holdLua = `
local now = nowMs()
if redis.call('HGET', record, 'flight') ~= claim then return 0 end
return redis.call('HSET', record, 'until', now + holdMs)`;

/** An answer that there is no room for is not remembered, as one that is too large: the next try does the work again. */
const keepLua = `
if overQuota(countedTenant, usageOf(countedTenant), {answerBytes = #answer}) then
  return redis.call('HSET', record, 'until', 0)
end
countAnswer(countedTenant, #answer)
return redis.call('HSET', record, 'answer', answer)`;

/** Their keys are the records of the requests. */
export function defineIdempotencyScripts(home: TenantStore['home']) {
  const common = { pieces: countedLua, keys: ['record'] } as const;
  return {
    tryClaim: defineShardScript(home, {
      ...common,
      name: 'tintypeClaimRequest',
      args: ['fingerprint', 'claim', 'holdMs', 'seconds', 'freshId', 'redoes', 'hasRoom', ...countedArgs],
      lua: claimLua,
    }),
    tryHold: defineShardScript(home, {
      ...common,
      name: 'tintypeHoldRequest',
      args: ['claim', 'holdMs'],
      lua: holdLua,
    }),
    keepAnswer: defineShardScript(home, {
      ...common,
      name: 'tintypeKeepAnswer',
      args: ['answer', ...countedArgs],
      lua: keepLua,
    }),
  };
}
