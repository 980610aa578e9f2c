/** Shared downloads: of the jobs that want the same at once one leads; the others wait for it outside of any worker. */
import { Problem, type ThumbnailJobResult, UnreadableRecord } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import type { HeldJob } from '../bullmq/attempt-ends.ts';
import { bullmqFields, letGoLua, movedPerScript, ownFields, queueLua } from '../bullmq/protocol.ts';
import { readResult } from '../record/stored-job.ts';

export type DownloadMember = HeldJob & {
  /**
   * When the job was handed in; a later retry counts too. What was finished before that is not for it, since the source
   * may have changed.
   */
  createdAtMs: number;
};

export type DownloadRole =
  /** This job does the work; `isFollowed` when others wait for it already. */
  | { role: 'leader'; isFollowed: boolean }
  /** Another job has done it in the meantime. */
  | { role: 'done'; result: ThumbnailJobResult }
  /** Others have tried, and the last one began after this one was handed in: it would fail likewise. */
  | { role: 'shared failure'; problem: Problem }
  /** Another job is at it: this one has left the worker, and comes back when the other one has ended. */
  | { role: 'follower' };

export type SharedDownloads = {
  /** `takeOver`: leads whatever there is, because the result that was found cannot be used. */
  join(download: string, member: DownloadMember, takeOver?: boolean): Promise<DownloadRole>;
  /** Brings followers back into the queue: all of them, or one that shall try after its leader has failed. */
  wake(download: string, who: 'all' | 'one'): Promise<void>;
};

/** How often a download is tried, by one job after another, before its failure is everybody's. */
const triesOfADownload = 2;
/** A download is remembered for so long, which is longer than one may take. */
const memoryMs = 120_000;
/** A follower looks by itself whether its leader still lives, the first one after this time, … */
const firstLookMs = 2000;
/** … each further one so much later, … */
const lookSpacingMs = 20;
/** … and the last ones after this time. */
const lastLookMs = 30_000;

/**
 * The leader lives as long as its lock. When so many leaders have failed for good, those who were handed in before the
 * last one began share its failure: else a thousand jobs for a dead URL would wait for its silence one after the other.
 * A follower waits among the delayed jobs, as if it had never begun, and the leader's worker is told.
 */
const joinLua = `
local holder = redis.call('GET', download)
local failures = 0
if holder and holder ~= id and takeOver == '0' then
  local since = math.max(tonumber(createdAt), tonumber(redis.call('HGET', job, '${ownFields.retriedAt}') or 0))
  local leader = jobPrefix .. holder
  local f = redis.call('HMGET', leader, '${bullmqFields.result}', '${bullmqFields.finishedAt}',
    '${ownFields.cancelledAt}', '${bullmqFields.worker}', '${bullmqFields.startedAt}', '${bullmqFields.failure}',
    '${ownFields.failuresBefore}')
  local isOver = f[2] and not f[3] and tonumber(f[2]) >= since
  if isOver and f[1] then
    redis.call('ZREM', followers, id)
    return {'done', f[1]}
  end
  if isOver and string.find(f[6] or '', '"retryable":false', 1, true) then
    failures = tonumber(f[7] or 0) + 1
    if failures >= ${triesOfADownload} and tonumber(f[5]) >= since then
      redis.call('ZREM', followers, id)
      return {'shared failure', f[6]}
    end
  end
  if not f[2] and not f[3] and redis.call('EXISTS', leader .. ':lock') == 1 and redis.call('GET', lock) == token then
    local now = nowMs()
    if letGo(id) then
      redis.call('ZADD', followers, 'NX', now, id)
      redis.call('PEXPIRE', followers, ${memoryMs})
      local position = redis.call('ZRANK', followers, id)
      putAside(id, now + math.min(${firstLookMs} + ${lookSpacingMs} * position, ${lastLookMs}))
      announce('queued', id)
      redis.call('PUBLISH', workerMessages, 'followed ' .. name .. ' ' .. (f[4] or ''))
    end
    return {'follower'}
  end
end
redis.call('SET', download, id, 'PX', ${memoryMs})
if failures > 0 then redis.call('HSET', job, '${ownFields.failuresBefore}', failures) end
local others = redis.call('ZCARD', followers)
if others > 0 then others = others - redis.call('ZREM', followers, id) end
return {'leader', others}`;

/**
 * Answers how many are left. One that is not among the delayed jobs any more was cancelled, or has come back by itself.
 */
const wakeLua = `
local woken = 0
while woken < tonumber(most) do
  local id = redis.call('ZRANGE', followers, 0, 0)[1]
  if not id then break end
  redis.call('ZREM', followers, id)
  if redis.call('ZREM', delayed, id) == 1 then
    lineUpAgain(id)
    woken = woken + 1
  end
end
return redis.call('ZCARD', followers)`;

/** The downloads of one shard. One command for a job that nobody else wants. */
export function createSharedDownloads(shard: Shard): SharedDownloads {
  const { keys } = shard;
  const runJoin = defineShardScript(shard, {
    name: 'tintypeJoinDownload',
    pieces: [...queueLua, letGoLua],
    fixedKeys: ['workerMessages'],
    keys: ['download', 'followers', 'lock', 'job'],
    args: ['id', 'token', 'createdAt', 'takeOver', 'name'],
    lua: joinLua,
  });
  const runWake = defineShardScript(shard, {
    name: 'tintypeWakeFollowers',
    pieces: queueLua,
    keys: ['followers'],
    args: ['most'],
    lua: wakeLua,
  });
  const wakeSome = async (download: string, most: number): Promise<number> =>
    Number(await runWake({ followers: keys.followers(download) }, { most }));

  const tryJoin = async (download: string, member: DownloadMember, takeOver: boolean): Promise<DownloadRole> => {
    const { id, token, createdAtMs } = member;
    const reply = await runJoin(
      {
        download: keys.download(download),
        followers: keys.followers(download),
        lock: keys.lock(id),
        job: keys.job(id),
      },
      { id, token, createdAt: createdAtMs, takeOver: takeOver ? 1 : 0, name: download },
    );
    return roleOf(reply);
  };

  return {
    async join(download, member, takeOver = false) {
      try {
        return await tryJoin(download, member, takeOver);
      } catch (err) {
        // What cannot be read is as if it had never been done.
        if (!(err instanceof UnreadableRecord)) throw err;
        return tryJoin(download, member, true);
      }
    },
    async wake(download, who) {
      if (who === 'one') await wakeSome(download, 1);
      else while ((await wakeSome(download, movedPerScript)) > 0);
    },
  };
}

function roleOf(reply: unknown): DownloadRole {
  const [role, detail] = Array.isArray(reply) ? reply : [];
  switch (role) {
    case 'follower':
      return { role };
    case 'done':
      return { role, result: readResult(String(detail)) };
    case 'shared failure':
      return { role, problem: Problem.fromRecord(String(detail)) };
    default:
      return { role: 'leader', isFollowed: Number(detail) > 0 };
  }
}
