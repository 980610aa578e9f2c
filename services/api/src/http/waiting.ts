/** Waiting for a job's end on behalf of a request: how long its client wants to, and what ends the wait early. */
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Longest wait we agree to, in seconds. */
export const maxWaitSeconds = 30;

/** Seconds to wait (0 for not at all). The query wins over the header; more than the cap becomes the cap. */
export function waitSecondsOf(query: number | undefined, prefer: string | string[] | undefined): number {
  const header = [prefer].flat().join(',');
  const preferred = /(?:^|[\s,;])wait\s*=\s*"?(\d{1,6})"?/i.exec(header)?.[1];
  return Math.min(query ?? Number(preferred ?? 0), maxWaitSeconds);
}

/** How long to wait at most, in milliseconds, and what ends it early. */
export type Wait = { ms: number; signal: AbortSignal };

type WaitingRequest = Pick<FastifyRequest<{ Querystring: { wait?: number } }>, 'query' | 'headers'>;

/** Runs work with the wait that the request asks for, and tells the client so; or with none. */
export function withWait<Value>(
  { query, headers }: WaitingRequest,
  reply: FastifyReply,
  stopping: AbortSignal,
  work: (wait: Wait | null) => Promise<Value>,
): Promise<Value> {
  const seconds = waitSecondsOf(query.wait, headers.prefer);
  if (seconds === 0) return work(null);
  reply.header('preference-applied', `wait=${seconds}`);
  return whileConnected(1000 * seconds, reply, stopping, work);
}

/**
 * Runs work that waits for somebody: its wait ends when the client goes away, and when the process stops, so that
 * whoever waits is answered with what there is.
 */
export async function whileConnected<Value>(
  ms: number,
  reply: FastifyReply,
  stopping: AbortSignal,
  work: (wait: Wait) => Promise<Value>,
): Promise<Value> {
  const over = new AbortController();
  const giveUp = () => over.abort();
  reply.raw.once('close', giveUp);
  stopping.addEventListener('abort', giveUp, { once: true });
  try {
    return await work({ ms: stopping.aborted ? 0 : ms, signal: over.signal });
  } finally {
    reply.raw.off('close', giveUp);
    stopping.removeEventListener('abort', giveUp);
  }
}
