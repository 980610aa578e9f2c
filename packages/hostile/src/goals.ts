/** The goals of a run, and whether it has met them. */
import { mostLoopMs } from '@tintype/testkit';

/** What a run has found, over all its classes. */
export type Totals = {
  cases: number;
  failures: number;
  /** Cases that were right too late. */
  late: number;
  /** Ends of the API or of a worker. */
  crashes: number;
  /** Connections to the server that nobody may touch. */
  addressesReached: number;
  answers: number;
  /** Answers of 500 or more, each in words. */
  serverErrors: readonly string[];
  /** Answers that told of the inside, each in words. */
  leaks: readonly string[];
  /** Finished thumbnails that carried something of their source. */
  metadataFound: number;
  slowestMs: number;
  /** Most memory of the worker, and of it with its children. */
  workerBytes: number;
  treeBytes: number;
  /** Most CPU time of one turn of each loop. */
  apiLoopMs: number;
  workerLoopMs: number;
  /** What the API logged as its own fault. */
  defects: readonly string[];
};

/** Of several runs together. */
export function sumOf(parts: readonly Totals[]): Totals {
  const sum = (pick: (one: Totals) => number) => parts.reduce((total, one) => total + pick(one), 0);
  const most = (pick: (one: Totals) => number) => Math.max(0, ...parts.map(pick));
  return {
    cases: sum(({ cases }) => cases),
    failures: sum(({ failures }) => failures),
    late: sum(({ late }) => late),
    crashes: sum(({ crashes }) => crashes),
    addressesReached: sum(({ addressesReached }) => addressesReached),
    answers: sum(({ answers }) => answers),
    serverErrors: parts.flatMap(({ serverErrors }) => serverErrors),
    leaks: parts.flatMap(({ leaks }) => leaks),
    metadataFound: sum(({ metadataFound }) => metadataFound),
    slowestMs: most(({ slowestMs }) => slowestMs),
    workerBytes: most(({ workerBytes }) => workerBytes),
    treeBytes: most(({ treeBytes }) => treeBytes),
    apiLoopMs: most(({ apiLoopMs }) => apiLoopMs),
    workerLoopMs: most(({ workerLoopMs }) => workerLoopMs),
    defects: parts.flatMap(({ defects }) => defects),
  };
}

/** `met` is null where a figure is only told. */
export type JudgedGoal = { name: string; figure: string; goal: string; met: boolean | null };

const slowestMs = 15_000;
const workerBytes = 400e6;

/** Each goal with what was reached. Times say something of a machine that does nothing else, and are else only told. */
export function judgeGoals(totals: Totals, judgesTimes: boolean): JudgedGoal[] {
  const timed = (met: boolean) => (judgesTimes ? met : null);
  const loop = (name: string, ms: number): JudgedGoal => ({
    name: `${name}’s loop, ms of CPU in a turn`,
    figure: ms.toFixed(0),
    goal: `≤ ${mostLoopMs}`,
    met: timed(ms <= mostLoopMs),
  });
  const none = (name: string, count: number): JudgedGoal => ({ name, figure: `${count}`, goal: '0', met: count === 0 });
  return [
    none('cases that ended wrongly', totals.failures),
    { ...none('cases that ended late', totals.late), met: timed(totals.late === 0) },
    none('crashes', totals.crashes),
    none('addresses reached', totals.addressesReached),
    none('answers of 500 or more', totals.serverErrors.length),
    none('answers that tell of the inside', totals.leaks.length),
    none('thumbnails with metadata', totals.metadataFound),
    {
      name: 'slowest, ms',
      figure: totals.slowestMs.toFixed(0),
      goal: `≤ ${slowestMs}`,
      met: timed(totals.slowestMs <= slowestMs),
    },
    {
      name: 'worker, MB',
      figure: (totals.workerBytes / 1e6).toFixed(0),
      goal: `≤ ${workerBytes / 1e6}`,
      met: totals.workerBytes <= workerBytes,
    },
    loop('API', totals.apiLoopMs),
    loop('worker', totals.workerLoopMs),
  ];
}
