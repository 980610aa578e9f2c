/** Runs the named steps of a job: tells the progress, takes the time. */
import type { JobStep, StepTimings } from '@tintype/contracts';
import type { ThumbnailJob } from '@tintype/jobs';

export type StepClock = {
  /** Runs a step under its name. */
  run<Value>(step: JobStep, work: () => Promise<Value>): Promise<Value>;
  /** Milliseconds of each step so far, to the tenth. */
  timingsMs(): StepTimings;
};

export function startStepClock(job: Pick<ThumbnailJob, 'enterStep' | 'signal'>): StepClock {
  const timings: StepTimings = {};
  return {
    async run(step, work) {
      job.signal.throwIfAborted();
      job.enterStep(step);
      const startedMs = performance.now();
      try {
        return await work();
      } finally {
        timings[step] = Math.round((performance.now() - startedMs) * 10) / 10;
      }
    },
    timingsMs: () => ({ ...timings }),
  };
}
