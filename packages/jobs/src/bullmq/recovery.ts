/** Gives the jobs of dead workers to living ones: a job that is held without a lock has been abandoned. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { noteCrashLua } from '../record/attempt-log.ts';
import { bullmqFields, ownFields, queueLua } from './protocol.ts';

export type RecoveryOptions = {
  shard: Shard;
  onRecovered: (ids: string[]) => void;
  onError: (err: Error) => void;
};

/** How often one of the workers looks. */
const recoveryIntervalMs = 1000;

/**
 * One process looks at a time. When nobody has looked for longer than two intervals, Redis or all workers were away:
 * then workers first get one interval to renew their locks (resilient-worker.ts). A job that is not wanted any more is
 * given to nobody. A job that a living worker could not read waits among the newer ones.
 */
const recoverLua = `
local now = nowMs()
local last = tonumber(redis.call('GET', recovery) or 0)
if now >= last and now - last < intervalMs * 0.9 then return {} end
redis.call('SET', recovery, now)
if now - last > intervalMs * 2 then return {} end
local recovered = {}
for _, id in ipairs(redis.call('LRANGE', active, 0, -1)) do
  local job = jobPrefix .. id
  if redis.call('EXISTS', job .. ':lock') == 0 then
    redis.call('LREM', active, 0, id)
    local f = redis.call('HMGET', job, '${bullmqFields.createdAt}', '${ownFields.envelope}')
    if f[1] then
      noteCrash(job, now)
      redis.call('HINCRBY', job, '${bullmqFields.stalls}', 1)
      if isWanted(marksOf(id)) then
        local version = versionOf(f[2])
        if version > 1 and version > readableVersion(now) then
          lineUpAgain(id)
        else
          redis.call('RPUSH', wait, id)
          redis.call('ZADD', marker, 0, '0')
        end
        announce('queued', id)
        table.insert(recovered, id)
      end
    end
  end
end
return recovered`;

/** Looks at an interval; any number of workers may do so. */
export function startRecovery({ shard, onRecovered, onError }: RecoveryOptions): { stop(): Promise<void> } {
  const recover = defineShardScript(shard, {
    name: 'tintypeRecover',
    pieces: [...queueLua, noteCrashLua],
    fixedKeys: ['active', 'wait', 'recovery'],
    keys: [],
    args: ['intervalMs'],
    lua: recoverLua,
  });
  const look = async () => {
    const reply = await recover({}, { intervalMs: recoveryIntervalMs });
    if (Array.isArray(reply) && reply.length > 0) onRecovered(reply.map(String));
  };
  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    looking ??= look()
      .catch(onError)
      .finally(() => {
        looking = null;
      });
  }, recoveryIntervalMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
