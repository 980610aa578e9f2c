/** What every worker says of itself each second: that it lives, since when, and which records it can read. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { resumingLua } from '../bullmq/pauses.ts';
import { movedPerScript, ownFields } from '../bullmq/protocol.ts';
import { heartbeatLifeMs } from '../record/later-records.ts';
import { recordVersions } from '../record/stored-job.ts';

export type WorkerFacts = {
  /** Of the release. */
  version: string;
  /** Jobs that it holds at once. */
  concurrency: number;
  /** Whether its kernel confines the processes that decode: files and network are out of their reach. */
  isConfined: boolean;
};

export type LivingWorker = WorkerFacts & { name: string; sinceMs: number; seenAtMs: number };

export type LivingWorkers = {
  workers: LivingWorker[];
  /** Whether workers of release 0.1.0 live, which have no heartbeat. */
  hasFirstRelease: boolean;
};

export type Heartbeat = { stop(): Promise<void> };

const intervalMs = 1000;
/** Workers of earlier releases do not say it, and are not. */
const confinedWord = 'confined';

/**
 * One's own heartbeat; those of the dead go. Then jobs that some worker could not read are let into the queue, as soon
 * as all that live can, and those of lanes that go on again, whoever died on the way of putting them back: so many of them at a beat, from `start` on. Answers where the next beat goes on, for what
 * nobody can read must not keep those behind it.
 */
const beatLua = `
local now = nowMs()
redis.call('HSET', heartbeats, name, records .. ' ' .. now .. ' ' .. concurrency .. ' ' .. sinceMs .. ' ' .. release .. ' ' .. confined)
local beats = redis.call('HGETALL', heartbeats)
for at = 1, #beats, 2 do
  local beatMs = string.match(beats[at + 1], '^%d+ (%d+)')
  if not beatMs or now - tonumber(beatMs) > ${heartbeatLifeMs} then redis.call('HDEL', heartbeats, beats[at]) end
end
lineUpResumed()
local readable = false
local ids = redis.call('ZRANGE', newer, start, start + ${movedPerScript - 1})
local kept = 0
for _, id in ipairs(ids) do
  readable = readable or readableVersion(now)
  local version = versionOf(redis.call('HGET', jobPrefix .. id, '${ownFields.envelope}'))
  if version <= readable then
    redis.call('ZREM', newer, id)
    lineUpAgain(id)
  else
    kept = kept + 1
  end
end
return #ids == ${movedPerScript} and start + kept or 0`;

/** Beats until it is stopped; the first beat comes at once. */
export function startHeartbeat(
  shard: Shard,
  name: string,
  { version, concurrency, isConfined }: WorkerFacts,
  onError: (err: unknown) => void,
): Heartbeat {
  const sinceMs = shard.nowMs();
  const runBeat = defineShardScript(shard, {
    name: 'tintypeBeat',
    pieces: resumingLua,
    keys: [],
    args: ['name', 'records', 'concurrency', 'sinceMs', 'release', 'confined', 'start'],
    lua: beatLua,
  });
  const confined = isConfined ? confinedWord : 'open';
  const facts = { name, records: recordVersions.current, concurrency, sinceMs, release: version, confined };
  let start = 0;
  const beat = async () => {
    try {
      start = Number(await runBeat({}, { ...facts, start }));
    } catch (err) {
      onError(err);
    }
  };
  let beating = beat();
  const timer = setInterval(() => {
    beating = beat();
  }, intervalMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await beating;
      await shard.redis.hdel(shard.keys.heartbeats, name).catch(onError);
    },
  };
}

/** Who lives now: one round trip. */
export async function readLivingWorkers({ redis, keys, nowMs }: Shard): Promise<LivingWorkers> {
  const [beats, firstRecovery] = await Promise.all([redis.hgetall(keys.heartbeats), redis.get(keys.firstRecovery)]);
  const isRecent = (ms: number) => nowMs() - ms < heartbeatLifeMs;
  const workers = Object.entries(beats).flatMap(([name, beat]) => {
    const [, beatMs, concurrency, sinceMs, version = '', confined] = beat.split(' ');
    if (!isRecent(Number(beatMs))) return [];
    const isConfined = confined === confinedWord;
    const times = { sinceMs: Number(sinceMs), seenAtMs: Number(beatMs) };
    return [{ name, version, concurrency: Number(concurrency), ...times, isConfined }];
  });
  return { workers, hasFirstRelease: isRecent(Number(firstRecovery ?? 0)) };
}
