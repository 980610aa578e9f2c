/** Waiting for a job's end on behalf of a request: how long its client wants to, and what ends the wait early. */
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Longest wait we agree to, in seconds. */
export const maxWaitSeconds = 30;

/** Seconds to wait (0 for not at all). The query wins over the header; more than the cap becomes the cap. */
export function waitSecondsOf(query: number | undefined, prefer: string | string[] | undefined): number {
  return Math.min(query ?? (prefer === undefined ? 0 : preferredSeconds([prefer].flat().join(','))), maxWaitSeconds);
}

function preferredSeconds(header: string): number {
  return Number(/(?:^|[\s,;])wait\s*=\s*"?(\d{1,6})"?/i.exec(header)?.[1] ?? 0);
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
  const waits = waitsUnder(stopping);
  reply.raw.once('close', giveUp);
  waits.add(giveUp);
  try {
    return await work({ ms: stopping.aborted ? 0 : ms, signal: over.signal });
  } finally {
    reply.raw.off('close', giveUp);
    waits.delete(giveUp);
  }
}

/** What ends with a signal, which has one listener: it looks through all that it has whenever one comes or goes. */
const waitsOf = new WeakMap<AbortSignal, Set<() => void>>();

function waitsUnder(signal: AbortSignal): Set<() => void> {
  const known = waitsOf.get(signal);
  if (known) return known;
  const waits = new Set<() => void>();
  const endAll = () => {
    for (const end of waits) end();
  };
  signal.addEventListener('abort', endAll, { once: true });
  waitsOf.set(signal, waits);
  return waits;
}
