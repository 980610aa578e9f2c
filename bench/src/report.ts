/** The result as text for people, and as one document for programs. */
import { type Figure, type FigureName, type Figures, figuresOf } from './figures.ts';
import { type Goal, type Judgement, judgeGoals } from './goals.ts';
import type { Machine, Versions } from './machine.ts';
import type { BenchOptions } from './options.ts';
import { judgeRows, type QueueSuiteResult, queueSuiteLines } from './queue/result.ts';
import type { SuiteResult } from './rounds.ts';
import { aligned } from './table.ts';

export type BenchResult = {
  options: BenchOptions;
  machine: Machine;
  versions: Versions;
  suites: SuiteResult[];
  queueSuites: QueueSuiteResult[];
};

/** How a figure is shown: divided by `unit`, with so many digits. */
type Row = { figure: FigureName; label: string; unit?: number; digits: number };

const megabyte = 1e6;
const kilobyte = 1e3;

const rows: readonly Row[] = [
  { figure: 'picturesPerSecond', label: 'pictures/s', digits: 1 },
  { figure: 'cpuMsPerPicture', label: 'CPU ms per picture', digits: 2 },
  { figure: 'p50Ms', label: 'POST to completed, p50 ms', digits: 1 },
  { figure: 'p95Ms', label: 'POST to completed, p95 ms', digits: 1 },
  { figure: 'p99Ms', label: 'POST to completed, p99 ms', digits: 1 },
  { figure: 'idleP50Ms', label: 'one client alone, p50 ms', digits: 1 },
  { figure: 'idleP95Ms', label: 'one client alone, p95 ms', digits: 1 },
  { figure: 'peakRssBytes', label: 'peak memory MB', unit: megabyte, digits: 0 },
  { figure: 'redisBytesPerJob', label: 'Redis kB per finished job', unit: kilobyte, digits: 2 },
  { figure: 'redisCommandsPerJob', label: 'Redis commands per job', digits: 1 },
  { figure: 'cacheHits', label: 'cache hits', digits: 0 },
  { figure: 'failures', label: 'failures', digits: 0 },
];

/** Below this the figures say that the bench runs, and nothing about Tintype. */
const meaningful = { pictures: 600, rounds: 3, warmUpPictures: 300 };

const headings = ['', 'Tintype', 'bare sharp', 'ratio', 'goal'];

/** Everything for a reader: where, with what, a table per suite with the goals beside the figures. */
export function reportText(result: BenchResult): string {
  const { suites, queueSuites } = result;
  return [...heading(result), ...suites.flatMap(suiteLines), ...queueSuites.flatMap(queueSuiteLines)].join('\n');
}

/** Everything for a program: the same, with every round and each suite's figures and judged goals. */
export function reportJson(result: BenchResult): string {
  const suites = result.suites.map((suite) => {
    const figures = figuresOf(suite);
    return { ...suite, figures, goals: judgeGoals(suite.suite, figures) };
  });
  const queueSuites = result.queueSuites.map((suite) => ({ ...suite, goals: judgeRows(suite) }));
  return JSON.stringify({ ...result, suites, queueSuites }, null, 2);
}

function heading({ options, machine, versions, suites }: BenchResult): string[] {
  const { pictures, rounds, clients, workers, warmUpPictures } = options;
  const gigabytes = (machine.memoryBytes / 2 ** 30).toFixed(0);
  const isSmokeTest =
    pictures < meaningful.pictures || rounds < meaningful.rounds || warmUpPictures < meaningful.warmUpPictures;
  const rounded =
    `Medians of ${rounds} rounds of ${pictures} pictures, ${clients} clients, ${workers} worker process(es), ` +
    `${warmUpPictures} pictures to warm up.`;
  return [
    ...(suites.length > 0 ? [rounded] : []),
    ...(isSmokeTest ? ['Too little to judge by: only to see that it runs.'] : []),
    `Machine: ${machine.cpu}, ${machine.cores} cores, ${gigabytes} GB, Linux ${machine.kernel}, ` +
      `load ${machine.loadBefore.toFixed(2)} before.`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ];
}

function suiteLines(result: SuiteResult): string[] {
  const figures = figuresOf(result);
  const judged = judgeGoals(result.suite, figures);
  const kilobytes = Math.round(result.meanFileBytes / kilobyte);
  const cells = [headings, ...rows.map((row) => cellsOf(row, figures, judged))];
  const { datasetBytes, overheadBytes, eventsStreamBytes } = result.redisPerJob;
  return [
    '',
    `${result.suite}: ${result.title}, ${kilobytes} kB on average`,
    ...aligned(cells),
    `  Redis bytes per job: ${datasetBytes.toFixed(0)} of data, ${eventsStreamBytes.toFixed(0)} of them the events ` +
      `stream; ${overheadBytes.toFixed(0)} of overhead`,
    ...Object.entries(result.failures).map(([failure, count]) => `  FAILED ${count} × ${failure}`),
  ];
}

function cellsOf({ figure, label, unit = 1, digits }: Row, figures: Figures, judged: Judgement[]): string[] {
  const { tintype, bare, ratio }: Figure = figures[figure];
  const shown = (value: number | null, divisor: number, places: number) =>
    value === null ? '' : (value / divisor).toFixed(places);
  const goals = judged.filter(({ goal }) => goal.figure === figure).map((judgement) => goalText(judgement, unit));
  return [label, shown(tintype, unit, digits), shown(bare, unit, digits), shown(ratio, 1, 2), goals.join(', ')];
}

function goalText({ goal, met }: Judgement, unit: number): string {
  const limit = limitOf(goal) / (goal.of === 'ratio' ? 1 : unit);
  const digits = goal.of === 'ratio' ? 2 : 1;
  return `${goal.of === 'ratio' ? 'ratio ' : ''}${'atMost' in goal ? '≤' : '≥'} ${limit.toFixed(digits)}: ${met ? 'met' : 'MISSED'}`;
}

function limitOf(goal: Goal): number {
  return 'atMost' in goal ? goal.atMost : goal.atLeast;
}
