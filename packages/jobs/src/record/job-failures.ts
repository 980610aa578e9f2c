/** What BullMQ shall make of an error: whether a job is tried again, and when. */
import { randomInt } from 'node:crypto';
import { Problem } from '@tintype/contracts';
import { UnrecoverableError } from 'bullmq';
import { JobCancelled } from '../job-exits.ts';
import { maxAttemptsKept } from './attempt-log.ts';

/** How often a transient failure (5xx, DNS, reset) is tried in all. */
const maxAttempts = 4;
/** First pause before another attempt; doubles each time, half of it random. */
const firstRetryDelayMs = 500;
/** A source may ask for a longer pause, but not for more than this: its clients wait. */
const longestRetryAfterMs = 60_000;

/** BullMQ's options of every job. Without `removeOnComplete` and `removeOnFail` nothing is removed. */
export const jobOptions = {
  attempts: maxAttempts,
  backoff: { type: 'asked' }, // by `backoffMs`
  stackTraceLimit: maxAttemptsKept,
};

export type JobFailure = { error: Error; problem: Problem };

/**
 * The error that BullMQ shall see: its message is the problem's record, and a problem that no other attempt can mend is
 * unrecoverable. Anything that is not a Problem is a defect: tried again, and `internal_error` in the end.
 */
export function failureFor(err: unknown): JobFailure {
  const problem = problemOf(err);
  const error = problem.retryable ? new Error(problem.toRecord()) : new UnrecoverableError(problem.toRecord());
  return { error: Object.assign(error, { cause: problem }), problem };
}

function problemOf(err: unknown): Problem {
  if (err instanceof Problem) return err;
  if (err instanceof JobCancelled) return new Problem('cancelled', { cause: err });
  return new Problem('internal_error', { detail: 'The job failed for an unexpected reason.', cause: err });
}

/** The pause before the next attempt, in milliseconds: longer each time, and as long as the source asks for. */
export function backoffMs(attemptsMade: number, err?: Error): number {
  const longestMs = firstRetryDelayMs * 2 ** (attemptsMade - 1);
  const ownMs = longestMs / 2 + randomInt(longestMs / 2);
  const askedMs = err?.cause instanceof Problem ? 1000 * (err.cause.retryAfterSeconds ?? 0) : 0;
  return Math.min(Math.max(ownMs, askedMs), longestRetryAfterMs);
}
