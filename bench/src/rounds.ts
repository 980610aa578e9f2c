/** Measures one suite: everything fresh, warmed up, then rounds in which Tintype and the bare loop take turns. */
import type { Progress } from '@tintype/testkit';
import { startBareSide } from './bare-side.ts';
import type { BenchOptions } from './options.ts';
import type { PictureUrls, SideName } from './picture-urls.ts';
import {
  type Latency,
  type RedisGrowth,
  type ServiceRound,
  type ServiceSide,
  startServiceSide,
} from './service-side.ts';
import type { Side, SideOptions, SideRound } from './side.ts';
import { type SuiteName, suites } from './suites.ts';
import { createTally } from './tally.ts';

export type Round = { service: ServiceRound; bare: SideRound };

export type SuiteResult = {
  suite: SuiteName;
  title: string;
  meanFileBytes: number;
  rounds: Round[];
  idle: Latency;
  redisPerJob: RedisGrowth;
  redisVersion: string;
  /** What went wrong, and how often; any entry makes the figures worthless. */
  failures: Record<string, number>;
  /** What the services had to say. */
  warnings: string[];
};

export type SuiteContext = {
  options: BenchOptions;
  urls: PictureUrls;
  progress: Progress;
  /** Told how to stop what has been started, in case the run is broken off. */
  onStarted: (stop: () => Promise<void>) => void;
};

type Sides = { service: ServiceSide; bare: Side<SideRound> };

/** Runs the suite from start to stop. A failed job does not end it, it is counted. */
export async function measureSuite(suite: SuiteName, context: SuiteContext): Promise<SuiteResult> {
  const { options, urls, progress, onStarted } = context;
  const failures = createTally();
  let label = 'warm-up';
  const sideOptions = (side: SideName): SideOptions => ({
    takeUrls: (count) => urls.take(suite, side, count),
    onProgress: (done, total) => progress.bar(`${suite} ${label}, ${side}`, done, total),
    onFailure: failures.add,
  });
  const sides: Sides = {
    service: await startServiceSide({
      ...sideOptions('tintype'),
      workers: options.workers,
      clients: options.clients,
      profileFolder: options.profileFolder,
      originHost: urls.host,
      expectsCacheHits: suites[suite].distinctFiles !== 'unlimited',
    }),
    bare: startBareSide(sideOptions('bare')),
  };
  const stop = async () => void (await Promise.all([sides.service.stop(), sides.bare.stop()]));
  onStarted(stop);
  try {
    await sides.service.warmUp(options.warmUpPictures);
    await sides.bare.warmUp(options.warmUpPictures);
    const rounds: Round[] = [];
    for (let number = 1; number <= options.rounds; number++) {
      label = `${number}/${options.rounds}`;
      const round = await measureRound(sides, options.pictures);
      rounds.push(round);
      progress.line(`${suite} ${label}: ${describeRound(round)}`);
    }
    label = 'idle';
    return {
      suite,
      title: suites[suite].title,
      meanFileBytes: urls.meanBytes(suite),
      rounds,
      idle: await sides.service.probeIdle(options.idleRequests),
      redisPerJob: await sides.service.redisPerJob(),
      redisVersion: sides.service.redisVersion,
      failures: failures.counts(),
      warnings: sides.service.warnings(),
    };
  } finally {
    await stop();
  }
}

async function measureRound({ service, bare }: Sides, pictures: number): Promise<Round> {
  return { service: await service.measure(pictures), bare: await bare.measure(pictures) };
}

function describeRound({ service, bare }: Round): string {
  const side = (name: string, { picturesPerSecond, cpuMsPerPicture }: SideRound) =>
    `${name} ${picturesPerSecond.toFixed(1)}/s, ${cpuMsPerPicture.toFixed(2)} ms CPU`;
  return `${side('Tintype', service)}; ${side('bare sharp', bare)}`;
}
