/** The use cases that act on a thumbnail after it was handed in: cancel, delete, retry, and what happened to it. */
import { maxRetriedAtOnce, Problem, type ProblemCode } from '@tintype/contracts';
import type { AttemptReader, JobAttempts, JobControl, JobRecord, ThumbnailRemoval } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { Caller } from '../http/caller.ts';
import type { JobQuota } from '../http/rate-limits.ts';
import type { Admission } from './admission.ts';
import type { LookUp } from './look-up.ts';

export type ActionsOptions = {
  control: JobControl;
  attempts: AttemptReader;
  removal: ThumbnailRemoval;
  withDeadline: WithDeadline;
  admission: Admission;
  find: LookUp['find'];
  read: LookUp['read'];
  /** The time of Redis. */
  nowMs: () => number;
};

type BulkRetried = { retried: number; remaining: number };
type Attempts = { record: JobRecord; attempts: JobAttempts; atMs: number };

/** Every method throws Problems only; `dependency_unavailable` where Redis is needed and away. */
export function createActions(options: ActionsOptions) {
  const { control, attempts, removal, withDeadline, find, read, nowMs } = options;
  return {
    ...createRetries(options),

    /** Cancels the job; doing so again changes nothing. Throws `conflict` when it had completed or failed. */
    async cancel(id: string, caller: Caller): Promise<JobRecord> {
      await read(id, caller);
      const outcome = await withDeadline(() => control.cancel(id));
      const record = await read(id, caller);
      if (outcome === 'ended') throw endedAlready(record);
      return record;
    },

    /**
     * Cancels the job and removes everything of it, of one that cannot be read too. What is gone already stays gone;
     * an unknown id is `not_found`.
     */
    async remove(id: string, caller: Caller): Promise<void> {
      const found = await find(id, caller);
      if (found instanceof Problem) {
        if (found.code === 'expired') return;
        if (found.code !== 'unreadable_record') throw found;
      }
      await withDeadline(async () => {
        await control.cancel(id);
        await removal.remove(id);
      });
    },

    /** The record and what its attempts have left, in one round trip, and when that was. */
    async readAttempts(id: string, caller: Caller): Promise<Attempts> {
      const [record, made] = await Promise.all([read(id, caller), withDeadline(() => attempts.read(id))]);
      return { record, attempts: made, atMs: nowMs() };
    },
  };
}

function createRetries({ control, withDeadline, admission, read }: ActionsOptions) {
  return {
    /** Queues a failed job again. Throws `conflict` when it has not failed. */
    async retry(id: string, caller: Caller): Promise<JobRecord> {
      admission.requireRoom(caller.tenant);
      const failed = await read(id, caller);
      const { problem, status } = failed;
      const retried =
        status === 'failed' &&
        problem !== null &&
        (await withDeadline(() => control.retry(id, caller.tenant, problem.code)));
      if (!retried)
        throw new Problem('conflict', { detail: `The job is ${status}; only a failed one can be retried.` });
      return read(id, caller);
    },

    /**
     * Queues the caller's failed jobs of one code again, a bounded number at once, and no more than the quota has left.
     * Throws `rate_limited` when it has nothing left.
     */
    async retryAll(code: ProblemCode, { tenant }: Caller, quota: JobQuota): Promise<BulkRetried> {
      admission.requireRoom(tenant);
      const failed = await withDeadline(() => control.countFailed(tenant, code));
      if (failed === 0) return { retried: 0, remaining: 0 };
      const { taken, giveBack } = await quota.take(Math.min(failed, maxRetriedAtOnce));
      const answer = await withDeadline(() => control.retryAll(tenant, code, taken));
      await giveBack(taken - answer.retried);
      return answer;
    },
  };
}

function endedAlready({ status }: JobRecord): Problem {
  return new Problem('conflict', { detail: `The job has ended: it is ${status}.` });
}
