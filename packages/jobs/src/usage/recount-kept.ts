/** Counts anew what tenants keep beside jobs: few things, so each tenant's are counted by one script. */
import { defineShardScript, type Shard, tenantKeys } from '@tintype/redis';
import { clockLua } from '../bullmq/protocol.ts';
import { tenantInEnvelope } from '../record/envelope.ts';
import { keyOverheadBytes, paletteBytesLua, usageLua } from './counters.ts';

/** The counters of palettes and keys, of the API and of links, are what is there. Behind the arguments stand names of palettes' hashes and their tenants. */
const recountLua = `
local keyBytes, changed = {}, 0
for _, keys in ipairs({apiKeys, linkKeys}) do
  local records = redis.call('HGETALL', keys)
  for at = 2, #records, 2 do
    local isRead, key = pcall(cjson.decode, records[at])
    local tenant = isRead and type(key) == 'table' and key.tenant
    if type(tenant) == 'string' then
      tenant = string.gsub(tenant, '@', '%%40')
      keyBytes[tenant] = (keyBytes[tenant] or 0) + #records[at] + ${keyOverheadBytes}
    end
  end
end
for at = rest, #ARGV, 2 do
  local tenant = ARGV[at + 1]
  local usage = usageOf(tenant)
  local changes = {
    paletteBytes = bytesOfPalettes(ARGV[at]) - usage.paletteBytes,
    keyBytes = (keyBytes[tenant] or 0) - usage.keyBytes,
  }
  if changes.paletteBytes ~= 0 or changes.keyBytes ~= 0 then
    count(tenant, usage, changes)
    changed = changed + 1
  end
end
return changed`;

/** Tenants that one script looks at. */
const batchSize = 20;

/**
 * Corrects these tenants, and all that keep something; answers how many were wrong. Names in the counters tell whose
 * they are.
 */
export async function recountKept(shard: Shard, holders: Iterable<string>): Promise<number> {
  const runRecount = defineShardScript(shard, {
    name: 'tintypeRecountKept',
    pieces: [clockLua, usageLua, paletteBytesLua],
    keys: ['apiKeys', 'linkKeys'],
    args: [],
    lua: recountLua,
  });
  const listed = (await shard.redis.smembers(shard.keys.usageTenants)).flatMap(decoded);
  const tenants = [...new Set([...listed, ...holders])];
  let changed = 0;
  for (let at = 0; at < tenants.length; at += batchSize) {
    const some = tenants.slice(at, at + batchSize).flatMap((one) => [tenantKeys.palettes(one), tenantInEnvelope(one)]);
    changed += Number(await runRecount({ apiKeys: tenantKeys.apiKeys, linkKeys: tenantKeys.linkKeys }, {}, some));
  }
  return changed;
}

function decoded(tenant: string): string[] {
  try {
    return [decodeURIComponent(tenant)];
  } catch {
    return [];
  }
}
