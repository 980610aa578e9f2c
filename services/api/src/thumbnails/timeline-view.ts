/** A job's attempts as the Timeline that clients see. */
import { type AttemptLog, jobSteps, Problem, type Timeline, type TimelineAttempt } from '@tintype/contracts';
import type { JobAttempts, JobRecord } from '@tintype/jobs';
import { typeBaseOf } from '../http/problem-answers.ts';
import { timeOf } from '../http/times.ts';

/** The attempts that ended badly, and the last one when it runs or has succeeded. */
export function timelineOf(record: JobRecord, attempts: JobAttempts, publicUrl: string, nowMs: number): Timeline {
  const { ended } = attempts;
  const last = lastAttemptOf(record, attempts, publicUrl, nowMs);
  const total = ended.length + (last ? 1 : 0);
  // Of very many attempts only the latest are kept; their numbers still say how many there were.
  const first = Math.max(1, record.attempts - total + 1);
  const earlier = ended.map((attempt, index) => endedAttempt(attempt, first + index, record, publicUrl));
  return {
    id: record.id,
    status: record.status,
    created_at: timeOf(record.createdAtMs),
    attempts: last ? [...earlier, { attempt: first + ended.length, ...last }] : earlier,
    ...(record.finishedAtMs !== null && { completed_at: timeOf(record.finishedAtMs) }),
  };
}

function endedAttempt(log: AttemptLog, attempt: number, { data }: JobRecord, publicUrl: string): TimelineAttempt {
  const problem = log.problem === undefined ? null : Problem.fromRecord(log.problem);
  return {
    attempt,
    outcome: problem === null ? 'crashed' : problem.code === 'cancelled' ? 'cancelled' : 'failed',
    worker: log.worker,
    started_at: timeOf(log.startedAtMs),
    ended_at: timeOf(log.endedAtMs),
    steps: log.steps,
    problem: problem?.toDocument(typeBaseOf(publicUrl), data.requestId) ?? null,
  };
}

/** The attempt of which the record itself tells: one that has succeeded, goes on, or was cancelled a moment ago. */
function lastAttemptOf(
  record: JobRecord,
  { ended, worker }: JobAttempts,
  publicUrl: string,
  nowMs: number,
): Omit<TimelineAttempt, 'attempt'> | null {
  const { status, result, startedAtMs, finishedAtMs, progress, problem, data } = record;
  const isTold = startedAtMs === null || ended.at(-1)?.startedAtMs === startedAtMs;
  if (isTold || status === 'queued' || status === 'failed') return null;
  const document = problem?.toDocument(typeBaseOf(publicUrl), data.requestId) ?? null;
  const started = { worker, started_at: timeOf(startedAtMs), problem: document };
  const lastsMs = Math.max(0, (finishedAtMs ?? nowMs) - startedAtMs);
  const present = progress ? [{ step: progress.step, ms: lastsMs }] : [];
  if (finishedAtMs === null) return { outcome: 'running', ...started, steps: present };
  const endedAt = { ended_at: timeOf(finishedAtMs) };
  if (result === null) return { outcome: 'cancelled', ...started, ...endedAt, steps: present };
  const steps = jobSteps.flatMap((step) => {
    const ms = result.timingsMs[step];
    return ms === undefined ? [] : [{ step, ms }];
  });
  return { outcome: 'completed', ...started, ...endedAt, steps };
}
