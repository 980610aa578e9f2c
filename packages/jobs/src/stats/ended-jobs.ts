/** Reads what came of jobs in a window of time, of one tenant or of all: some hashes in one round trip. */
import type { Shard } from '@tintype/redis';
import { tenantInEnvelope } from '../record/envelope.ts';
import { endLetters, middleOfStepMs, minutesPerHash } from './ended-counts.ts';

const minuteMs = 60_000;

export type EndedJobs = {
  /** What is counted: from the full minute on in which the window begins, or since there are counts. */
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

/** Of one shard. */
export function createEndedJobsReader({ redis, keys, nowMs }: Shard): EndedJobsReader {
  return async (tenant, windowSeconds) => {
    const untilMs = nowMs();
    const firstMinute = Math.floor((untilMs - windowSeconds * 1000) / minuteMs);
    const first = Math.floor(firstMinute / minutesPerHash);
    // The clock of Redis may be a moment ahead of what is known of it here.
    const last = Math.floor(untilMs / minuteMs / minutesPerHash) + 1;
    const whose = tenant === null ? '' : `:${tenantInEnvelope(tenant)}`;
    const hashes = Array.from({ length: last - first + 1 }, (_, at) =>
      redis.hgetall(`${keys.endsPrefix}${first + at}${whose}`),
    );
    const [countedSince, ...found] = await Promise.all([redis.get(keys.endsSince), ...hashes]);
    const counts = found.flatMap((fields, at) => countsIn(fields, minutesPerHash * (first + at)));
    const sinceMs = Math.min(untilMs, Math.max(firstMinute * minuteMs, Number(countedSince ?? untilMs)));
    return { sinceMs, untilMs, ...sumOf(counts.filter(({ minute }) => minute >= firstMinute)) };
  };
}

/** How many ends of a kind there were in a minute; `detail`: a step of time, or a problem's code. */
type EndCount = { minute: number; letter: string; detail: string; count: number };

function countsIn(fields: Record<string, string>, firstMinute: number): EndCount[] {
  return Object.entries(fields).map(([field, text]) => ({
    minute: firstMinute + Number(field.slice(0, 1)),
    letter: field.slice(1, 2),
    detail: field.slice(2),
    count: Number(text),
  }));
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
