/** Runs the named steps of a job: tells the progress, takes the time. */
import type { JobStep, StepTimings } from '@tintype/contracts';

/** Serves as the `StepRunner` of a picture. */
export type StepClock<Step extends JobStep = JobStep> = {
  /** Runs a step, or a further part of it, under its name. */
  run<Value>(step: Step, work: () => Promise<Value>): Promise<Value>;
  /** Says that a step has begun inside of the one that runs, elsewhere. */
  enter(step: Step): void;
  /** Moves milliseconds from one step to another that was run inside of it. */
  move(from: Step, to: Step, ms: number): void;
  /** Milliseconds of each step so far, to the tenth. */
  timingsMs(): StepTimings;
};

/** `enterStep` is told of each step that begins; no step begins once the signal has aborted. */
export function startStepClock<Step extends JobStep>(job: {
  enterStep: (step: Step) => void;
  signal: AbortSignal;
}): StepClock<Step> {
  const timings: StepTimings = {};
  let current: Step | null = null;
  const add = (step: Step, ms: number) => {
    timings[step] = Math.max(0, Math.round(((timings[step] ?? 0) + ms) * 10) / 10);
  };
  const enter = (step: Step) => {
    if (step !== current) job.enterStep(step);
    current = step;
  };
  return {
    async run(step, work) {
      job.signal.throwIfAborted();
      enter(step);
      const startedMs = performance.now();
      try {
        return await work();
      } finally {
        add(step, performance.now() - startedMs);
      }
    },
    enter,
    move(from, to, ms) {
      add(from, -ms);
      add(to, ms);
    },
    timingsMs: () => ({ ...timings }),
  };
}
