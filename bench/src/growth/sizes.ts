/** The suite `sizes`: what a picture costs against the number of its pixels, next to the bare loop. */
import { startBareSide } from '../bare-side.ts';
import { plotOfTable } from '../plots/plot.ts';
import { type CleanUp, createCleanUp } from '../queue/clean-up.ts';
import type { MeasuredRow, QueueSuiteResult } from '../queue/result.ts';
import { median } from '../statistics.ts';
import { createTally, type Tally } from '../tally.ts';
import { startRig } from './rig.ts';
import { type SceneUrls, startSceneUrls } from './scene-urls.ts';
import type { Scene, SceneEncoding } from './scenes.ts';
import type { GrowthContext } from './suite-names.ts';

type Size = { megapixels: number; width: number; height: number };

const sizes: readonly Size[] = [
  { megapixels: 0.3, width: 640, height: 480 },
  { megapixels: 1, width: 1152, height: 864 },
  { megapixels: 2, width: 1632, height: 1224 },
  { megapixels: 5, width: 2592, height: 1944 },
  { megapixels: 12, width: 4000, height: 3000 },
  { megapixels: 20, width: 5152, height: 3864 },
  { megapixels: 24, width: 5664, height: 4248 },
  { megapixels: 48, width: 8000, height: 6000 },
  { megapixels: 100, width: 11_520, height: 8640 },
];

const series: readonly { encoding: SceneEncoding; label: string; megapixels: readonly number[] }[] = [
  { encoding: 'jpeg', label: 'JPEG', megapixels: [0.3, 1, 2, 5, 12, 24, 48, 100] },
  // 20 is the service's limit for what is decoded in one piece, and done in a process of its own.
  { encoding: 'progressive', label: 'progressive', megapixels: [0.3, 2, 5, 12, 20] },
  { encoding: 'png', label: 'PNG', megapixels: [0.3, 1, 2, 5, 12] },
];
const quickMegapixels = [0.3, 2];

/** Pictures of a round: as many megapixels as this, but enough of them and not too many. */
const round = { megapixels: 300, fewest: 6, most: 150 };
const clients = 16;
/** Until Node has compiled what it will. */
const warmUpPictures = 300;
/** One client, one picture at a time. */
const alonePictures = 20;
const quick = { fewest: 2, most: 6, warmUp: 10, alone: 2 };

const megabyte = 1e6;
/**
 * A megapixel of a larger picture may cost as much as one of a smaller, and by how much two measurements differ. Not
 * for progressive ones: the largest are made in a process of its own, which is a step.
 */
const goal = { atMost: 1.15 };

/** Panels of the plot, by their vertical axes. */
const panels = {
  cpu: 'CPU per picture (ms)',
  cpuPerMegapixel: 'CPU per megapixel (ms)',
  alone: 'one client alone, p50 (ms)',
  memory: 'peak memory of all (MB)',
};
const look = {
  title: 'Cost against picture size',
  x: { title: 'megapixels', scale: 'log' },
  y: 'log',
} as const;

/** One cell of each row of a format. */
type SizeFigures = {
  cpuMs: number;
  bareCpuMs: number;
  cpuRatio: number;
  perSecond: number;
  aloneMs: number;
  peakRssBytes: number;
  barePeakRssBytes: number;
};

/** Each size with a service of its own, so that its memory is its own. */
export async function measureSizes(context: GrowthContext): Promise<QueueSuiteResult> {
  const cleanUp = createCleanUp();
  context.onStarted(cleanUp.run);
  return measure(context, cleanUp).finally(cleanUp.run);
}

async function measure(context: GrowthContext, cleanUp: CleanUp): Promise<QueueSuiteResult> {
  const { progress } = context;
  const chosen = context.quick ? sizes.filter(({ megapixels }) => quickMegapixels.includes(megapixels)) : sizes;
  const sceneOf = ({ width, height }: Size, encoding: SceneEncoding): Scene => ({ width, height, encoding });
  const wanted = series.flatMap(({ encoding, megapixels }) =>
    chosen.filter((size) => megapixels.includes(size.megapixels)).map((size) => ({ size, encoding })),
  );
  progress.line(`sizes: drawing ${wanted.length} pictures`);
  const urls = await startSceneUrls(wanted.map(({ size, encoding }) => sceneOf(size, encoding)));
  cleanUp.add(urls.stop);
  const failures = createTally();
  const found = new Map<string, SizeFigures>();
  const warnings: string[] = [];
  let redisVersion = 'unknown';
  for (const { size, encoding } of wanted) {
    const own = createCleanUp();
    cleanUp.add(own.run);
    const told = await measureSize(size, sceneOf(size, encoding), urls, { context, failures, cleanUp: own });
    await own.run();
    found.set(`${encoding} ${size.megapixels}`, told.figures);
    warnings.push(...told.warnings);
    redisVersion = told.redisVersion;
    const { cpuMs, cpuRatio, aloneMs, peakRssBytes } = told.figures;
    progress.line(
      `sizes: ${encoding} of ${size.megapixels} megapixels: ${cpuMs.toFixed(1)} ms CPU (${cpuRatio.toFixed(2)} of bare), ` +
        `alone ${aloneMs.toFixed(0)} ms, peak ${(peakRssBytes / megabyte).toFixed(0)} MB`,
    );
  }
  const columns = chosen.map(({ megapixels }) => String(megapixels));
  const rows = sizeRows(
    chosen.map(({ megapixels }) => megapixels),
    (encoding, megapixels) => found.get(`${encoding} ${megapixels}`),
  );
  return {
    suite: 'sizes',
    title: 'one scene of so many megapixels, thumbnail and colours; bare sharp makes the thumbnail alone',
    columns,
    rows,
    plot: plotOfTable({ columns, rows }, look),
    failures: failures.counts(),
    warnings,
    redisVersion,
  };
}

type SizeContext = { context: GrowthContext; failures: Tally; cleanUp: CleanUp };
type ToldSize = { figures: SizeFigures; warnings: string[]; redisVersion: string };

async function measureSize(size: Size, scene: Scene, urls: SceneUrls, deps: SizeContext): Promise<ToldSize> {
  const { context, failures, cleanUp } = deps;
  const few = context.quick ? { ...round, ...quick } : { ...round, warmUp: warmUpPictures, alone: alonePictures };
  const pictures = Math.min(few.most, Math.max(few.fewest, Math.round(few.megapixels / size.megapixels)));
  const rig = await startRig({ originHost: urls.host, failures, onStarted: cleanUp.add });
  const bare = startBareSide({
    takeUrls: (count) => urls.take(scene, count),
    onProgress: () => {},
    onFailure: failures.add,
    ...{ originHost: urls.host, clients },
  });
  cleanUp.add(bare.stop);
  // Of large pictures fewer, or the warm-up would take longer than the rest.
  const warmUp = Math.min(few.warmUp, 2 * pictures);
  const make = { make: (url: string) => rig.client.make(url) };
  await rig.measure(urls.take(scene, warmUp), clients, make);
  await bare.warmUp(warmUp);
  const rounds = [];
  for (let number = 0; number < context.rounds; number++) {
    const ours = await rig.measure(urls.take(scene, pictures), clients, make);
    rounds.push({ ours, bare: await bare.measure(pictures, 'closed') });
  }
  const alone = await rig.measure(urls.take(scene, few.alone), 1, make);
  return {
    figures: {
      cpuMs: median(rounds.map(({ ours }) => ours.cpuMs)),
      bareCpuMs: median(rounds.map((each) => each.bare.cpuMsPerPicture)),
      cpuRatio: median(rounds.map((each) => each.ours.cpuMs / each.bare.cpuMsPerPicture)),
      perSecond: median(rounds.map(({ ours }) => ours.perSecond)),
      aloneMs: alone.p50Ms,
      peakRssBytes: Math.max(...rounds.map(({ ours }) => ours.peakRssBytes)),
      barePeakRssBytes: Math.max(...rounds.map((each) => each.bare.peakRssBytes)),
    },
    warnings: rig.service.warnings(),
    redisVersion: rig.service.redis.version,
  };
}

/** The table: a row for each figure of each format. */
export function sizeRows(
  megapixels: readonly number[],
  figuresOf: (encoding: SceneEncoding, megapixels: number) => SizeFigures | undefined,
): MeasuredRow[] {
  return series.flatMap(({ encoding, label }) => {
    const row = (what: string, digits: number, take: (figures: SizeFigures, megapixels: number) => number | null) => ({
      label: `${label}: ${what}`,
      digits,
      values: megapixels.map((each) => {
        const figures = figuresOf(encoding, each);
        return figures ? take(figures, each) : null;
      }),
    });
    /** Null at the smallest size. */
    const growthOf = ({ cpuMs }: SizeFigures, each: number) => {
      const smaller = megapixels.filter((other) => other < each && figuresOf(encoding, other)).at(-1);
      const before = smaller === undefined ? undefined : figuresOf(encoding, smaller);
      return smaller === undefined || !before ? null : cpuMs / each / (before.cpuMs / smaller);
    };
    const bareName = `${label}, bare sharp`;
    const rows = [
      { ...row('CPU ms', 2, ({ cpuMs }) => cpuMs), drawn: { panel: panels.cpu, line: label } },
      { ...row('CPU ms of bare sharp', 2, ({ bareCpuMs }) => bareCpuMs), drawn: { panel: panels.cpu, line: bareName } },
      row('CPU against bare sharp', 2, ({ cpuRatio }) => cpuRatio),
      {
        ...row('CPU ms per megapixel', 2, ({ cpuMs }, each) => cpuMs / each),
        drawn: { panel: panels.cpuPerMegapixel, line: label },
      },
      { ...row('the same against the size before', 2, growthOf), ...(encoding !== 'progressive' && { goal }) },
      row('pictures/s', 1, ({ perSecond }) => perSecond),
      { ...row('one client alone, p50 ms', 1, ({ aloneMs }) => aloneMs), drawn: { panel: panels.alone, line: label } },
      {
        ...row('peak memory MB', 0, ({ peakRssBytes }) => peakRssBytes / megabyte),
        drawn: { panel: panels.memory, line: label },
      },
      row('peak memory MB of bare sharp', 0, ({ barePeakRssBytes }) => barePeakRssBytes / megabyte),
    ];
    return rows.filter(({ values }) => values.some((value) => value !== null));
  });
}
