/** A record that has a picture's colours, or the problem that says why it has none. */
import { Problem } from '@tintype/contracts';
import type { JobRecord } from '@tintype/jobs';
import { isEnded, retryAfterSeconds } from '../thumbnails/look-up.ts';

export type CompletedRecord = JobRecord & { result: NonNullable<JobRecord['result']> };

/** Throws `not_ready` before the job's end, `not_found` when it has ended otherwise. */
export function requireCompleted(record: JobRecord): CompletedRecord {
  const { result } = record;
  if (result !== null) return { ...record, result };
  if (!isEnded(record)) throw new Problem('not_ready', { retryAfterSeconds });
  throw new Problem('not_found', {
    detail: `There are no colours: ${record.problem?.message ?? 'the job was cancelled.'}`,
  });
}
