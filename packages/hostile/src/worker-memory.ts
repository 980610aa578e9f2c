/** How much memory the worker and its children hold, at the most, between two laps. */
import { readPeakResidentBytes, readResidentBytes, readTree, resetPeakResidentBytes } from '@tintype/testkit';

const sampleIntervalMs = 50;
/** Children are looked for on every so manieth sample; each look reads the whole of /proc. */
const samplesPerLook = 4;

export type WorkerMemory = {
  /**
   * In bytes, since the last lap: what there was at its beginning, and the peak, which is the largest sampled sum over
   * the tree, or the kernel's own peak of the worker alone.
   */
  lap(): { startBytes: number; peakBytes: number };
  stop(): void;
};

/** `worker` gives the process that is the worker now: it may have been started anew. */
export function watchWorkerMemory(worker: () => number): WorkerMemory {
  let pids: number[] = [];
  let samples = 0;
  let peakBytes = 0;
  let startBytes = readResidentBytes([worker()]);
  const sample = () => {
    if (samples++ % samplesPerLook === 0) pids = treeOf(worker());
    peakBytes = Math.max(peakBytes, readResidentBytes(pids));
  };
  const timer = setInterval(sample, sampleIntervalMs);
  resetPeakResidentBytes(worker());
  return {
    lap() {
      sample();
      const lap = { startBytes, peakBytes: Math.max(peakBytes, readPeakResidentBytes(worker())) };
      peakBytes = 0;
      resetPeakResidentBytes(worker());
      startBytes = readResidentBytes(treeOf(worker()));
      return lap;
    },
    stop: () => clearInterval(timer),
  };
}

function treeOf(pid: number): number[] {
  try {
    return readTree([pid]).map((stat) => stat.pid);
  } catch {
    return []; // just ended: the next look finds its successor
  }
}
