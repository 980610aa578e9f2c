/** What an observation amounts to: the figures of a row, and which of the musts were missed. */
import { type LoopFigures, type LoopTurn, loopFiguresOf, mostLoopMs } from '@tintype/testkit';
import type { Exchange } from './api-client.ts';
import { type Expected, essenceOf } from './expected.ts';
import type { Exit } from './faults.ts';
import type { FollowedJob } from './following.ts';
import type { Observation } from './round.ts';

export type Figures = {
  /** At the moment of the fault. */
  waiting: number;
  active: number;
  accepted: number;
  completed: number;
  /** Number of failed jobs by problem code. */
  failed: Record<string, number>;
  /** Ids that were accepted, and are unknown now or do not end. */
  lost: string[];
  /** Jobs that a worker has begun more than once. */
  runTwice: number;
  /** Ids whose result is not that of a calm run, or whose file is not the one that the resource names. */
  different: string[];
  /** From the fault's end; null when nothing was completed after it. */
  firstCompletedMs: number | null;
  /**
   * From the fault's end to the end of the last job that was active when it came, or was begun again; null when none
   * ended after it.
   */
  lastInterruptedMs: number | null;
  /** Slowest answer to a request that was under way during the fault; null when there was no such answer. */
  slowestAnswer: { ms: number; what: string; status: number } | null;
  /** From the first POST of a picture, over repetitions, to its acceptance. */
  slowestAcceptanceMs: number;
  /** Answers of 500 and above that are not 503, each with its text. */
  serverErrors: string[];
  /** Pictures that were never accepted, and why. */
  refused: string[];
  exits: Exit[];
  /** Of all API and worker processes, while they were ready. */
  loops: LoopFigures;
};

export type Verdict = {
  figures: Figures;
  /** Each must that was missed, in words; empty when all were kept. */
  missed: string[];
  /** The same of the musts that speak of time, which a slow machine may miss without being wrong. */
  late: string[];
};

const exitWithinMs = 10_000;

export function judge(observation: Observation, expected: Expected): Verdict {
  const figures = figuresOf(observation, expected);
  return { figures, missed: missedIn(figures), late: lateIn(figures, observation.faultAtMs) };
}

function figuresOf(observation: Observation, expected: Expected): Figures {
  const { moment, faultAtMs, overAtMs, exits, load, jobs, wrongFiles, exchanges } = observation;
  const wasActive = new Set(moment.active);
  const completed = jobs.filter(({ thumbnail }) => thumbnail?.status === 'completed');
  const failed = jobs.filter(({ thumbnail }) => thumbnail?.status === 'failed');
  const during = exchanges.filter((one) => one.status > 0 && one.startedAtMs <= overAtMs && one.endedAtMs >= faultAtMs);
  const sinceOver = (some: FollowedJob[]) => some.map((job) => endedAtMs(job) - overAtMs).filter((ms) => ms >= 0);
  return {
    waiting: moment.waiting,
    active: moment.active.length,
    accepted: load.accepted,
    completed: completed.length,
    failed: countBy(failed, ({ thumbnail }) => thumbnail?.error?.code ?? 'unknown'),
    lost: jobs.filter((job) => !completed.includes(job) && !failed.includes(job)).map(describe),
    runTwice: jobs.filter(wasBegunAgain).length,
    different: [
      ...completed.filter((job) => !isAsExpected(job, expected)).map(describe),
      ...wrongFiles.map((id) => `${id}: its file`),
    ],
    firstCompletedMs: smallest(sinceOver(completed)),
    lastInterruptedMs: largest(sinceOver(completed.filter((job) => wasActive.has(job.id) || wasBegunAgain(job)))),
    slowestAnswer: slowestOf(during),
    slowestAcceptanceMs: load.slowestAcceptanceMs,
    serverErrors: exchanges.filter(isServerError).map(({ what, status, detail }) => `${status} to ${what}: ${detail}`),
    refused: load.refused,
    exits,
    loops: loopFiguresOf(observation.loopTurns),
  };
}

function missedIn(figures: Figures): string[] {
  const { lost, different, serverErrors, refused, exits, active } = figures;
  const failures = Object.entries(figures.failed).map(
    ([code, count]) => `${count} × failed with ${code}, though the pictures are good`,
  );
  return [
    ...(active === 0 ? ['no job was active at the moment of the fault'] : []),
    ...(lost.length > 0 ? [`${lost.length} × lost: ${some(lost)}`] : []),
    ...(different.length > 0 ? [`${different.length} × done with a different result: ${some(different)}`] : []),
    ...failures,
    ...(serverErrors.length > 0 ? [`${serverErrors.length} × answered ${some(serverErrors)}`] : []),
    ...(refused.length > 0 ? [`${refused.length} × refused: ${some(refused)}`] : []),
    ...exits.filter(({ code }) => code !== 0).map(({ process, code }) => `${process}: exit code ${code} after SIGTERM`),
  ];
}

function lateIn({ exits, loops }: Figures, faultAtMs: number): string[] {
  return [
    ...exits
      .filter(({ ms }) => ms >= exitWithinMs)
      .map(({ process, ms }) => `${process}: ended ${Math.round(ms)} ms after SIGTERM`),
    ...longTurn('API', loops.api, faultAtMs),
    ...longTurn('worker', loops.worker, faultAtMs),
  ];
}

function longTurn(process: 'API' | 'worker', turn: LoopTurn | null, faultAtMs: number): string[] {
  if (turn === null || turn.cpuMs <= mostLoopMs) return [];
  const sinceFaultSeconds = ((turn.endedAtMs - faultAtMs) / 1000).toFixed(1);
  return [
    `${process}: its loop was held for ${turn.cpuMs.toFixed(0)} ms of CPU, ${sinceFaultSeconds} s after the fault`,
  ];
}

function slowestOf(exchanges: Exchange[]): Figures['slowestAnswer'] {
  const byTime = exchanges.map(({ what, status, startedAtMs, endedAtMs }) => ({
    ms: endedAtMs - startedAtMs,
    what,
    status,
  }));
  return byTime.sort((one, other) => other.ms - one.ms)[0] ?? null;
}

function isAsExpected({ thumbnail, pictureName }: FollowedJob, expected: Expected): boolean {
  return thumbnail !== null && essenceOf(thumbnail) === expected.get(pictureName);
}

function wasBegunAgain({ thumbnail }: FollowedJob): boolean {
  return (thumbnail?.attempts ?? 0) > 1;
}

function endedAtMs({ thumbnail }: FollowedJob): number {
  return Date.parse(thumbnail?.completed_at ?? '');
}

function describe({ id, pictureName, thumbnail }: FollowedJob): string {
  return `${id} (${pictureName}, ${thumbnail?.status ?? 'not found'})`;
}

function isServerError({ status }: Exchange): boolean {
  return status >= 500 && status !== 503;
}

function countBy<Value>(values: Value[], nameOf: (value: Value) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[nameOf(value)] = (counts[nameOf(value)] ?? 0) + 1;
  return counts;
}

const shown = 3;
const some = (texts: string[]) => [...texts.slice(0, shown), ...(texts.length > shown ? ['…'] : [])].join('; ');
const smallest = (values: number[]) => (values.length > 0 ? Math.min(...values) : null);
const largest = (values: number[]) => (values.length > 0 ? Math.max(...values) : null);
