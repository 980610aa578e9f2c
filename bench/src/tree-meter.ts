/** Measures what a tree of processes uses over a stretch of time. */
import { readResidentBytes, readTree, readTreeCpuMs } from '@tintype/testkit';

const sampleIntervalMs = 50;
/** How often new processes are looked for; each look reads the whole of /proc. */
const samplesPerLook = 20;

export type TreeUsage = {
  cpuMs: number;
  /** Largest sum of the resident memory of all processes at one time. */
  peakRssBytes: number;
};

export type TreeMeter = {
  /** Ends the measurement. */
  stop(): TreeUsage;
};

/** Measures from now on the given processes and everything below them. */
export function startTreeMeter(roots: readonly number[]): TreeMeter {
  let pids = pidsOf(roots);
  let peakRssBytes = 0;
  let samples = 0;
  const sample = () => {
    if (++samples % samplesPerLook === 0) pids = pidsOf(roots);
    peakRssBytes = Math.max(peakRssBytes, readResidentBytes(pids));
  };
  sample();
  const timer = setInterval(sample, sampleIntervalMs);
  const startCpuMs = readTreeCpuMs(roots);
  return {
    stop() {
      const cpuMs = readTreeCpuMs(roots) - startCpuMs;
      clearInterval(timer);
      sample();
      return { cpuMs, peakRssBytes };
    },
  };
}

function pidsOf(roots: readonly number[]): number[] {
  return readTree(roots).map(({ pid }) => pid);
}
