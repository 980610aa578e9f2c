/** Jobs that only a newer version can read are kept from older workers: who lives, and what all of them can read. */
import type { LuaPiece } from '@tintype/redis';

/** A worker without a heartbeat for so long has died, or is about to be recovered from. */
export const heartbeatLifeMs = 5000;

/**
 * For Lua: `versionOf(envelope)` of a job's record, and `readableVersion(now)`: the version of records that every
 * living worker can read, 0 when there is none. Workers of release 0.1.0 have no heartbeat, but one of them notes every
 * second when it last looked for dead workers' jobs.
 */
export const laterRecordsLua: LuaPiece = {
  keys: ['heartbeats', 'firstRecovery'],
  lua: `
local function versionOf(envelope)
  return tonumber(string.match(envelope or '', '^(%d+)') or 1)
end
local function readableVersion(now)
  if now - tonumber(redis.call('GET', firstRecovery) or 0) < ${heartbeatLifeMs} then return 1 end
  local least = 0
  for _, beat in ipairs(redis.call('HVALS', heartbeats)) do
    local version, beatMs = string.match(beat, '^(%d+) (%d+)')
    if version and now - tonumber(beatMs) < ${heartbeatLifeMs} and (least == 0 or tonumber(version) < least) then
      least = tonumber(version)
    end
  end
  return least
end`,
};
