/** Keys come into Redis and go, and are counted for their tenant by the same scripts. */
import { countedArgs, countedFor, countedLua, keyOverheadBytes, noQuotas } from '@tintype/jobs';
import { defineShardScript, type TenantStore } from '@tintype/redis';

const addLua = `
if redis.call('HLEN', apiKeys) >= tonumber(most) then return 0 end
local usage = usageOf(countedTenant)
local bytes = #record + ${keyOverheadBytes}
local full = overQuota(countedTenant, usage, {keyBytes = bytes})
if full then return full end
redis.call('HSET', apiKeys, id, record)
count(countedTenant, usage, {keyBytes = bytes})
return 1`;

/** `countedTenant` is '' for a key that cannot be read: nobody knows whose it was. */
const revokeLua = `
local bytes = redis.call('HSTRLEN', apiKeys, id) + ${keyOverheadBytes}
redis.call('HDEL', apiKeyUses, id)
if redis.call('HDEL', apiKeys, id) == 0 then return 0 end
if countedTenant ~= '' then count(countedTenant, usageOf(countedTenant), {keyBytes = -bytes}) end
return 1`;

/** `tenantOf` tells whose a stored record is; null when that cannot be read. */
export function defineKeyScripts(
  { redis, keys, home }: TenantStore,
  tenantOf: (id: string, record: string) => string | null,
) {
  const common = { pieces: countedLua } as const;
  const add = defineShardScript(home, {
    ...common,
    name: 'tintypeAddApiKey',
    keys: ['apiKeys'],
    args: ['id', 'record', 'most', ...countedArgs],
    lua: addLua,
  });
  const runRevoke = defineShardScript(home, {
    ...common,
    name: 'tintypeRevokeApiKey',
    keys: ['apiKeys', 'apiKeyUses'],
    args: ['id', ...countedArgs],
    lua: revokeLua,
  });
  /** Whether there was such a key. */
  const revoke = async (id: string): Promise<boolean> => {
    const record = await redis.hget(keys.apiKeys, id);
    const tenant = record === null ? null : tenantOf(id, record);
    const whose = countedFor(tenant ?? '', noQuotas);
    return (await runRevoke({ apiKeys: keys.apiKeys, apiKeyUses: keys.apiKeyUses }, { id, ...whose })) === 1;
  };
  return { add, revoke };
}
