/** Feedback that waits in Redis for the search service: each tenant's in its order, as much as the settings allow. */
import { type FeedbackToKeep, Problem } from '@tintype/contracts';
import { countedArgs, countedFor, countedLua, feedbackOverheadBytes, type Quotas, requireQuota } from '@tintype/jobs';
import { defineShardScript, type TenantStore, type WithDeadline } from '@tintype/redis';

export type KeptFeedback = {
  /** Keeps it behind what waits already; false, and nothing is kept, where nothing does. Throws as `keep`. */
  keepBehind(batch: FeedbackToKeep): Promise<boolean>;
  /** Throws `search_unavailable` when as much is kept as may be, and `quota_exceeded`. */
  keep(batch: FeedbackToKeep): Promise<void>;
  /** Some of the tenants that have feedback waiting. */
  tenants(): Promise<string[]>;
  /** A tenant's oldest batch as text; null when none waits. */
  oldest(tenant: string): Promise<string | null>;
  /** It is the search service's now. Nothing happens when it is not the oldest any more. */
  delivered(tenant: string, text: string): Promise<void>;
};

export type KeptFeedbackOptions = {
  store: TenantStore;
  withDeadline: WithDeadline;
  quotas: () => Quotas;
  /** Most bytes of one tenant. */
  mostBytes: number;
};

/** Tenants that are looked at in one go. */
const tenantsAtOnce = 20;

/** `behind`: 1 to keep it behind others alone. */
const keepLua = `
if behind == '1' and redis.call('EXISTS', kept) == 0 then return 'first' end
local usage = usageOf(countedTenant)
local bytes = #batch + ${feedbackOverheadBytes}
if usage.feedbackBytes + bytes > tonumber(mostBytes) then return 'full' end
local full = overQuota(countedTenant, usage, {feedbackBytes = bytes})
if full then return full end
redis.call('RPUSH', kept, batch)
redis.call('SADD', tenants, tenant)
count(countedTenant, usage, {feedbackBytes = bytes})
return 'kept'`;

const deliveredLua = `
if redis.call('LINDEX', kept, 0) ~= batch then return 0 end
redis.call('LPOP', kept)
if redis.call('EXISTS', kept) == 0 then redis.call('SREM', tenants, tenant) end
count(countedTenant, usageOf(countedTenant), {feedbackBytes = -(#batch + ${feedbackOverheadBytes})})
return 1`;

/** Every method throws Problems only. */
export function createKeptFeedback({ store, withDeadline, quotas, mostBytes }: KeptFeedbackOptions): KeptFeedback {
  const { redis, keys, home } = store;
  const common = { pieces: countedLua, keys: ['kept', 'tenants'] } as const;
  const runKeep = defineShardScript(home, {
    ...common,
    name: 'tintypeKeepFeedback',
    args: ['tenant', 'batch', 'behind', 'mostBytes', ...countedArgs],
    lua: keepLua,
  });
  const runDelivered = defineShardScript(home, {
    ...common,
    name: 'tintypeFeedbackDelivered',
    args: ['tenant', 'batch', ...countedArgs],
    lua: deliveredLua,
  });
  const keysFor = (tenant: string) => ({ kept: keys.keptFeedback(tenant), tenants: keys.keptFeedbackTenants });

  const keep = async (batch: FeedbackToKeep, behind: 0 | 1): Promise<boolean> => {
    const { tenant } = batch;
    const args = { tenant, batch: JSON.stringify(batch), behind, mostBytes, ...countedFor(tenant, quotas()) };
    const outcome = await withDeadline(() => runKeep(keysFor(tenant), args));
    requireQuota(outcome);
    if (outcome === 'full') throw tooMuchKept();
    return outcome === 'kept';
  };
  return {
    keepBehind: (batch) => keep(batch, 1),
    async keep(batch) {
      await keep(batch, 0);
    },
    tenants: () => withDeadline(() => redis.srandmember(keys.keptFeedbackTenants, tenantsAtOnce)),
    oldest: (tenant) => withDeadline(() => redis.lindex(keys.keptFeedback(tenant), 0)),
    async delivered(tenant, text) {
      const args = { tenant, batch: text, ...countedFor(tenant, quotas()) };
      await withDeadline(() => runDelivered(keysFor(tenant), args));
    },
  };
}

function tooMuchKept(): Problem {
  return new Problem('search_unavailable', {
    detail: 'The search service is away, and no more feedback is kept until it is back.',
    retryAfterSeconds: 60,
  });
}
