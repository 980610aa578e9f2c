/** Figures from rounds, goals from figures, and how both are shown. */
import { describe, expect, it } from '@jest/globals';
import { figuresOf } from '../src/figures.ts';
import { judgeGoals } from '../src/goals.ts';
import { readOptions } from '../src/options.ts';
import { reportJson, reportText } from '../src/report.ts';
import type { Round, SuiteResult } from '../src/rounds.ts';

function round(ours: [perSecond: number, cpuMs: number], bare: [perSecond: number, cpuMs: number]): Round {
  const latency = { p50Ms: 40, p95Ms: 60, p99Ms: 80 };
  const redis = { redisCommandsPerJob: 20, redisCallsPerJob: { evalsha: 4 } };
  return {
    service: {
      ...{ picturesPerSecond: ours[0], cpuMsPerPicture: ours[1], peakRssBytes: 300e6 },
      ...{ ...latency, ...redis, cacheHits: 0, stepsMs: { fetch_ms: 3 } },
    },
    bare: { picturesPerSecond: bare[0], cpuMsPerPicture: bare[1], peakRssBytes: 150e6 },
  };
}

const web: SuiteResult = {
  suite: 'web',
  title: 'two megapixels',
  meanFileBytes: 415_000,
  // The second round was disturbed: half as many pictures on both sides.
  rounds: [round([90, 12], [100, 10]), round([45, 11], [50, 10]), round([80, 13], [100, 10])],
  idle: { p50Ms: 9, p95Ms: 12, p99Ms: 14 },
  redisPerJob: { usedBytes: 3600, datasetBytes: 3200, overheadBytes: 400, eventsStreamBytes: 100 },
  redisVersion: '7.0.15',
  failures: {},
  warnings: [],
};

describe('figures', () => {
  it('are medians over rounds, with ratios taken within each round', () => {
    const { picturesPerSecond, cpuMsPerPicture } = figuresOf(web);
    expect(picturesPerSecond).toEqual({ tintype: 80, bare: 100, ratio: 0.9 });
    expect(cpuMsPerPicture).toEqual({ tintype: 12, bare: 10, ratio: 1.2 });
  });

  it('count every failure of every kind', () => {
    const failures = { source_timeout: 2, 'HTTP 503': 1 };
    expect(figuresOf({ ...web, failures }).failures.tintype).toBe(3);
  });
});

describe('goals', () => {
  it('are met at the limit', () => {
    expect(judgeGoals('web', figuresOf(web)).map(({ value, met }) => [value, met])).toEqual([
      [1.2, true],
      [0.9, true],
    ]);
    expect(judgeGoals('small', figuresOf(web)).map(({ value, met }) => [value, met])).toEqual([
      [1.2, true],
      [3600, true],
    ]);
  });

  it('are missed beyond it, and by what could not be measured', () => {
    const redisPerJob = { ...web.redisPerJob, usedBytes: 3601 };
    const judged = judgeGoals('small', figuresOf({ ...web, rounds: [], redisPerJob }));
    expect(judged.map(({ met }) => met)).toEqual([false, false]);
  });

  it('are missed whatever the figures say when a job failed', () => {
    const judged = judgeGoals('web', figuresOf({ ...web, failures: { source_timeout: 1 } }));
    expect(judged.map(({ met }) => met)).toEqual([false, false]);
  });

  it('belong to suites', () => {
    expect(judgeGoals('mixed', figuresOf(web))).toEqual([]);
  });
});

describe('the report', () => {
  const options = readOptions(['--suite', 'web']);
  if (options === null) throw new Error('these options are no call for help');
  const machine = { cpu: 'A CPU', cores: 2, memoryBytes: 8 * 2 ** 30, kernel: '6.1', loadBefore: 0.1 };
  const versions = { node: '24', sharp: '0.35', libvips: '8', redis: '7', bullmq: '6', fastify: '5' };
  const result = { options, machine, versions, suites: [web], queueSuites: [] };

  it('shows each figure with its goal', () => {
    const lines = reportText({ ...result, suites: [web, { ...web, suite: 'small' }] }).split('\n');
    const words = lines.map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
    expect(words).toContain('pictures/s | 80.0 | 100.0 | 0.90 | ratio ≥ 0.85: met');
    expect(words).toContain('CPU ms per picture | 12.00 | 10.00 | 1.20 | ratio ≤ 1.20: met');
    expect(words).toContain('Redis kB per finished job | 3.60 | ≤ 3.6: met');
    expect(words).not.toContain('Too little to judge by: only to see that it runs.');
  });

  it('names what failed, and says when a run was too short to mean anything', () => {
    const failing = { ...web, failures: { source_timeout: 2 } };
    const text = reportText({ ...result, options: { ...options, pictures: 60 }, suites: [failing] });
    expect(text).toContain('FAILED 2 × source_timeout');
    expect(text).toContain('Too little to judge by');
  });

  it('says the same to programs', () => {
    const document = JSON.parse(reportJson(result));
    expect(document.suites[0].figures.cpuMsPerPicture.ratio).toBe(1.2);
    expect(document.suites[0].rounds).toHaveLength(3);
    expect(document.suites[0].goals[0]).toMatchObject({ value: 1.2, met: true });
  });
});
