/** A worker's locks on its jobs: renewed while it lives, set again after an outage of Redis, given up. */
import { defineShardScript, type Shard } from '@tintype/redis';
import type { HeldJob } from './attempt-ends.ts';
import type { Claimant } from './claim.ts';
import { bullmqFields, letGoLua, lockLua, queueLua } from './protocol.ts';

export type JobLocks = {
  /** Answers the ids that are lost: another worker has them, or they are gone. */
  renew(jobs: HeldJob[], lockMs?: number): Promise<string[]>;
  /** Puts a job back into the queue at its own rank, as if it had never been claimed; nothing when it is lost. */
  giveBack(job: HeldJob): Promise<void>;
  /** Puts a job aside for a while, as if it had never been claimed; nothing when it is lost. */
  postpone(job: HeldJob, delayMs: number): Promise<void>;
  /** Keeps a job for workers of a newer version, as if it had never been claimed; nothing when it is lost. */
  leaveToNewer(job: HeldJob): Promise<void>;
};

/** PEXPIRE, because SET is refused when Redis is full. */
const renewLua = `
local lost = {}
for at = rest, #ARGV, 2 do
  local id, token = ARGV[at], ARGV[at + 1]
  local lock = jobPrefix .. id .. ':lock'
  if lockCode(id, token) < 0 then
    table.insert(lost, id)
  elseif redis.call('PEXPIRE', lock, lockMs) == 0 then
    redis.call('SET', lock, token, 'PX', lockMs)
  end
end
return lost`;

const giveBackLua = `
if lockCode(id, token) < 0 then return 0 end
if not letGo(id) then return 0 end
lineUpAgain(id)
announce('queued', id)
return 1`;

const postponeLua = `
if lockCode(id, token) < 0 then return 0 end
if not letGo(id) then return 0 end
putAside(id, nowMs() + delayMs)
announce('queued', id)
return 1`;

const leaveToNewerLua = `
if lockCode(id, token) < 0 then return 0 end
if not letGo(id) then return 0 end
redis.call('ZADD', newer, scoreOf(tonumber(redis.call('HGET', jobPrefix .. id, '${bullmqFields.rank}') or 0)), id)
announce('queued', id)
return 1`;

/** The locks of this worker. */
export function createJobLocks(shard: Shard, { worker, lockMs: usualLockMs }: Claimant): JobLocks {
  const runRenew = defineShardScript(shard, {
    name: 'tintypeRenew',
    pieces: [lockLua],
    keys: [],
    args: ['worker', 'lockMs'],
    lua: renewLua,
  });
  const giveUp = (name: string, lua: string) =>
    defineShardScript(shard, {
      name,
      pieces: [...queueLua, lockLua, letGoLua],
      keys: [],
      args: ['worker', 'token', 'id', 'delayMs'],
      lua,
    });
  const runGiveBack = giveUp('tintypeGiveBack', giveBackLua);
  const runPostpone = giveUp('tintypePostpone', postponeLua);
  const runLeaveToNewer = giveUp('tintypeLeaveToNewer', leaveToNewerLua);
  return {
    async renew(jobs, lockMs = usualLockMs) {
      const lost = await runRenew(
        {},
        { worker, lockMs },
        jobs.flatMap(({ id, token }) => [id, token]),
      );
      return Array.isArray(lost) ? lost.map(String) : [];
    },
    giveBack: async ({ id, token }) => void (await runGiveBack({}, { worker, id, token, delayMs: 0 })),
    postpone: async ({ id, token }, delayMs) => void (await runPostpone({}, { worker, id, token, delayMs })),
    leaveToNewer: async ({ id, token }) => void (await runLeaveToNewer({}, { worker, id, token, delayMs: 0 })),
  };
}
