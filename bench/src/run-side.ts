/** A program that works through a list of URLs as a contestant: no API, no queue, no Redis. */
import type { Contestant, ContestantOptions } from './contestant.ts';
import { latencyOf } from './statistics.ts';
import { startTreeMeter } from './tree-meter.ts';

/** By the program's own clock. */
export type RunReport = {
  /** From the first request to the last picture. */
  elapsedMs: number;
  /** Of each picture. */
  timesMs: number[];
  failed: number;
};

export type RunProgram = {
  pid: number;
  run(urls: string[]): Promise<RunReport>;
  stop(): Promise<void>;
};

export function startRunSide(
  program: RunProgram,
  { takeUrls, onProgress, onFailure }: ContestantOptions,
  mostPictures = Number.POSITIVE_INFINITY,
): Contestant {
  async function run(urls: string[]): Promise<RunReport> {
    onProgress(0, urls.length);
    const report = await program.run(urls);
    for (let count = 0; count < report.failed; count++) onFailure('failed in the loop');
    return report;
  }

  return {
    warmUp: async (pictures) => void (await run(takeUrls(Math.min(pictures, mostPictures)))),
    async measure(pictures) {
      const urls = takeUrls(Math.min(pictures, mostPictures));
      const meter = startTreeMeter([program.pid]);
      const { elapsedMs, timesMs } = await run(urls);
      const { cpuMs, peakPssBytes, peakRssBytes } = meter.stop();
      return {
        picturesPerSecond: (1000 * urls.length) / elapsedMs,
        cpuMsPerPicture: cpuMs / urls.length,
        peakMemoryBytes: peakPssBytes,
        peakRssBytes,
        ...latencyOf(timesMs),
        redisCommandsPerJob: null,
      };
    },
    redisPerJob: async () => null,
    redisVersion: null,
    warnings: () => [],
    stop: program.stop,
  };
}
