/** The result as text for people, and as one document for programs. */
import { type ContestantName, contestantTitles } from './contestant.ts';
import { type Figure, type FigureName, type Figures, figuresOf } from './figures.ts';
import { type Goal, goalText, type Judgement, judgeGoals } from './goals.ts';
import type { Machine, Versions } from './machine.ts';
import type { BenchOptions } from './options.ts';
import { judgeRows, type QueueSuiteResult, queueSuiteLines } from './queue/result.ts';
import type { LoadResult, SuiteResult } from './rounds.ts';
import { aligned } from './table.ts';

export type BenchResult = {
  options: BenchOptions;
  machine: Machine;
  versions: Versions;
  /** Of what the peers are made of. */
  peerVersions: Record<string, string>;
  suites: SuiteResult[];
  queueSuites: QueueSuiteResult[];
  growthSuites: QueueSuiteResult[];
};

/** How a figure is shown: divided by `unit`, with so many digits; `compared` with the ratio beside it. */
type Column = { figure: FigureName; label: string; unit?: number; digits: number; compared?: boolean };

const megabyte = 1e6;
const kilobyte = 1e3;

const columns: readonly Column[] = [
  { figure: 'cpuMsPerPicture', label: 'CPU ms', digits: 2, compared: true },
  { figure: 'picturesPerSecond', label: 'per s', digits: 1, compared: true },
  { figure: 'p50Ms', label: 'p50 ms', digits: 1, compared: true },
  { figure: 'p95Ms', label: 'p95', digits: 1 },
  { figure: 'p99Ms', label: 'p99', digits: 1 },
  { figure: 'peakMemoryBytes', label: 'MB', unit: megabyte, digits: 0, compared: true },
  { figure: 'redisCommandsPerJob', label: 'Redis commands', digits: 1 },
];

/** Below this the figures say that the bench runs, and nothing about Tintype. */
const meaningful = { pictures: 600, rounds: 3, warmUpPictures: 300 };

/** Everything for a reader: where, with what, a table per suite and load, and at the end the goals. */
export function reportText(result: BenchResult): string {
  const { suites, queueSuites, growthSuites } = result;
  return [
    ...heading(result),
    ...suites.flatMap(suiteLines),
    ...[...queueSuites, ...growthSuites].flatMap(queueSuiteLines),
    ...(suites.length > 0 ? goalLines(judgeGoals(suites)) : []),
  ].join('\n');
}

/** Everything for a program: the same, with every round, all figures and all goals. */
export function reportJson(result: BenchResult): string {
  const suites = result.suites.map((suite) => ({
    ...suite,
    loads: suite.loads.map((load) => ({ ...load, figures: figuresOf(load), table: tableOfLoad(load) })),
  }));
  const judged = (suite: QueueSuiteResult) => ({ ...suite, goals: judgeRows(suite) });
  const queueSuites = result.queueSuites.map(judged);
  const growthSuites = result.growthSuites.map(judged);
  const goals = judgeGoals(result.suites).map((judgement) => ({ ...judgement, cells: goalCells(judgement) }));
  return JSON.stringify({ ...result, suites, queueSuites, growthSuites, goals }, null, 2);
}

function heading({ options, machine, versions, peerVersions, suites }: BenchResult): string[] {
  const { pictures, rounds, clients, workers, warmUpPictures } = options;
  const gigabytes = (machine.memoryBytes / 2 ** 30).toFixed(0);
  const isSmokeTest =
    pictures < meaningful.pictures || rounds < meaningful.rounds || warmUpPictures < meaningful.warmUpPictures;
  const rounded =
    `Medians of ${rounds} rounds of ${pictures} pictures of web or as much work, ${clients} clients, ` +
    `${workers} worker process(es) of Tintype; warm after ${warmUpPictures}.\n` +
    'CPU of the whole process tree with its Redis; × is Tintype against that one, within each round; ' +
    'MB is the peak of the tree, shared pages counted once.';
  const listed = (named: Record<string, string>) =>
    Object.entries(named)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ');
  return [
    ...(suites.length > 0 ? [rounded] : []),
    ...(isSmokeTest ? ['Too little to judge by: only to see that it runs.'] : []),
    `Machine: ${machine.cpu}, ${machine.cores} cores, ${gigabytes} GB, Linux ${machine.kernel}, ` +
      `load ${machine.loadBefore.toFixed(2)} before.`,
    `Versions: ${listed(versions)}.`,
    ...(Object.keys(peerVersions).length > 0 ? [`Peers: ${listed(peerVersions)}.`] : []),
  ];
}

function suiteLines(result: SuiteResult): string[] {
  const kilobytes = Math.round(result.meanFileBytes / kilobyte);
  return [
    '',
    `${result.suite}: ${result.title}${kilobytes > 0 ? `, ${kilobytes} kB on average` : ''}`,
    ...result.loads.flatMap((load) => loadLines(load)),
    ...redisLines(result),
    ...Object.entries(result.failures).flatMap(([name, failures]) =>
      Object.entries(failures).map(([failure, count]) => `  FAILED ${name}: ${count} × ${failure}`),
    ),
  ];
}

/** The headings, then a row for each contestant; × is Tintype against that one. */
function tableOfLoad(result: LoadResult): string[][] {
  const headings = columns.flatMap(({ label, compared }) => (compared ? [label, '×'] : [label]));
  const lines = Object.entries(figuresOf(result)).map(([name, figures]) => [
    titleOf(name),
    ...columns.flatMap((column) => cellsOf(column, figures)),
  ]);
  return [[`${result.load}, ${result.pictures} pictures`, ...headings], ...lines];
}

function loadLines(result: LoadResult): string[] {
  const hits = result.rounds.map(({ tintype }) => tintype?.own?.cacheHits ?? 0);
  return [
    ...aligned(tableOfLoad(result).map((line) => [...line, ''])),
    ...(hits.some((count) => count > 0)
      ? [`  cache hits in each round: ${hits.join(', ')}`, downloadLine(result)]
      : []),
  ];
}

/** What the second time costs the source. */
function downloadLine({ rounds }: LoadResult): string {
  const bytes = rounds.map(({ tintype }) => tintype?.downloadedBytesPerPicture?.toFixed(0) ?? 'unknown');
  return `  bytes downloaded for a picture in each round, ${titleOf('tintype')}: ${bytes.join(', ')}`;
}

function cellsOf({ figure, unit = 1, digits, compared }: Column, figures: Figures): string[] {
  const found: Figure | null = figures[figure];
  const shown = found === null ? '' : (found.value / unit).toFixed(digits);
  const ratio = found?.ratio?.toFixed(2) ?? '';
  return compared ? [shown, ratio] : [shown];
}

function titleOf(name: string): string {
  const isContestant = (text: string): text is ContestantName => text in contestantTitles;
  return isContestant(name) ? contestantTitles[name] : name;
}

function redisLines({ redisPerJob }: SuiteResult): string[] {
  return Object.entries(redisPerJob).map(([name, growth]) => {
    const { jobs, usedBytes, datasetBytes, overheadBytes, eventsStreamBytes } = growth;
    const stream = eventsStreamBytes > 0 ? ` (${eventsStreamBytes.toFixed(0)} of them the events stream)` : '';
    return (
      `  Redis bytes per finished job, ${name}: ${usedBytes.toFixed(0)}, of which data ${datasetBytes.toFixed(0)}` +
      `${stream}, overhead ${overheadBytes.toFixed(0)}; over ${jobs} jobs`
    );
  });
}

/** Goals of suites that were run; the others in one line. */
function goalLines(judgements: Judgement[]): string[] {
  const isOfOtherSuite = ({ reason }: Judgement) => reason?.startsWith('without the suite') ?? false;
  const rows = judgements.filter((judgement) => !isOfOtherSuite(judgement)).map(goalCells);
  const others = judgements.filter(isOfOtherSuite).length;
  return [
    '',
    'Goals (Tintype against the other, medians of the ratios within the rounds)',
    ...aligned([['goal', 'measured', 'set', ''], ...rows]),
    ...(others > 0 ? [`  ${others} more goals belong to suites that were not run`] : []),
  ];
}

function goalCells({ goal, value, verdict, reason }: Judgement): string[] {
  const limit = 'atMost' in goal ? `≤ ${shownAs(goal, goal.atMost)}` : `≥ ${shownAs(goal, goal.atLeast)}`;
  const words = { met: 'met', missed: 'MISSED', 'not measured': `not measured: ${reason}` };
  return [goalText(goal), value === null ? '–' : shownAs(goal, value), limit, words[verdict]];
}

function shownAs({ figure, against }: Goal, value: number): string {
  if (against !== null) return value.toFixed(2);
  return figure === 'redisBytesPerJob' ? `${value.toFixed(0)} B` : `${value.toFixed(2)} ms`;
}
