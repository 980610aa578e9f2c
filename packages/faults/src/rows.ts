/** The rows of the result: one per fault, over all its rounds. */
import type { LoopFigures } from '@tintype/testkit';
import type { Fault } from './faults.ts';
import type { Verdict } from './verdict.ts';

export type FaultResult = {
  fault: Fault;
  /** Why it was not brought about; null when it was. */
  skipped: string | null;
  verdicts: Verdict[];
};

export const headings = [
  'fault',
  'active + waiting',
  'accepted',
  'completed',
  'failed',
  'lost',
  'run twice',
  'different result',
  'other 5xx',
  'first completed after (s)',
  'last interrupted completed after (s)',
  'slowest answer (s)',
  'slowest acceptance (s)',
  'exit after SIGTERM (s)',
  'longest turn of a loop, API / worker (ms of CPU)',
  'loop late, API / worker / idle process (ms)',
] as const;

/** A row's cells; counts are sums over the rounds, times the longest. */
export function cellsOf({ fault, skipped, verdicts }: FaultResult): string[] {
  if (skipped !== null) return [fault.title, `skipped: ${skipped}`, ...headings.slice(2).map(() => '')];
  const figures = verdicts.map((verdict) => verdict.figures);
  const sum = (pick: (one: (typeof figures)[number]) => number) =>
    String(figures.reduce((total, one) => total + pick(one), 0));
  const loops = (pick: (one: LoopFigures) => number) => Math.max(...figures.map((one) => pick(one.loops))).toFixed(0);
  const worst = (pick: (one: (typeof figures)[number]) => number | null) =>
    seconds(figures.map(pick).filter((ms) => ms !== null));
  return [
    fault.title,
    figures.map(({ active, waiting }) => `${active} + ${waiting}`).join(', '),
    sum(({ accepted }) => accepted),
    sum(({ completed }) => completed),
    failures(figures.map(({ failed }) => failed)),
    sum(({ lost }) => lost.length),
    sum(({ runTwice }) => runTwice),
    sum(({ different }) => different.length),
    sum(({ serverErrors }) => serverErrors.length),
    worst(({ firstCompletedMs }) => firstCompletedMs),
    worst(({ lastInterruptedMs }) => lastInterruptedMs),
    worst(({ slowestAnswer }) => slowestAnswer?.ms ?? null),
    worst(({ slowestAcceptanceMs }) => slowestAcceptanceMs),
    seconds(figures.flatMap(({ exits }) => exits.map(({ ms }) => ms))),
    [loops(({ api }) => api?.cpuMs ?? 0), loops(({ worker }) => worker?.cpuMs ?? 0)].join(' / '),
    [loops((one) => one.apiLateMs), loops((one) => one.workerLateMs), loops((one) => one.idleLateMs)].join(' / '),
  ];
}

function failures(counts: Record<string, number>[]): string {
  const totals = new Map<string, number>();
  for (const [code, count] of counts.flatMap(Object.entries<number>)) totals.set(code, (totals.get(code) ?? 0) + count);
  return [...totals].map(([code, count]) => `${count} ${code}`).join(', ') || '0';
}

function seconds(ms: number[]): string {
  return ms.length === 0 ? '–' : (Math.max(...ms) / 1000).toFixed(1);
}
