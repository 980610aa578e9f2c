/** The suite `workers`: what more worker processes bring, from one to twice as many as there are cores. */
import { availableParallelism } from 'node:os';
import { startPictureUrls } from '../picture-urls.ts';
import { plotOfTable } from '../plots/plot.ts';
import { createCleanUp } from '../queue/clean-up.ts';
import type { MeasuredRow, QueueSuiteResult } from '../queue/result.ts';
import { median } from '../statistics.ts';
import { createTally } from '../tally.ts';
import { type Measured, startRig } from './rig.ts';
import type { GrowthContext } from './suite-names.ts';

const kinds = ['small', 'web'] as const;
const clients = 64;
const full = { warmUp: 300, pictures: 600 };
const quick = { warmUp: 10, pictures: 20 };
const megabyte = 1e6;
/** Different pictures of a kind; the bytes of each request are its own all the same. */
const drawn = 300;

type WorkersFigures = { workers: number; kinds: Record<(typeof kinds)[number], Measured> };

/** Each number of workers with a service of its own. */
export async function measureWorkers(context: GrowthContext): Promise<QueueSuiteResult> {
  const { progress, onStarted, rounds } = context;
  const { warmUp, pictures } = context.quick ? quick : full;
  const cleanUp = createCleanUp();
  onStarted(cleanUp.run);
  const failures = createTally();
  const warnings: string[] = [];
  let redisVersion = 'unknown';
  try {
    const urls = await startPictureUrls(kinds, drawn);
    cleanUp.add(urls.stop);
    const found: WorkersFigures[] = [];
    for (const workers of context.quick ? [1, 2] : workerCounts(availableParallelism())) {
      const own = createCleanUp();
      cleanUp.add(own.run);
      const rig = await startRig({ workers, originHost: urls.host, failures, onStarted: own.add });
      const measureKind = async (kind: (typeof kinds)[number]): Promise<Measured> => {
        const burst = (count: number) =>
          rig.measure(urls.take(kind, 'tintype', count), clients, { make: (url) => rig.client.make(url) });
        await burst(warmUp * workers);
        const bursts: Measured[] = [];
        for (let number = 0; number < rounds; number++) bursts.push(await burst(pictures));
        return medianOf(bursts);
      };
      const figures = { workers, kinds: { small: await measureKind('small'), web: await measureKind('web') } };
      found.push(figures);
      warnings.push(...rig.service.warnings());
      redisVersion = rig.service.redis.version;
      await own.run();
      progress.line(`workers: ${workers}: ${figures.kinds.small.perSecond.toFixed(0)} small pictures/s`);
    }
    const columns = found.map(({ workers }) => String(workers));
    const rows = kinds.flatMap((kind) => rowsOf(kind, found));
    return {
      suite: 'workers',
      title: `so many worker processes on ${availableParallelism()} cores, which they share with all others; ${clients} clients`,
      columns,
      rows,
      plot: plotOfTable({ columns, rows }, look),
      failures: failures.counts(),
      warnings,
      redisVersion,
    };
  } finally {
    await cleanUp.run();
  }
}

/** 1, 2, 4 … up to twice the cores: too many are worth a look as well. */
export function workerCounts(cores: number): number[] {
  const counts = [1];
  for (let next = 2; next <= 2 * cores; next *= 2) counts.push(next);
  return counts;
}

function medianOf(bursts: readonly Measured[]): Measured {
  const of = (name: keyof Measured) => median(bursts.map((burst) => burst[name]));
  return {
    ...{ perSecond: of('perSecond'), cpuMs: of('cpuMs'), peakRssBytes: of('peakRssBytes') },
    ...{ p50Ms: of('p50Ms'), p95Ms: of('p95Ms') },
  };
}

const look = {
  title: 'Speed and cost against worker processes',
  x: { title: 'worker processes', scale: 'linear' },
  y: 'linear',
} as const;

function rowsOf(kind: (typeof kinds)[number], found: readonly WorkersFigures[]): MeasuredRow[] {
  const row = (what: string, digits: number, take: (measured: Measured) => number) => ({
    ...{ label: `${kind}: ${what}`, digits },
    values: found.map(({ kinds: measured }) => take(measured[kind])),
  });
  return [
    { ...row('pictures/s', 0, ({ perSecond }) => perSecond), drawn: { panel: 'pictures per second', line: kind } },
    { ...row('CPU ms', 2, ({ cpuMs }) => cpuMs), drawn: { panel: 'CPU per picture (ms)', line: kind } },
    row('p50 ms', 0, ({ p50Ms }) => p50Ms),
    {
      ...row('peak memory MB', 0, ({ peakRssBytes }) => peakRssBytes / megabyte),
      drawn: { panel: 'peak memory of all (MB)', line: kind },
    },
  ];
}
