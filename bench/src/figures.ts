/** The figures of a load: medians over its rounds, ratios taken within each round. */
import { type ContestantName, contestantTitles, type SideRound } from './contestant.ts';
import type { LoadResult } from './rounds.ts';
import { median } from './statistics.ts';

export const figureNames = [
  ...(['picturesPerSecond', 'cpuMsPerPicture', 'p50Ms', 'p95Ms', 'p99Ms'] as const),
  ...(['peakMemoryBytes', 'peakRssBytes', 'redisCommandsPerJob'] as const),
] as const;
export type FigureName = (typeof figureNames)[number];

export type Figure = {
  value: number;
  /** Median of Tintype against this one, round by round: what disturbs a round disturbs everybody in it. */
  ratio: number | null;
};

/** Null where there is no such thing. */
export type Figures = Record<FigureName, Figure | null>;

/** Of everyone who was there in a round. */
export function figuresOf({ rounds }: LoadResult): Partial<Record<ContestantName, Figures>> {
  const names = new Set(rounds.flatMap((round) => Object.keys(round)));
  return Object.fromEntries([...names].filter(isContestant).map((name) => [name, figuresOfOne(rounds, name)]));
}

function isContestant(name: string): name is ContestantName {
  return name in contestantTitles;
}

function figuresOfOne(rounds: LoadResult['rounds'], name: ContestantName): Figures {
  const of = (figure: FigureName): Figure | null => {
    const values = rounds.flatMap((round) => round[name]?.[figure] ?? []);
    if (values.length === 0) return null;
    const ratios = rounds.flatMap((round) => ratioOf(round.tintype?.[figure], round[name]?.[figure]) ?? []);
    return { value: median(values), ratio: ratios.length > 0 && isComparable(name, figure) ? median(ratios) : null };
  };
  return {
    picturesPerSecond: of('picturesPerSecond'),
    cpuMsPerPicture: of('cpuMsPerPicture'),
    p50Ms: of('p50Ms'),
    p95Ms: of('p95Ms'),
    p99Ms: of('p99Ms'),
    peakMemoryBytes: of('peakMemoryBytes'),
    peakRssBytes: of('peakRssBytes'),
    redisCommandsPerJob: of('redisCommandsPerJob'),
  };
}

/** Programs that take one picture after the other know no clients: what a picture waits is not in their times. */
function isComparable(name: ContestantName, figure: FigureName): boolean {
  const hasClients = name !== 'bare' && name !== 'scipy';
  return name !== 'tintype' && (hasClients || !/^p\d+Ms$/.test(figure));
}

function ratioOf(ours: number | null | undefined, theirs: SideRound[FigureName] | undefined): number | null {
  return typeof ours === 'number' && typeof theirs === 'number' ? ours / theirs : null;
}
