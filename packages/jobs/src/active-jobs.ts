/** The jobs that this worker works on now: how to end each of them early, and what each step took so far. */
import type { AttemptStep, JobStep } from '@tintype/contracts';
import { JobCancelled } from './job-exits.ts';

export type ActiveJob = {
  signal: AbortSignal;
  enterStep(step: JobStep): void;
  /** The steps so far, the present one included. */
  steps(): AttemptStep[];
  /** It is not worked on any more. */
  leave(): void;
};

export type ActiveJobs = {
  enter(id: string): ActiveJob;
  cancel(id: string): void;
  /** Whether a cancel of this job was heard of lately. */
  wasCancelled(id: string): boolean;
  end(id: string, reason: Error): void;
  /** Ends all of them early, and whatever comes after. */
  endAll(reason: Error): void;
};

/** A cancel may be heard before the job is: it is remembered for so long. */
const memoryMs = 10_000;

export function createActiveJobs(): ActiveJobs {
  const aborts = new Map<string, AbortController>();
  const cancelled = new Map<string, number>();
  let ending: Error | null = null;
  const forgetOld = (nowMs: number) => {
    for (const [id, atMs] of cancelled) {
      if (atMs > nowMs - memoryMs) return; // in the order in which they came
      cancelled.delete(id);
    }
  };
  return {
    enter(id) {
      const abort = new AbortController();
      aborts.set(id, abort);
      if (ending) abort.abort(ending);
      else if (cancelled.has(id)) abort.abort(new JobCancelled());
      const entered: { step: JobStep; atMs: number }[] = [];
      return {
        signal: abort.signal,
        enterStep: (step) => void entered.push({ step, atMs: performance.now() }),
        steps: () =>
          entered.map(({ step, atMs }, index) => ({
            step,
            ms: Math.round(10 * ((entered[index + 1]?.atMs ?? performance.now()) - atMs)) / 10,
          })),
        leave() {
          // A job that was lost and claimed again is worked on twice.
          if (aborts.get(id) === abort) aborts.delete(id);
        },
      };
    },
    cancel(id) {
      const nowMs = performance.now();
      forgetOld(nowMs);
      cancelled.set(id, nowMs);
      aborts.get(id)?.abort(new JobCancelled());
    },
    wasCancelled: (id) => cancelled.has(id),
    end: (id, reason) => void aborts.get(id)?.abort(reason),
    endAll(reason) {
      ending = reason;
      for (const abort of aborts.values()) abort.abort(reason);
    },
  };
}
