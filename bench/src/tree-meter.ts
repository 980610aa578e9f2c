/** Measures what a tree of processes uses over a stretch of time. */
import { readMemoryUse, readTree, readTreeCpuMs } from '@tintype/testkit';

/** Reading the memory costs some milliseconds of this process: often enough to see a peak, too seldom to disturb. */
const sampleIntervalMs = 200;

export type TreeUsage = {
  cpuMs: number;
  /** Largest sum of the resident memory of all processes at one time; what they share counts in each. */
  peakRssBytes: number;
  /** The same with what they share counted once: fair to those that are many forks of one process. */
  peakPssBytes: number;
};

export type TreeMeter = {
  /** Ends the measurement. */
  stop(): TreeUsage;
};

/** Measures from now on the given processes and everything below them. */
export function startTreeMeter(roots: readonly number[]): TreeMeter {
  let [peakRssBytes, peakPssBytes] = [0, 0];
  const sample = () => {
    const { rssBytes, pssBytes } = readMemoryUse(readTree(roots).map(({ pid }) => pid));
    peakRssBytes = Math.max(peakRssBytes, rssBytes);
    peakPssBytes = Math.max(peakPssBytes, pssBytes);
  };
  sample();
  const timer = setInterval(() => {
    try {
      sample();
    } catch {
      // A process has ended that must not: `stop` says so to those who measure.
    }
  }, sampleIntervalMs);
  const startCpuMs = readTreeCpuMs(roots);
  return {
    stop() {
      const cpuMs = readTreeCpuMs(roots) - startCpuMs;
      clearInterval(timer);
      sample();
      return { cpuMs, peakRssBytes, peakPssBytes };
    },
  };
}
