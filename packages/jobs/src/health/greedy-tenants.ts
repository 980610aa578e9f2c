/** Who keeps more than the equal share of what all tenants keep: they are refused first when room runs short. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { clockLua } from '../bullmq/protocol.ts';
import { tenantInEnvelope } from '../record/envelope.ts';
import { usageLua } from '../usage/counters.ts';

/** What room runs short of. */
export type ScarceRoom = 'redis' | 'disk';

export type GreedyTenants = {
  /** By the last look; nobody is greedy before the first. */
  isGreedy(tenant: string, room: ScarceRoom): boolean;
  stop(): void;
};

const intervalMs = 1000;

/** The share is that among those who keep anything there. With one tenant there is nobody to be spared. */
const findLua = `
local tenants = redis.call('SMEMBERS', usageTenants)
local kept, sums, holders = {redis = {}, disk = {}}, {redis = 0, disk = 0}, {redis = 0, disk = 0}
for _, tenant in ipairs(tenants) do
  local usage = usageOf(tenant)
  for room, bytes in pairs({redis = redisBytesOf(tenant, usage), disk = usage.diskBytes}) do
    kept[room][tenant] = bytes
    sums[room] = sums[room] + bytes
    if bytes > 0 then holders[room] = holders[room] + 1 end
  end
end
local greedy = {{}, {}}
for at, room in ipairs({'redis', 'disk'}) do
  for tenant, bytes in pairs(kept[room]) do
    if bytes * holders[room] > sums[room] then table.insert(greedy[at], tenant) end
  end
end
return greedy`;

/** Looks once a second, and only while `isTight()`: it costs a few microseconds of Redis for each tenant. */
export function watchGreedyTenants(shard: Shard, isTight: () => boolean): GreedyTenants {
  const runFind = defineShardScript(shard, {
    name: 'tintypeFindGreedy',
    pieces: [clockLua, usageLua],
    keys: [],
    args: [],
    lua: findLua,
    readOnly: true,
  });
  let greedy: Record<ScarceRoom, Set<string>> = { redis: new Set(), disk: new Set() };
  let looking = false;
  const timer = setInterval(async () => {
    if (looking || shard.redis.status !== 'ready' || !isTight()) return;
    looking = true;
    try {
      const reply = await runFind({}, {});
      const [redis, disk] = Array.isArray(reply) ? reply.map(setOf) : [];
      greedy = { redis: redis ?? new Set(), disk: disk ?? new Set() };
    } catch {
      // The request paths notice by themselves that Redis is away.
    } finally {
      looking = false;
    }
  }, intervalMs);
  timer.unref();
  return {
    isGreedy: (tenant, room) => greedy[room].has(tenantInEnvelope(tenant)),
    stop: () => clearInterval(timer),
  };
}

function setOf(list: unknown): Set<string> {
  return new Set(Array.isArray(list) ? list.map(String) : []);
}
