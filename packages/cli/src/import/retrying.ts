/** Does a call again when that may help, and lets all others rest while the API asks for it. */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImportStopped, Refused, Unreachable } from './refusals.ts';

export type Retrying = <Answer>(call: () => Promise<Answer>) => Promise<Answer>;

export type RetryingOptions = {
  signal: AbortSignal;
  /** Told whenever all rest. */
  onRest?: (restMs: number, problem: Refused) => void;
  /** So long may nothing succeed at all. */
  patienceMs?: number;
  /** First pause after a call that nobody has answered; doubled each time. */
  firstPauseMs?: number;
};

const usualPatienceMs = 300_000;
const usualFirstPauseMs = 250;
const longestPauseMs = 30_000;
/** A call that fails so often while others succeed is at fault itself. */
const mostAttempts = 8;

/** Throws what the call threw last, and `ImportStopped` when nothing has succeeded for too long. */
export function createRetrying(options: RetryingOptions): Retrying {
  const { signal, onRest, patienceMs = usualPatienceMs, firstPauseMs = usualFirstPauseMs } = options;
  let succeededAtMs = performance.now();
  let restUntilMs = 0;

  const untilRested = async (): Promise<void> => {
    for (let restMs = restUntilMs - performance.now(); restMs > 0; restMs = restUntilMs - performance.now()) {
      // Not all at the same time.
      await sleep(restMs + randomInt(100), undefined, { signal });
    }
  };
  const pauseAfter = async (err: Refused | Unreachable, attempt: number): Promise<void> => {
    const doubledMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
    const told = err instanceof Refused ? err.retryAfterMs : null;
    const pauseMs = told ?? doubledMs + randomInt(firstPauseMs);
    if (err instanceof Refused && (err.status === 429 || err.status === 503)) {
      restUntilMs = Math.max(restUntilMs, performance.now() + pauseMs);
      onRest?.(pauseMs, err);
    } else await sleep(pauseMs, undefined, { signal });
  };

  return async (call) => {
    let failedAtMs: number | null = null;
    for (let attempt = 1; ; attempt++) {
      await untilRested();
      signal.throwIfAborted();
      try {
        const answer = await call();
        succeededAtMs = performance.now();
        return answer;
      } catch (err) {
        signal.throwIfAborted();
        if (!(err instanceof Unreachable) && !(err instanceof Refused && err.retryable)) throw err;
        const nowMs = performance.now();
        failedAtMs ??= nowMs;
        const isAtFault = attempt >= mostAttempts && succeededAtMs > failedAtMs && !isAskedToWait(err);
        if (isAtFault) throw err;
        if (nowMs - Math.max(failedAtMs, succeededAtMs) > patienceMs) throw given(err);
        await pauseAfter(err, attempt);
      }
    }
  };
}

function isAskedToWait(err: unknown): boolean {
  return err instanceof Refused && err.retryAfterMs !== null;
}

function given(err: Refused | Unreachable): ImportStopped {
  const code = err instanceof Refused ? err.code : 'unreachable';
  return new ImportStopped(code, `Nothing has come through for minutes: ${err.message}`, err);
}
