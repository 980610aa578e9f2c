/** Figures from rounds, goals from figures, and how both are shown. */
import { describe, expect, it } from '@jest/globals';
import type { ContestantName, SideRound } from '../src/contestant.ts';
import { figuresOf } from '../src/figures.ts';
import { type Goal, judgeGoals } from '../src/goals.ts';
import { readOptions } from '../src/options.ts';
import { reportJson, reportText } from '../src/report.ts';
import type { LoadResult, Round, SuiteResult } from '../src/rounds.ts';

function side(picturesPerSecond: number, cpuMsPerPicture: number, p50Ms = 40): SideRound {
  const latency = { p50Ms, p95Ms: 60, p99Ms: 80 };
  const memory = { peakMemoryBytes: 300e6, peakRssBytes: 400e6 };
  return { picturesPerSecond, cpuMsPerPicture, ...memory, ...latency, redisCommandsPerJob: null };
}

const rounds: Round[] = [
  { tintype: side(90, 12), bare: side(100, 10), celery: side(60, 12) },
  // Disturbed: half as many pictures on all sides.
  { tintype: side(45, 11), bare: side(50, 10), celery: side(40, 10) },
  { tintype: side(80, 13), bare: side(100, 10), celery: side(70, 13) },
];
const closed: LoadResult = { load: 'closed', pictures: 600, rounds };
const idle: LoadResult = {
  load: 'idle',
  pictures: 34,
  rounds: [{ tintype: side(9, 12, 7), celery: side(9, 12, 10) }],
};
const redisPerJob = { jobs: 1000, usedBytes: 3600, datasetBytes: 3200, overheadBytes: 400, eventsStreamBytes: 100 };
const web: SuiteResult = {
  ...{ suite: 'web', title: 'two megapixels', meanFileBytes: 415_000 },
  contestants: ['tintype', 'bare', 'celery'],
  loads: [closed, idle],
  redisPerJob: { tintype: redisPerJob },
  redisVersion: '7.0.15',
  failures: {},
  warnings: [],
};

type Key = Partial<Pick<Goal, 'load' | 'figure'>> & { against: ContestantName | null };

function verdictOn(result: SuiteResult, { load = 'closed', figure = 'cpuMsPerPicture', against }: Key) {
  const found = judgeGoals([result]).find(
    ({ goal }) =>
      goal.suite === result.suite && goal.load === load && goal.figure === figure && goal.against === against,
  );
  return found && [found.verdict, found.value ?? found.reason];
}

describe('figures', () => {
  it('are medians over rounds, with ratios taken within each round', () => {
    const { tintype, bare } = figuresOf(closed);
    expect(tintype?.picturesPerSecond).toEqual({ value: 80, ratio: null });
    expect(bare?.picturesPerSecond).toEqual({ value: 100, ratio: 0.9 });
    expect(bare?.cpuMsPerPicture).toEqual({ value: 10, ratio: 1.2 });
  });

  it('have no ratio to the times of a loop without clients', () => {
    const { bare, celery } = figuresOf(closed);
    expect([bare?.p50Ms, celery?.p50Ms]).toEqual([
      { value: 40, ratio: null },
      { value: 40, ratio: 1 },
    ]);
  });

  it('are there for rounds in which one was missing', () => {
    const { celery } = figuresOf({ ...closed, rounds: [{ tintype: side(90, 12) }, ...rounds.slice(1)] });
    expect(celery?.cpuMsPerPicture).toEqual({ value: 11.5, ratio: 1.05 });
  });
});

describe('goals', () => {
  it('are met at the limit', () => {
    expect(verdictOn(web, { against: 'bare' })).toEqual(['met', 1.2]);
    expect(verdictOn(web, { against: 'celery' })).toEqual(['met', 1]);
    expect(verdictOn(web, { load: 'idle', figure: 'p50Ms', against: 'celery' })).toEqual(['met', 0.7]);
    const small: SuiteResult = { ...web, suite: 'small' };
    expect(verdictOn(small, { figure: 'redisBytesPerJob', against: null })).toEqual(['met', 3600]);
  });

  it('are missed beyond it', () => {
    const slower = [{ tintype: side(84, 12.1), bare: side(100, 10) }];
    const result = { ...web, loads: [{ ...closed, rounds: slower }] };
    expect(verdictOn(result, { against: 'bare' })).toEqual(['missed', 1.21]);
    expect(verdictOn(result, { figure: 'picturesPerSecond', against: 'bare' })).toEqual(['missed', 0.84]);
  });

  it('are missed whatever the figures say when a job of Tintype failed', () => {
    const failing = { ...web, failures: { tintype: { source_timeout: 1 } } };
    expect(verdictOn(failing, { against: 'bare' })).toEqual(['missed', 1.2]);
  });

  it('say why they were not measured', () => {
    expect(verdictOn({ ...web, loads: [closed] }, { load: 'idle', figure: 'p50Ms', against: 'celery' })).toEqual([
      ...['not measured', 'without the load idle'],
    ]);
    expect(verdictOn(web, { against: 'ipx' })).toEqual(['not measured', 'without ipx']);
    const broken = { ...web, failures: { celery: { 'HTTP 500': 2 } } };
    expect(verdictOn(broken, { against: 'celery' })).toEqual(['not measured', 'celery failed']);
    const reasons = judgeGoals([]).map(({ verdict, reason }) => `${verdict}: ${reason}`);
    expect(reasons).toContain('not measured: without the suite noop');
  });
});

describe('the report', () => {
  const options = readOptions(['--suite', 'web']);
  if (options === null) throw new Error('these options are no call for help');
  const machine = { cpu: 'A CPU', cores: 2, memoryBytes: 8 * 2 ** 30, kernel: '6.1', loadBefore: 0.1 };
  const versions = { node: '24', sharp: '0.35', libvips: '8', redis: '7', bullmq: '6', fastify: '5' };
  const peerVersions = { celery: '5.2.6' };
  const result = { options, machine, versions, peerVersions, suites: [web], queueSuites: [], growthSuites: [] };
  const wordsOf = (text: string) => text.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));

  it('has a line for each contestant and for each goal of the suite', () => {
    const words = wordsOf(reportText(result));
    expect(words).toContain('bare sharp | 10.00 | 1.20 | 100.0 | 0.90 | 40.0 | 60.0 | 80.0 | 300 | 1.00');
    expect(words).toContain('web, closed: CPU per picture against bare sharp | 1.20 | ≤ 1.20 | met');
    expect(words).toContain('web, closed: CPU per picture against ipx | – | ≤ 0.90 | not measured: without ipx');
    expect(words).toContain('Peers: celery 5.2.6.');
    expect(words).not.toContain('Too little to judge by: only to see that it runs.');
  });

  it('names what failed, and says when a run was too short to mean anything', () => {
    const failing: SuiteResult = { ...web, failures: { celery: { source_timeout: 2 } } };
    const text = reportText({ ...result, options: { ...options, pictures: 60 }, suites: [failing] });
    expect(text).toContain('FAILED celery: 2 × source_timeout');
    expect(text).toContain('Too little to judge by');
  });

  it('says the same to programs', () => {
    const document = JSON.parse(reportJson(result));
    expect(document.suites[0].loads[0].figures.bare.cpuMsPerPicture.ratio).toBe(1.2);
    expect(document.suites[0].loads[0].rounds).toHaveLength(3);
    const met = document.goals.filter(({ verdict }: { verdict: string }) => verdict === 'met');
    expect(met[0]).toMatchObject({
      cells: ['web, closed: CPU per picture against bare sharp', '1.20', '≤ 1.20', 'met'],
      value: 1.2,
    });
    expect(document.peerVersions).toEqual(peerVersions);
  });
});
