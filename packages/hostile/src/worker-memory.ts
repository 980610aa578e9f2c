/** How much memory the worker and its children hold, at the most, between two laps. */
import { readPeakResidentBytes, readResidentBytes, readTree, resetPeakResidentBytes } from '@tintype/testkit';

const sampleIntervalMs = 50;
/** Children are looked for once in so many samples, because each look reads the whole of /proc. */
const samplesPerLook = 4;

export type WorkerMemory = {
  /** Peaks since the last lap, in bytes: the kernel's own of the worker, and the largest sampled sum with its children. */
  lap(): { workerBytes: number; treeBytes: number };
  stop(): void;
};

/** `worker` gives the process that is the worker now: it may have been started anew. */
export function watchWorkerMemory(worker: () => number): WorkerMemory {
  let pids: number[] = [];
  let samples = 0;
  let treeBytes = 0;
  const sample = () => {
    if (samples++ % samplesPerLook === 0) pids = treeOf(worker());
    treeBytes = Math.max(treeBytes, readResidentBytes(pids));
  };
  const timer = setInterval(sample, sampleIntervalMs);
  resetPeakResidentBytes(worker());
  return {
    lap() {
      sample();
      const workerBytes = readPeakResidentBytes(worker());
      const lap = { workerBytes, treeBytes: Math.max(treeBytes, workerBytes) };
      treeBytes = 0;
      resetPeakResidentBytes(worker());
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
