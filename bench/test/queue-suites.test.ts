/** Tables of the suites about the queue: rows, goals, and how both are shown. */
import { describe, expect, it } from '@jest/globals';
import { backlogRows, type DepthFigures } from '../src/queue/backlog.ts';
import { type KeptFigures, listRows } from '../src/queue/lists.ts';
import { judgeRows, type QueueSuiteResult, queueSuiteLines } from '../src/queue/result.ts';

function at(depth: number, redisMs: number, bytesPerQueued: number | null): DepthFigures {
  const call = { p50Ms: 1, p95Ms: 2, redisMs };
  const batch = { p50Ms: 50, redisMs: 300 * redisMs };
  const picture = { cpuMs: 6, redisMs: 0.3 };
  return { depth, submit: { ...call, perSecond: 3000 }, poll: call, cancel: call, batch, picture, bytesPerQueued };
}

function backlog(columns: DepthFigures[], bytesPerFinished = 3600): QueueSuiteResult {
  return {
    ...{ suite: 'backlog', title: 'many jobs', columns: columns.map(({ depth }) => String(depth)) },
    rows: backlogRows(columns, { used: bytesPerFinished, events: 400 }),
    ...{ failures: {}, warnings: [], redisVersion: '7' },
  };
}

const judgementsOf = (result: QueueSuiteResult) => judgeRows(result).map(({ met }) => met);

describe('goals of the backlog', () => {
  it('are met at the limit, at every depth', () => {
    expect(judgementsOf(backlog([at(0, 0.2, null), at(1000, 0.2, 1000)]))).toEqual([true, true, true, true, true]);
  });

  it('are missed when one depth is beyond it, or when nothing could be measured', () => {
    expect(judgementsOf(backlog([at(0, 0.1, null), at(1000, 0.21, 1001)], 3601))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(judgementsOf(backlog([at(0, 0.1, null)]))).toEqual([true, true, true, false, true]);
    expect(judgementsOf(backlog([at(0, Number.NaN, 900)]))).toEqual([false, false, false, true, true]);
  });

  it('are missed whatever the figures say when a position was wrong', () => {
    const wrong = { ...backlog([at(0, 0.1, 900)]), failures: { 'a wrong queue.position': 1 } };
    expect(judgementsOf(wrong)).toEqual([false, false, false, false, false]);
    expect(queueSuiteLines(wrong)).toContain('  FAILED 1 × a wrong queue.position');
  });
});

describe('goals of lists', () => {
  const kept = (count: number, p50Ms: number): KeptFigures => {
    const page = { p50Ms, p95Ms: 2 * p50Ms, apiMs: 2, redisMs: 0.5 };
    return { kept: count, pages: Array.from({ length: 7 }, () => page) };
  };
  const met = (columns: KeptFigures[]) => judgeRows({ rows: listRows(columns), failures: {} }).map((row) => row.met);

  it('are one for each kind of page of fifty, whatever is kept', () => {
    expect(met([kept(1000, 3), kept(100_000, 3)])).toEqual([true, true, true, true]);
    expect(met([kept(1000, 2), kept(100_000, 3.1)])).toEqual([false, false, false, false]);
    expect(met([{ kept: 1000, pages: [] }])).toEqual([false, false, false, false]);
  });
});

describe('the table', () => {
  it('has a column for each depth, and the goal beside the figures', () => {
    const lines = queueSuiteLines(backlog([at(0, 0.05, null), at(1000, 0.25, 900)]));
    const words = lines.map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
    expect(words).toContain('0 | 1000 | goal');
    expect(words).toContain('ms of Redis per cancel | 0.050 | 0.250 | ≤ 0.200: MISSED');
    expect(words).toContain('Redis bytes per queued job | 900 | ≤ 1000: met');
  });

  it('shows a goal with two sides', () => {
    const row = { label: 'share', values: [49.9], digits: 1, goal: { atLeast: 45, atMost: 55 } };
    expect(queueSuiteLines({ ...backlog([]), columns: ['median'], rows: [row] }).join('\n')).toContain(
      '49.9  ≥ 45.0, ≤ 55.0: met',
    );
  });
});
