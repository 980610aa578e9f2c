/** Waits for a job's end on behalf of a request: until its time is over, its client has gone, or the process stops. */
import type { JobRecord, JobWatch } from '@tintype/jobs';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../http/caller.ts';
import type { Thumbnails } from './thumbnails.ts';

export type WaitOptions = {
  thumbnails: Thumbnails;
  /** Aborts when the process stops: whoever waits is then answered with what there is. */
  stopping: AbortSignal;
};

/** The record as it is when the wait is over; throws what reading it throws. `watch`: of the submission that is waited for. */
export async function waitForEnd(
  id: string,
  caller: Caller,
  waitMs: number,
  reply: FastifyReply,
  { thumbnails, stopping }: WaitOptions,
  watch: JobWatch | null = null,
): Promise<JobRecord> {
  const over = new AbortController();
  const giveUp = () => over.abort();
  reply.raw.once('close', giveUp);
  stopping.addEventListener('abort', giveUp, { once: true });
  try {
    return await thumbnails.readEnded(id, caller, {
      waitMs: stopping.aborted ? 0 : waitMs,
      signal: over.signal,
      watch,
    });
  } finally {
    reply.raw.off('close', giveUp);
    stopping.removeEventListener('abort', giveUp);
  }
}
