/** A job's attempts as the Timeline that clients see. */
import { type AttemptLog, jobSteps, Problem, type Timeline, type TimelineAttempt } from '@tintype/contracts';
import type { JobAttempts, JobRecord } from '@tintype/jobs';
import { typeBaseOf } from './problem-answers.ts';

/** The attempts that ended badly, and the last one when it runs or has succeeded. */
export function timelineOf(record: JobRecord, attempts: JobAttempts, publicUrl: string): Timeline {
  const { ended } = attempts;
  const last = lastAttemptOf(record, attempts);
  const total = ended.length + (last ? 1 : 0);
  // Of very many attempts only the latest are kept; their numbers still say how many there were.
  const first = Math.max(1, record.attempts - total + 1);
  const earlier = ended.map((attempt, index) => endedAttempt(attempt, first + index, record, publicUrl));
  return {
    id: record.id,
    status: record.status,
    created_at: time(record.createdAtMs),
    attempts: last ? [...earlier, { attempt: first + ended.length, ...last }] : earlier,
    ...(record.finishedAtMs !== null && { completed_at: time(record.finishedAtMs) }),
  };
}

function endedAttempt(log: AttemptLog, attempt: number, { data }: JobRecord, publicUrl: string): TimelineAttempt {
  const problem = log.problem === undefined ? null : Problem.fromRecord(log.problem);
  return {
    attempt,
    outcome: problem === null ? 'crashed' : problem.code === 'cancelled' ? 'cancelled' : 'failed',
    worker: log.worker,
    started_at: time(log.startedAtMs),
    ended_at: time(log.endedAtMs),
    steps: log.steps,
    problem: problem?.toDocument(typeBaseOf(publicUrl), data.requestId) ?? null,
  };
}

/** The attempt of which the record itself tells: one that has succeeded, or that goes on. */
function lastAttemptOf(record: JobRecord, { worker }: JobAttempts): Omit<TimelineAttempt, 'attempt'> | null {
  const { status, result, startedAtMs, finishedAtMs, progress } = record;
  if (startedAtMs === null || (status !== 'completed' && status !== 'processing')) return null;
  const started = { worker, started_at: time(startedAtMs), problem: null };
  if (result === null || finishedAtMs === null) {
    const steps = progress ? [{ step: progress.step, ms: Math.max(0, Date.now() - startedAtMs) }] : [];
    return { outcome: 'running', ...started, steps };
  }
  const steps = jobSteps.flatMap((step) => {
    const ms = result.timingsMs[step];
    return ms === undefined ? [] : [{ step, ms }];
  });
  return { outcome: 'completed', ...started, ended_at: time(finishedAtMs), steps };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
