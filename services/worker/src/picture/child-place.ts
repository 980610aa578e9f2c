/** The place for pictures that may do harm: a child process that is used once, ends in time and hurts nobody else. */
import { Problem } from '@tintype/contracts';
import type { PictureStep } from '@tintype/picture';
import type { ChildAnswer } from './child-messages.ts';
import { type ChildLaunch, childStarter } from './child-process.ts';
import { ChildRun } from './child-run.ts';
import type { PictureRequest, PictureSettings } from './picture-runner.ts';

export type ChildPlaceOptions = PictureSettings & Omit<ChildLaunch, 'cpuSeconds'>;

export type ChildPlace = {
  /**
   * Throws the problems of a picture; `decode_timeout` when time is up; `too_many_pixels` when the child was refused
   * memory; `worker_crashed` when it died otherwise or answered nonsense; the signal's reason.
   */
  make(request: PictureRequest, signal: AbortSignal, onStep: (step: PictureStep) => void): Promise<ChildAnswer>;
  /** Ends every child. */
  stop(): Promise<void>;
};

/** Several threads decode, and starting takes a second at worst. */
const cpuSecondsPerSecond = 4;

export function createChildPlace(options: ChildPlaceOptions): ChildPlace {
  const { limits } = options;
  const cpuSeconds = cpuSecondsPerSecond * (Math.ceil(limits.timeoutMs / 1000) + 1);
  const startChild = childStarter({ ...options, cpuSeconds });
  const running = new Set<ChildRun>();
  return {
    async make(request, signal, onStep) {
      signal.throwIfAborted();
      const run = new ChildRun(startChild(), request, options, onStep);
      running.add(run);
      const onAbort = () => run.end(signal.reason);
      const timer = setTimeout(() => run.end(new Problem('decode_timeout')), limits.timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        run.ask();
        return await run.over;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        running.delete(run);
      }
    },
    async stop() {
      for (const run of running) run.end(new Error('the worker stops'));
      await Promise.allSettled([...running].map(({ over }) => over));
    },
  };
}
