/** Gives the jobs of dead workers to living ones: a job that is held without a lock has been abandoned. */
import { thumbnailQueueName } from '@tintype/contracts';
import { defineScript, keysOf, type RedisConnection } from '@tintype/redis';
import { noteCrashLua } from './attempt-log.ts';

export type RecoveryOptions = {
  redis: RedisConnection;
  onRecovered: (ids: string[]) => void;
  onError: (err: Error) => void;
  shard?: number;
};

/** How often one of the workers looks. */
const recoveryIntervalMs = 1000;

/**
 * KEYS: active, wait, marker, time of the last look. ARGV: prefix of job hashes, interval. One process
 * looks at a time. When nobody has looked for a while, Redis or all workers were away: then workers first get the time
 * of one look to take hold of their jobs again. A cancelled job is not given to anyone.
 */
const recoverLua = `
${noteCrashLua}
local interval = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('GET', KEYS[4]) or 0)
if now >= last and now - last < interval * 0.9 then return {} end
redis.call('SET', KEYS[4], now)
if now - last > interval * 3 then return {} end
local recovered = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local job = ARGV[1] .. id
  if redis.call('EXISTS', job .. ':lock') == 0 then
    redis.call('LREM', KEYS[1], 0, id)
    if redis.call('EXISTS', job) == 1 then
      noteCrash(job, now)
      redis.call('HINCRBY', job, 'stc', 1)
      if redis.call('HEXISTS', job, 'cancelledAt') == 0 then
        redis.call('RPUSH', KEYS[2], id)
        redis.call('ZADD', KEYS[3], 0, '0')
        table.insert(recovered, id)
      end
    end
  end
end
return recovered`;

/** Looks at an interval; any number of workers may do so. */
export function startRecovery(options: RecoveryOptions): { stop(): Promise<void> } {
  const { redis, onRecovered, onError, shard = 0 } = options;
  const keys = keysOf(shard);
  const queue = thumbnailQueueName;
  const recover = defineScript(redis, { name: 'tintypeRecover', lua: recoverLua, numberOfKeys: 4 });
  const look = async () => {
    const reply = await recover(
      keys.active(queue),
      keys.wait(queue),
      keys.marker(queue),
      keys.recovery,
      keys.jobPrefix(queue),
      recoveryIntervalMs,
    );
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
