/** Runs the named steps of a job: tells the progress, takes the time. */
import type { JobStep, StepTimings } from '@tintype/contracts';
import type { ThumbnailJob } from '@tintype/jobs';

export type StepClock = {
  /** Runs a step, or a further part of it, under its name. */
  run<Value>(step: JobStep, work: () => Promise<Value>): Promise<Value>;
  /** Moves milliseconds from one step to another that was run inside of it. */
  move(from: JobStep, to: JobStep, ms: number): void;
  /** Milliseconds of each step so far, to the tenth. */
  timingsMs(): StepTimings;
};

export function startStepClock(job: Pick<ThumbnailJob, 'enterStep' | 'signal'>): StepClock {
  const timings: StepTimings = {};
  let current: JobStep | null = null;
  const add = (step: JobStep, ms: number) => {
    timings[step] = Math.max(0, Math.round(((timings[step] ?? 0) + ms) * 10) / 10);
  };
  return {
    async run(step, work) {
      job.signal.throwIfAborted();
      if (step !== current) job.enterStep(step);
      current = step;
      const startedMs = performance.now();
      try {
        return await work();
      } finally {
        add(step, performance.now() - startedMs);
      }
    },
    move(from, to, ms) {
      add(from, -ms);
      add(to, ms);
    },
    timingsMs: () => ({ ...timings }),
  };
}
