/** How full the queue is and how fast it drains, looked at once a second by each process that needs to know. */
import type { JobPriority } from '@tintype/contracts';
import type { Shard } from '@tintype/redis';
import { readPaused } from '../bullmq/pauses.ts';
import { readDepth } from '../bullmq/queue.ts';
import { endedField } from './job-totals.ts';

export type QueueSample = {
  /** Jobs that wait, for a worker or for their next attempt. */
  waiting: number;
  /** Lanes of which no job is begun. */
  paused: JobPriority[];
  /** Part of Redis' `maxmemory` that is in use; null when there is no limit, or the server does not tell. */
  memoryShare: number | null;
  /** Redis' `maxmemory` in bytes; null as above. */
  memoryLimitBytes: number | null;
};

export type QueueMonitor = {
  /** The last look; null when there was none in the last seconds. */
  sample(): QueueSample | null;
  /** Jobs that end per second while others wait; null when that was not seen lately. */
  drainPerSecond(): number | null;
  stop(): void;
};

const intervalMs = 1000;
/** A sample says nothing any more after this time. */
const sampleLifeMs = 5000;
/** The drain is measured over this time, and not over less than the second. */
const longestWindowMs = 15_000;
const shortestWindowMs = 3000;
/** A measured drain is believed for so long after the queue was empty. */
const drainLifeMs = 60_000;

type Look = QueueSample & { atMs: number; ended: number };

/** Looks as soon as Redis is there, and then one round trip a second. */
export function startQueueMonitor(shard: Shard): QueueMonitor {
  const { redis, keys } = shard;
  const meter = createDrainMeter();
  let last: Look | null = null;
  const look = async (): Promise<Look> => {
    const [depth, paused, ended, memory] = await Promise.all([
      readDepth(shard),
      readPaused(shard),
      redis.hget(keys.totals, endedField),
      redis.info('memory').catch(() => ''), // managed services may refuse it
    ]);
    const waiting = depth.waiting + depth.delayed;
    return { atMs: performance.now(), waiting, paused, ended: Number(ended ?? 0), ...memoryIn(memory) };
  };
  let looking = false;
  const tick = async () => {
    if (looking || redis.status !== 'ready') return;
    looking = true;
    try {
      last = await look();
      meter.add(last);
    } catch {
      // The request paths notice by themselves that Redis is away.
    } finally {
      looking = false;
    }
  };
  if (redis.status === 'ready') void tick();
  else redis.once('ready', tick);
  const timer = setInterval(tick, intervalMs);
  timer.unref();
  return {
    sample: () => (last !== null && performance.now() - last.atMs < sampleLifeMs ? last : null),
    drainPerSecond: () => meter.perSecond(performance.now()),
    stop: () => clearInterval(timer),
  };
}

/** Measures only while jobs wait: else it would be the rate at which they come. */
function createDrainMeter() {
  let looks: Look[] = [];
  let measured: { perSecond: number; atMs: number } | null = null;
  return {
    add(look: Look): void {
      if (look.waiting === 0) looks = [];
      else looks = [...looks.filter(({ atMs }) => look.atMs - atMs <= longestWindowMs), look];
      const [first] = looks;
      if (!first || look.atMs - first.atMs < shortestWindowMs) return;
      const perSecond = (1000 * (look.ended - first.ended)) / (look.atMs - first.atMs);
      measured = perSecond > 0 ? { perSecond, atMs: look.atMs } : null;
    },
    perSecond: (nowMs: number) => (measured && nowMs - measured.atMs < drainLifeMs ? measured.perSecond : null),
  };
}

function memoryIn(info: string): Pick<QueueSample, 'memoryShare' | 'memoryLimitBytes'> {
  const numberOf = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const limit = numberOf('maxmemory');
  if (limit === 0) return { memoryShare: null, memoryLimitBytes: null };
  return { memoryShare: numberOf('used_memory') / limit, memoryLimitBytes: limit };
}
