/** The suite `soak`: many thousand pictures, and whether a process grows over them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readResidentBytes } from '@tintype/testkit';
import { startPictureUrls } from '../picture-urls.ts';
import type { Plot } from '../plots/plot.ts';
import { createCleanUp } from '../queue/clean-up.ts';
import type { MeasuredRow, QueueSuiteResult } from '../queue/result.ts';
import { createTally, type Tally } from '../tally.ts';
import { judge, type ThumbnailClient } from '../thumbnail-client.ts';
import { startRig } from './rig.ts';
import type { GrowthContext } from './suite-names.ts';
import { trendOf } from './trend.ts';

const clients = 64;
/** One picture of the suite `mixed` among so many: every decoder gets its share, and small ones make it quick. */
const smallToMixed = 10;
/** Different pictures; the bytes of each request are its own all the same. */
const drawn = 300;
const readIntervalMs = 1000;
/** In the last quarter a process may take so much more than in the second. */
const mostGrowth = 1.05;
/** Points of a line in the plot. */
const mostPoints = 150;
const megabyte = 1e6;

const processNames = ['API', 'worker', 'Redis'] as const;
type ProcessName = (typeof processNames)[number];
export type SoakReading = { pictures: number; bytes: Record<ProcessName, number> };

export async function measureSoak(context: GrowthContext): Promise<QueueSuiteResult> {
  const { progress, onStarted, soakPictures } = context;
  const cleanUp = createCleanUp();
  onStarted(cleanUp.run);
  const failures = createTally();
  try {
    const urls = await (context.quick ? startPictureUrls(['small'], 1) : startPictureUrls(['small', 'mixed'], drawn));
    cleanUp.add(urls.stop);
    const { service, client } = await startRig({ originHost: urls.host, failures, onStarted: cleanUp.add });
    const { redis, api, workers } = service.processes;
    const pids: Record<ProcessName, number[]> = { API: [api], worker: workers, Redis: [redis] };
    const run = { pictures: 0, hasEnded: false };
    const readings: SoakReading[] = [];
    const read = async () => {
      while (!run.hasEnded) {
        readings.push({
          pictures: run.pictures,
          bytes: {
            API: readResidentBytes(pids.API),
            worker: readResidentBytes(pids.worker),
            Redis: readResidentBytes(pids.Redis),
          },
        });
        progress.bar('soak', run.pictures, soakPictures);
        await sleep(readIntervalMs);
      }
    };
    const reading = read();
    const startMs = performance.now();
    const takeUrls = (serial: number) =>
      urls.take(serial % (smallToMixed + 1) === 0 && !context.quick ? 'mixed' : 'small', 'tintype', 1);
    await makeAll(client, takeUrls, soakPictures, failures, () => {
      run.pictures += 1;
    });
    const seconds = (performance.now() - startMs) / 1000;
    run.hasEnded = true;
    await reading;
    progress.line(`soak: ${soakPictures} pictures in ${seconds.toFixed(0)} s`);
    return {
      suite: 'soak',
      title: `${soakPictures} pictures, one of ${smallToMixed + 1} as in mixed, the others as in small; Redis keeps their jobs`,
      columns: [...processNames],
      rows: soakRows(readings),
      plot: soakPlot(readings),
      failures: failures.counts(),
      warnings: service.warnings(),
      redisVersion: service.redis.version,
    };
  } finally {
    await cleanUp.run();
  }
}

/** Closed loop; the answers are judged as they come, since all of them would take memory that is needed. */
async function makeAll(
  client: ThumbnailClient,
  takeUrls: (serial: number) => string[],
  pictures: number,
  failures: Tally,
  onDone: () => void,
): Promise<void> {
  let started = 0;
  const work = async () => {
    while (started < pictures) {
      started += 1;
      for (const url of takeUrls(started)) {
        const { failure } = judge(await client.make(url));
        if (failure !== null) failures.add(failure);
        onDone();
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, work));
}

/** Redis is told and not judged: it keeps jobs for as long as they live. */
export function soakRows(readings: readonly SoakReading[]): MeasuredRow[] {
  const trends = processNames.map((name) =>
    trendOf(readings.map(({ pictures, bytes }) => ({ pictures, bytes: bytes[name] }))),
  );
  const growth = trends.map(({ secondQuarterBytes, lastQuarterBytes }) => lastQuarterBytes / secondQuarterBytes);
  return [
    {
      label: 'most MB',
      digits: 0,
      values: processNames.map((name) => Math.max(...readings.map(({ bytes }) => bytes[name])) / megabyte),
    },
    {
      label: 'median MB of the second quarter',
      digits: 1,
      values: trends.map(({ secondQuarterBytes }) => secondQuarterBytes / megabyte),
    },
    {
      label: 'median MB of the last quarter',
      digits: 1,
      values: trends.map(({ lastQuarterBytes }) => lastQuarterBytes / megabyte),
    },
    {
      label: 'last quarter against second, API and worker',
      digits: 3,
      values: growth.map((ratio, index) => (processNames[index] === 'Redis' ? null : ratio)),
      goal: { atMost: mostGrowth },
    },
    {
      label: 'MB per 1000 pictures, after the first quarter',
      digits: 2,
      values: trends.map(({ bytesPerThousand }) => bytesPerThousand / megabyte),
    },
  ];
}

function soakPlot(readings: readonly SoakReading[]): Plot {
  const step = Math.max(1, Math.ceil(readings.length / mostPoints));
  const shown = readings.filter((_, index) => index % step === 0);
  return {
    title: 'Resident memory over many pictures',
    x: { title: 'pictures done', scale: 'linear' },
    panels: [
      {
        y: { title: 'resident memory (MB)', scale: 'linear' },
        lines: processNames.map((name) => ({
          name,
          points: shown.map(({ pictures, bytes }) => ({ x: pictures, y: bytes[name] / megabyte })),
        })),
      },
    ],
  };
}
