/** One piece of work for all who wait for it at once: it goes on as long as one of them does. */
import type { Wait } from '../http/waiting.ts';

/**
 * The work of this name that is under way, or new. Resolves with null where this one's wait is over before; the work's
 * own wait is over when nobody waits any more. Rejects with what the work throws.
 */
export type ShareWork<Value> = (
  name: string,
  wait: Wait,
  work: (wait: Wait) => Promise<Value>,
) => Promise<Value | null>;

type UnderWay<Value> = { result: Promise<Value>; waiting: number; end: AbortController };

/** Those who wait end the work; this is for one that would not end otherwise. */
const longestWorkMs = 3_600_000;

export function createSharedWork<Value>(): ShareWork<Value> {
  const all = new Map<string, UnderWay<Value>>();

  const begin = (name: string, work: (wait: Wait) => Promise<Value>): UnderWay<Value> => {
    const end = new AbortController();
    const result = work({ ms: longestWorkMs, signal: end.signal });
    const begun = { result, waiting: 0, end };
    all.set(name, begun);
    const forget = () => {
      if (all.get(name) === begun) all.delete(name);
    };
    result.then(forget, forget);
    return begun;
  };

  return async (name, { ms, signal }, work) => {
    const shared = all.get(name) ?? begin(name, work);
    shared.waiting += 1;
    try {
      return await untilOver(shared.result, { ms, signal });
    } finally {
      shared.waiting -= 1;
      if (shared.waiting === 0) {
        if (all.get(name) === shared) all.delete(name);
        shared.end.abort();
      }
    }
  };
}

/** Null when the wait is over first. */
function untilOver<Value>(result: Promise<Value>, { ms, signal }: Wait): Promise<Value | null> {
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(null);
    const timer = setTimeout(giveUp, ms);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    result.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    });
  });
}
