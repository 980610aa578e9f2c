/** The goals. To add one, add its line. */
import { type ContestantName, contestantTitles } from './contestant.ts';
import { type FigureName, figuresOf } from './figures.ts';
import type { LoadName } from './load-names.ts';
import type { SuiteResult } from './rounds.ts';
import type { SuiteName } from './suites.ts';

export type Goal = {
  suite: SuiteName;
  load: LoadName;
  figure: FigureName | 'redisBytesPerJob';
  /** Null: Tintype's own value counts; else its ratio to this contestant. */
  against: ContestantName | null;
} & ({ atMost: number } | { atLeast: number });

type Limit = { atMost: number } | { atLeast: number };

/** One goal for each suite and each rival. */
function closed(suites: SuiteName[], figure: FigureName, rivals: ContestantName[], limit: Limit): Goal[] {
  return suites.flatMap((suite) =>
    rivals.map((against): Goal => ({ suite, load: 'closed', figure, against, ...limit })),
  );
}

const cpu = 'cpuMsPerPicture';
const speed = 'picturesPerSecond';

export const goals: readonly Goal[] = [
  ...closed(['web'], cpu, ['bare'], { atMost: 1.2 }),
  ...closed(['web'], speed, ['bare'], { atLeast: 0.85 }),
  ...closed(['small'], cpu, ['bare'], { atMost: 1.3 }),
  ...closed(['web', 'mixed'], speed, ['rq'], { atLeast: 2 }),
  ...closed(['web'], cpu, ['celery', 'rq-simple'], { atMost: 1 }),
  ...closed(['small'], cpu, ['celery', 'rq-simple'], { atMost: 0.75 }),
  ...closed(['png'], cpu, ['celery', 'rq-simple'], { atMost: 0.85 }),
  ...closed(['webp'], cpu, ['celery', 'rq-simple'], { atMost: 0.7 }),
  ...closed(['progressive'], cpu, ['celery', 'rq-simple'], { atMost: 0.6 }),
  ...closed(['web', 'small', 'mixed'], speed, ['celery'], { atLeast: 1.15 }),
  ...closed(['web', 'mixed'], cpu, ['ipx'], { atMost: 0.9 }),
  ...closed(['repeats'], speed, ['celery', 'rq', 'rq-simple', 'ipx'], { atLeast: 5 }),
  ...closed(['colours'], speed, ['scipy'], { atLeast: 25 }),
  { suite: 'web', load: 'idle', figure: 'p50Ms', against: 'celery', atMost: 0.7 },
  { suite: 'noop', load: 'closed', figure: cpu, against: null, atMost: 0.6 },
  ...closed(['mixed'], 'peakMemoryBytes', ['celery'], { atMost: 0.6 }),
  // Only where no two thumbnails are alike: equal ones share their entry among the blobs.
  { suite: 'small', load: 'closed', figure: 'redisBytesPerJob', against: null, atMost: 3600 },
];

export type Judgement = {
  goal: Goal;
  /** Null when it was not measured. */
  value: number | null;
  verdict: 'met' | 'missed' | 'not measured';
  /** Why it was not measured. */
  reason: string | null;
};

/**
 * Every goal, held against what was measured. A suite in which Tintype failed misses its goals, since whoever fails
 * early is fast; a rival's failures make the comparison worthless.
 */
export function judgeGoals(results: readonly SuiteResult[]): Judgement[] {
  return goals.map((goal) => {
    const result = results.find(({ suite }) => suite === goal.suite);
    const value = result ? measuredValue(goal, result) : null;
    const reason = reasonAgainst(goal, result, value);
    if (reason !== null) return { goal, value: null, verdict: 'not measured', reason };
    const isMet = isWithin(goal, value ?? Number.NaN) && result?.failures.tintype === undefined;
    return { goal, value, verdict: isMet ? 'met' : 'missed', reason: null };
  });
}

function isWithin(goal: Limit, value: number): boolean {
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

function measuredValue({ load, figure, against }: Goal, result: SuiteResult): number | null {
  if (figure === 'redisBytesPerJob') return result.redisPerJob.tintype?.usedBytes ?? null;
  const measured = result.loads.find((other) => other.load === load);
  if (!measured) return null;
  const found = figuresOf(measured)[against ?? 'tintype']?.[figure];
  return (against === null ? found?.value : found?.ratio) ?? null;
}

function reasonAgainst(
  { suite, load, against }: Goal,
  result: SuiteResult | undefined,
  value: number | null,
): string | null {
  if (!result) return `without the suite ${suite}`;
  if (against !== null && result.failures[against] !== undefined) return `${against} failed`;
  if (against !== null && !result.contestants.includes(against)) return `without ${against}`;
  if (value === null)
    return result.loads.some((other) => other.load === load) ? 'no figure' : `without the load ${load}`;
  return null;
}

const figureTexts: Record<Goal['figure'], string> = {
  picturesPerSecond: 'pictures/s',
  cpuMsPerPicture: 'CPU per picture',
  p50Ms: 'p50',
  p95Ms: 'p95',
  p99Ms: 'p99',
  peakMemoryBytes: 'peak memory',
  peakRssBytes: 'peak memory (RSS)',
  redisCommandsPerJob: 'Redis commands per job',
  redisBytesPerJob: 'Redis bytes per finished job, events stream counted',
};

/** `web, closed: CPU per picture against bare sharp`. */
export function goalText({ suite, load, figure, against }: Goal): string {
  const whole = against === null ? '' : ` against ${contestantTitles[against]}`;
  const where = figure === 'redisBytesPerJob' ? suite : `${suite}, ${load}`;
  return `${where}: ${figureTexts[figure]}${whole}`;
}
