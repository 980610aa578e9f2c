/** Secrets of links come into Redis and go, and are counted for their tenant by the same scripts. */
import { countedArgs, countedFor, countedLua, keyOverheadBytes, noQuotas, type Quotas } from '@tintype/jobs';
import { defineShardScript, type TenantStore } from '@tintype/redis';

const addLua = `
if redis.call('SCARD', linkKeysOf) >= tonumber(most) then return 0 end
local usage = usageOf(countedTenant)
local bytes = #record + ${keyOverheadBytes}
local full = overQuota(countedTenant, usage, {keyBytes = bytes})
if full then return full end
redis.call('HSET', linkKeys, id, record)
redis.call('SADD', linkKeysOf, id)
count(countedTenant, usage, {keyBytes = bytes})
return 1`;

const revokeLua = `
local bytes = redis.call('HSTRLEN', linkKeys, id) + ${keyOverheadBytes}
if redis.call('SREM', linkKeysOf, id) == 0 then return 0 end
if redis.call('HDEL', linkKeys, id) == 1 then count(countedTenant, usageOf(countedTenant), {keyBytes = -bytes}) end
return 1`;

/** Unless it was revoked meanwhile, or another process did the same. */
const replaceLua = `
if redis.call('HGET', linkKeys, id) ~= seen then return 0 end
return redis.call('HSET', linkKeys, id, record)`;

export function defineLinkKeyScripts({ keys, home }: TenantStore) {
  const runAdd = defineShardScript(home, {
    name: 'tintypeAddLinkKey',
    pieces: countedLua,
    keys: ['linkKeys', 'linkKeysOf'],
    args: ['id', 'record', 'most', ...countedArgs],
    lua: addLua,
  });
  const runRevoke = defineShardScript(home, {
    name: 'tintypeRevokeLinkKey',
    pieces: countedLua,
    keys: ['linkKeys', 'linkKeysOf'],
    args: ['id', ...countedArgs],
    lua: revokeLua,
  });
  const runReplace = defineShardScript(home, {
    name: 'tintypeReplaceLinkKey',
    keys: ['linkKeys'],
    args: ['id', 'seen', 'record'],
    lua: replaceLua,
  });
  const { linkKeys } = keys;
  const ofTenant = (tenant: string) => ({ linkKeys, linkKeysOf: keys.linkKeysOf(tenant) });
  return {
    /** 0 when the tenant has so many; or what `requireQuota` knows. */
    add: (tenant: string, key: { id: string; record: string; most: number }, quotas: Quotas) =>
      runAdd(ofTenant(tenant), { ...key, ...countedFor(tenant, quotas) }),
    /** Whether the tenant had such a key. */
    revoke: async (tenant: string, id: string): Promise<boolean> =>
      (await runRevoke(ofTenant(tenant), { id, ...countedFor(tenant, noQuotas) })) === 1,
    replace: (key: { id: string; seen: string; record: string }) => runReplace({ linkKeys }, key),
  };
}
