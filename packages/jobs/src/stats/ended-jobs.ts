/** Reads what came of jobs in a window of time, of one tenant or of all, in one round trip. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { tenantInEnvelope } from '../record/envelope.ts';
import { endLetters, middleOfStepMs, minutesPerHash } from './ended-counts.ts';

const minuteMs = 60_000;

export type EndedJobs = {
  /** What is counted: from the full minute on in which the window begins (above an hour the full ten), or since there are counts. */
  sinceMs: number;
  untilMs: number;
  completed: number;
  cancelled: number;
  /** Removed before they had ended. */
  expired: number;
  /** By the code of their problem. */
  failed: Record<string, number>;
  /** Of completed jobs, since each was added or retried; null without any. */
  totalMs: { p50: number; p95: number; p99: number } | null;
};

/** `tenant`: null for all. */
export type EndedJobsReader = (tenant: string | null, windowSeconds: number) => Promise<EndedJobs>;

/** Ten minutes that one script looks at: it must not keep Redis from others for long. */
const hashesPerScript = 16;

/** Only windows up to this are looked at minute by minute, … */
const longestByMinutesSeconds = 3600;
/** … so hashes of ten minutes that lie behind all of those are made one sum, by whoever reads them first. */
const tensByMinutes = longestByMinutesSeconds / 60 / minutesPerHash + 3;

/**
 * Sums of fields that differ in nothing but their minutes. Answers with outcomes, each with its count behind it. What takes
 * away comes first: after that Redis lets a script finish even when it is full.
 */
const sumLua = `
local function keepSum(key, counts)
  local ttl, fields = redis.call('PTTL', key), {}
  for outcome, count in pairs(counts) do
    table.insert(fields, '0' .. outcome)
    table.insert(fields, count)
  end
  redis.call('DEL', key)
  redis.call('HSET', key, unpack(fields))
  redis.call('PEXPIRE', key, ttl)
end
local sums, answer = {}, {}
for hash = tonumber(first), tonumber(last) do
  local key, counts, isByMinutes = endsPrefix .. hash .. whose, {}, false
  local fields = redis.call('HGETALL', key)
  for at = 1, #fields, 2 do
    local minute, outcome = tonumber(string.sub(fields[at], 1, 1)), string.sub(fields[at], 2)
    if ${minutesPerHash} * hash + minute >= tonumber(firstMinute) then
      counts[outcome] = (counts[outcome] or 0) + tonumber(fields[at + 1])
      isByMinutes = isByMinutes or minute > 0
    end
  end
  if isByMinutes and hash < tonumber(sumsBefore) then keepSum(key, counts) end
  for outcome, count in pairs(counts) do sums[outcome] = (sums[outcome] or 0) + count end
end
for outcome, count in pairs(sums) do
  table.insert(answer, outcome)
  table.insert(answer, count)
end
return answer`;

/** Of one shard. */
export function createEndedJobsReader(shard: Shard): EndedJobsReader {
  const { redis, keys, nowMs } = shard;
  const runSum = defineShardScript(shard, {
    name: 'tintypeSumEnds',
    fixedKeys: ['endsPrefix'],
    keys: [],
    args: ['whose', 'first', 'last', 'firstMinute', 'sumsBefore'],
    lua: sumLua,
  });
  return async (tenant, windowSeconds) => {
    const untilMs = nowMs();
    const firstMinute = firstMinuteOf(untilMs, windowSeconds);
    const sumsBefore = Math.floor(untilMs / minuteMs / minutesPerHash) - tensByMinutes;
    const whose = tenant === null ? '' : `:${tenantInEnvelope(tenant)}`;
    // One more hash: the clock of Redis may be a moment ahead of what is known of it here.
    const last = Math.floor(untilMs / minuteMs / minutesPerHash) + 1;
    const sums = [];
    for (let first = Math.floor(firstMinute / minutesPerHash); first <= last; first += hashesPerScript) {
      const end = Math.min(last, first + hashesPerScript - 1);
      sums.push(runSum({}, { whose, first, last: end, firstMinute, sumsBefore }));
    }
    const [countedSince, ...replies] = await Promise.all([redis.get(keys.endsSince), ...sums]);
    const sinceMs = Math.min(untilMs, Math.max(firstMinute * minuteMs, Number(countedSince ?? untilMs)));
    return { sinceMs, untilMs, ...sumOf(replies.flatMap(countsIn)) };
  };
}

/** The minute in which the window begins; of a longer one, the first of the ten. */
function firstMinuteOf(untilMs: number, windowSeconds: number): number {
  const minute = Math.floor((untilMs - windowSeconds * 1000) / minuteMs);
  return windowSeconds > longestByMinutesSeconds ? minute - (minute % minutesPerHash) : minute;
}

/** How many ends of a kind there were; `detail`: a step of time, or a problem's code. */
type EndCount = { letter: string; detail: string; count: number };

function countsIn(reply: unknown): EndCount[] {
  const parts = Array.isArray(reply) ? reply : [];
  return parts.flatMap((part, at) => {
    if (at % 2 === 1) return [];
    const outcome = String(part);
    return [{ letter: outcome.slice(0, 1), detail: outcome.slice(1), count: Number(parts[at + 1]) }];
  });
}

function sumOf(counts: readonly EndCount[]): Omit<EndedJobs, 'sinceMs' | 'untilMs'> {
  const sums = { completed: 0, cancelled: 0, expired: 0 };
  const failed: Record<string, number> = {};
  const steps = new Map<number, number>();
  for (const { letter, detail, count } of counts) {
    if (letter === endLetters.cancelled) sums.cancelled += count;
    else if (letter === endLetters.expired) sums.expired += count;
    else if (letter === endLetters.failed) failed[detail] = (failed[detail] ?? 0) + count;
    else if (letter === endLetters.completed) {
      sums.completed += count;
      steps.set(Number(detail), (steps.get(Number(detail)) ?? 0) + count);
    }
  }
  return { ...sums, failed, totalMs: percentilesOf(steps, sums.completed) };
}

/** The step in which the job stands that so many of a hundred were not slower than (nearest rank). */
function percentilesOf(steps: ReadonlyMap<number, number>, jobs: number): EndedJobs['totalMs'] {
  if (jobs === 0) return null;
  const inOrder = [...steps].sort(([one], [other]) => one - other);
  const percentile = (percent: number): number => {
    let left = Math.ceil((percent / 100) * jobs);
    for (const [step, count] of inOrder) {
      left -= count;
      if (left <= 0) return middleOfStepMs(step);
    }
    return 0;
  };
  return { p50: percentile(50), p95: percentile(95), p99: percentile(99) };
}

/** Says from when on ends are counted here; it has been said before, but for the first time. */
export async function beginCountingEnds({ redis, keys, nowMs }: Shard): Promise<void> {
  await redis.set(keys.endsSince, nowMs(), 'NX');
}
