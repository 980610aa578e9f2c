/** The bare sharp loop as a contestant. */
import Type from 'typebox';
import { forkModule } from './forked.ts';
import type { Side, SideOptions, SideRound } from './side.ts';
import { startTreeMeter } from './tree-meter.ts';

const RunReport = Type.Object({ elapsedMs: Type.Number(), failed: Type.Integer() });

export function startBareSide({ takeUrls, onProgress, onFailure }: SideOptions): Side<SideRound> {
  const bare = forkModule('./bare-sharp.ts');

  /** Resolves with the milliseconds from the first request to the last thumbnail, by the loop's own clock. */
  async function run(pictures: number): Promise<number> {
    onProgress(0, pictures);
    const { elapsedMs, failed } = await bare.ask(RunReport, { urls: takeUrls(pictures) });
    for (let count = 0; count < failed; count++) onFailure('failed in the bare loop');
    return elapsedMs;
  }

  return {
    warmUp: async (pictures) => void (await run(pictures)),
    async measure(pictures) {
      const meter = startTreeMeter([bare.pid]);
      const elapsedMs = await run(pictures);
      const { cpuMs, peakRssBytes } = meter.stop();
      return { picturesPerSecond: (1000 * pictures) / elapsedMs, cpuMsPerPicture: cpuMs / pictures, peakRssBytes };
    },
    stop: bare.stop,
  };
}
