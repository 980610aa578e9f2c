/** Growth: when a process counts as growing, plots as SVG with titled axes, the page, and one quick run. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, test } from '@jest/globals';
import { parse } from '@tintype/contracts';
import { rowsOf } from '../src/growth/renditions.ts';
import { type SoakReading, soakRows } from '../src/growth/soak.ts';
import { trendOf } from '../src/growth/trend.ts';
import { workerCounts } from '../src/growth/workers.ts';
import { blocksOf, PageSource } from '../src/page/blocks.ts';
import { putBlock } from '../src/page/marked.ts';
import { drawPlot } from '../src/plots/draw.ts';
import { plotOfTable } from '../src/plots/plot.ts';
import { judgeRows, type QueueSuiteResult } from '../src/queue/result.ts';

const thousands = Array.from({ length: 21 }, (_, index) => 1000 * index);
const readings = (bytesAt: (pictures: number) => number) =>
  thousands.map((pictures) => ({ pictures, bytes: bytesAt(pictures) }));

function soakOf(apiBytesAt: (pictures: number) => number): QueueSuiteResult {
  const soak = thousands.map((pictures): SoakReading => {
    return { pictures, bytes: { API: apiBytesAt(pictures), worker: 300e6, Redis: 20e6 + 4000 * pictures } };
  });
  return {
    ...{ suite: 'soak', title: 'many pictures', columns: ['API', 'worker', 'Redis'], rows: soakRows(soak) },
    ...{ failures: {}, warnings: [], redisVersion: '7' },
  };
}

describe('the trend', () => {
  it('is the slope after the first quarter, whatever was before', () => {
    const trend = trendOf(readings((pictures) => (pictures < 5000 ? 1e9 : 100e6 + 2000 * pictures)));
    expect(trend.bytesPerThousand).toBeCloseTo(2e6);
    expect(trend.secondQuarterBytes).toBeCloseTo(115e6);
    expect(trend.lastQuarterBytes).toBeCloseTo(135e6);
  });

  it('is flat where nothing grows, and no number where too little was read', () => {
    expect(trendOf(readings(() => 5e6)).bytesPerThousand).toBeCloseTo(0);
    expect(trendOf([]).bytesPerThousand).toBeNaN();
  });

  it('misses the goal when the API grows, and never because Redis keeps jobs', () => {
    expect(judgeRows(soakOf(() => 180e6)).map(({ met }) => met)).toEqual([true]);
    expect(judgeRows(soakOf((pictures) => 180e6 + 2000 * pictures)).map(({ met }) => met)).toEqual([false]);
  });
});

test('when all sizes are held against the largest alone, then each is against its own, and only ours has a goal', () => {
  const costs = [300, 450, 200, 900].map((cpuMs) => [{ cpuMs, peakRssBytes: cpuMs * 1e6 }]);
  const rows = rowsOf(costs);
  expect(rows.map(({ values }) => values)).toEqual([
    [300, 450, 200, 900],
    [null, 1.5, null, 4.5],
    [300, 450, 200, 900],
    [null, 1.5, null, 4.5],
  ]);
  expect(judgeRows({ rows, failures: {} }).map(({ met }) => met)).toEqual([true, false]);
});

it('looks at one worker, and at twice as many as there are cores', () => {
  expect(workerCounts(2)).toEqual([1, 2, 4]);
});

/** What is opened and not closed in its place; attributes of ours contain no angle brackets. */
function unclosedTags(xml: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', isEmpty] of xml.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (isEmpty) continue;
    if (!slash) open.push(name);
    else if (open.at(-1) === name) open.pop();
    else return [...open, `/${name}`];
  }
  return open;
}

describe('a plot', () => {
  const rows = [
    { label: 'CPU', digits: 1, values: [1, 9, 3], drawn: { panel: 'CPU per picture (ms)', line: 'JPEG' } },
    { label: 'CPU of PNG', digits: 1, values: [2, 9, null], drawn: { panel: 'CPU per picture (ms)', line: 'PNG' } },
    { label: 'memory', digits: 1, values: [200, 9, 300], drawn: { panel: 'memory (MB)', line: 'JPEG' } },
    { label: 'not drawn', digits: 1, values: [1, 2, 3] },
  ];
  const x = { title: 'megapixels', scale: 'log' } as const;
  const plot = plotOfTable({ columns: ['0.3', 'else', '100'], rows }, { title: 'Cost', x, y: 'log' });

  it('has a panel for each vertical axis, without columns that are no numbers', () => {
    expect(plot.panels.map(({ y, lines }) => [y.title, lines.map(({ name }) => name)])).toEqual([
      ['CPU per picture (ms)', ['JPEG', 'PNG']],
      ['memory (MB)', ['JPEG']],
    ]);
    expect(plot.panels[0]?.lines[0]?.points.map(({ x: at }) => at)).toEqual([0.3, 100]);
  });

  it('is a whole SVG, with title, units and names as text', async () => {
    const svg = await drawPlot(plot);
    const texts = [...svg.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map(([, text]) => text);
    for (const text of ['Cost', 'megapixels', 'CPU per picture (ms)', 'memory (MB)', 'JPEG', 'PNG', '0.3', '100'])
      expect(texts).toContain(text);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg".*<\/svg>$/s);
    expect(unclosedTags(svg)).toEqual([]);
  });
});

describe('the page', () => {
  const machine = { cpu: 'A CPU', cores: 2, memoryBytes: 8 * 2 ** 30, kernel: '6.1' };
  const source: PageSource = {
    ...{ machine, versions: { node: '24' }, peerVersions: {}, suites: [], goals: [], queueSuites: [] },
    growthSuites: [soakOf(() => 180e6)],
  };

  it('gets what is between the markers of a suite, and nothing else changes', () => {
    const before = 'above\n\n<!-- bench: soak -->\nold\n<!-- end of soak -->\n\nbelow\n';
    const [block] = blocksOf(source);
    const after = putBlock(before, block ?? { name: '', markdown: '' });
    expect(after).toContain('| last quarter against second, API and worker | 1.000 | 1.000 |  | ≤ 1.050: met |');
    expect(after).toMatch(/^above\n\n<!-- bench: soak -->\n\nMany pictures:\n/);
    expect(after).toMatch(/A CPU, 2 cores, 8 GB, Linux 6.1; node 24.\n\n<!-- end of soak -->\n\nbelow\n$/);
    expect(putBlock(after, block ?? { name: '', markdown: '' })).toBe(after);
  });

  it('is left alone when it has no place for a suite', () => {
    expect(() => putBlock('no markers', { name: 'soak', markdown: '' })).toThrow('no place for soak');
  });

  it('has the goals and the table of each load, too', () => {
    const cells = ['web: CPU against bare sharp', '1.10', '≤ 1.20', 'met'];
    const unmeasured = { cells: ['avif: CPU', '–', '≤ 1.00', ''], reason: 'without the suite avif' };
    const loads = [
      {
        table: [
          ['closed', 'CPU ms'],
          ['Tintype', '9.00'],
        ],
      },
    ];
    const blocks = blocksOf({
      ...{ ...source, growthSuites: [] },
      suites: [{ suite: 'web', title: 'JPEG', loads }],
      goals: [{ cells, reason: null }, unmeasured],
    });
    expect(blocks.map(({ name }) => name)).toEqual(['goals', 'contestants']);
    const [goals, contestants] = blocks.map(({ markdown }) => markdown);
    expect(goals).toContain('| web: CPU against bare sharp | 1.10 | ≤ 1.20 | met |');
    expect(goals).not.toContain('avif');
    expect(contestants).toContain('| Tintype | 9.00 |');
  });
});

it('when a growth suite is run, then its result is a table, a plot on disk, and what the page is made of', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tintype-bench-'));
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const args = ['--quick', '--suite', 'soak', '--soak', '60', '--plots', folder, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', main, ...args], {
    env: { PATH: process.env.PATH },
  });
  const [soak] = parse(PageSource, JSON.parse(stdout)).growthSuites;
  expect(soak).toMatchObject({ suite: 'soak', columns: ['API', 'worker', 'Redis'], failures: {} });
  expect(await readFile(join(folder, 'soak.svg'), 'utf8')).toMatch(/^<svg .*pictures done/s);
  await rm(folder, { recursive: true });
});
