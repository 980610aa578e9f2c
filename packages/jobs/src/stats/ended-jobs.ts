/** Reads what came of jobs in a window of time, of one tenant or of all: some hashes in one round trip. */
import type { Shard } from '@tintype/redis';
import { tenantInEnvelope } from '../record/envelope.ts';
import { type EndSpan, endFields, endSpans, middleOfStepMs } from './ended-counts.ts';

export type EndedJobs = {
  /** What is counted: from the full minute, or the full ten of them, at which the window begins, or since there are counts. */
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
    const { minutes } = spanFor(windowSeconds);
    const spanMs = minutes * 60_000;
    const first = Math.floor((untilMs - windowSeconds * 1000) / spanMs);
    // One more: the clock of Redis may be a moment ahead of what is known of it here.
    const count = Math.floor(untilMs / spanMs) - first + 2;
    const whose = tenant === null ? '' : `:${tenantInEnvelope(tenant)}`;
    const spans = Array.from({ length: count }, (_, at) =>
      redis.hgetall(`${keys.endsPrefix}${minutes}:${first + at}${whose}`),
    );
    const [countedSince, ...fields] = await Promise.all([redis.get(keys.endsSince), ...spans]);
    const sinceMs = Math.min(untilMs, Math.max(first * spanMs, Number(countedSince ?? untilMs)));
    return { sinceMs, untilMs, ...sumOf(fields) };
  };
}

function spanFor(windowSeconds: number): EndSpan {
  return windowSeconds <= endSpans.minute.longestWindowSeconds ? endSpans.minute : endSpans.tenMinutes;
}

function sumOf(spans: Record<string, string>[]): Omit<EndedJobs, 'sinceMs' | 'untilMs'> {
  const sums = { completed: 0, cancelled: 0, expired: 0, failed: {} as Record<string, number> };
  const steps = new Map<number, number>();
  for (const [field, text] of spans.flatMap((fields) => Object.entries(fields))) {
    const [kind, rest, count] = [field.slice(0, 1), field.slice(1), Number(text)];
    if (kind === endFields.cancelled) sums.cancelled += count;
    else if (kind === endFields.expired) sums.expired += count;
    else if (kind === endFields.failed) sums.failed[rest] = (sums.failed[rest] ?? 0) + count;
    else if (kind === endFields.completed) {
      sums.completed += count;
      steps.set(Number(rest), (steps.get(Number(rest)) ?? 0) + count);
    }
  }
  return { ...sums, totalMs: percentilesOf(steps, sums.completed) };
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
