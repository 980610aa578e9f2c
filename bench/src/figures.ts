/** The figures of a suite: medians over its rounds, ratios taken within each round. */
import type { Round, SuiteResult } from './rounds.ts';
import type { SideRound } from './side.ts';
import { median } from './statistics.ts';

export type Figure = {
  tintype: number;
  /** Null where the bare loop has no such thing. */
  bare: number | null;
  /** Median of Tintype against bare, round by round: what disturbs a round disturbs both sides of it. */
  ratio: number | null;
};

export type FigureName =
  | 'picturesPerSecond'
  | 'cpuMsPerPicture'
  | 'p50Ms'
  | 'p95Ms'
  | 'p99Ms'
  | 'idleP50Ms'
  | 'idleP95Ms'
  | 'peakRssBytes'
  | 'redisBytesPerJob'
  | 'redisCommandsPerJob'
  | 'cacheHits'
  | 'failures';

export type Figures = Record<FigureName, Figure>;

export function figuresOf({ rounds, idle, redisPerJob, failures }: SuiteResult): Figures {
  const both = (name: keyof SideRound): Figure => ({
    tintype: median(rounds.map(({ service }) => service[name])),
    bare: median(rounds.map(({ bare }) => bare[name])),
    ratio: median(rounds.map(({ service, bare }) => service[name] / bare[name])),
  });
  const ours = (take: (service: Round['service']) => number) =>
    alone(median(rounds.map(({ service }) => take(service))));
  return {
    picturesPerSecond: both('picturesPerSecond'),
    cpuMsPerPicture: both('cpuMsPerPicture'),
    p50Ms: ours((round) => round.p50Ms),
    p95Ms: ours((round) => round.p95Ms),
    p99Ms: ours((round) => round.p99Ms),
    idleP50Ms: alone(idle.p50Ms),
    idleP95Ms: alone(idle.p95Ms),
    peakRssBytes: both('peakRssBytes'),
    redisBytesPerJob: alone(redisPerJob.usedBytes),
    redisCommandsPerJob: ours((round) => round.redisCommandsPerJob),
    cacheHits: ours((round) => round.cacheHits),
    failures: alone(Object.values(failures).reduce((sum, count) => sum + count, 0)),
  };
}

function alone(tintype: number): Figure {
  return { tintype, bare: null, ratio: null };
}
