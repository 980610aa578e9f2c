/** The suite `results`: what a picture costs against the size of its thumbnail, and the colours alone. */
import { parse, Thumbnail } from '@tintype/contracts';
import type { Answer } from '../picture-client.ts';
import { startPictureUrls } from '../picture-urls.ts';
import { plotOfTable } from '../plots/plot.ts';
import { createCleanUp } from '../queue/clean-up.ts';
import type { MeasuredRow, QueueSuiteResult } from '../queue/result.ts';
import { mean, median } from '../statistics.ts';
import { createTally } from '../tally.ts';
import { judgeColours, judgeSquare } from '../thumbnail-client.ts';
import { type Call, type Rig, startRig } from './rig.ts';
import type { GrowthContext } from './suite-names.ts';

/** Sides of the thumbnails in pixels; the last is the largest that a request may ask for. */
const sides = [16, 100, 256, 512, 1024, 2000];
const quickSides = [16, 256];
const coloursAlone = 'colours alone';
const clients = 16;
const full = { warmUp: 300, pictures: 150 };
const quick = { warmUp: 10, pictures: 10 };

type ResultFigures = {
  name: string;
  cpuMs: number;
  perSecond: number;
  p50Ms: number;
  thumbnailBytes: number;
  redisBytes: number;
};

/** One service for all; the sizes take turns, so that what disturbs a round disturbs each of them. */
export async function measureResults(context: GrowthContext): Promise<QueueSuiteResult> {
  const { progress, onStarted, rounds } = context;
  const cleanUp = createCleanUp();
  onStarted(cleanUp.run);
  const { warmUp, pictures } = context.quick ? quick : full;
  const failures = createTally();
  try {
    const urls = await startPictureUrls(['web'], warmUp);
    cleanUp.add(urls.stop);
    const rig = await startRig({ originHost: urls.host, failures, onStarted: cleanUp.add });
    const take = (count: number) => urls.take('web', 'tintype', count);
    await rig.measure(take(warmUp), clients, callFor(rig, 100));
    const wanted = [coloursAlone, ...(context.quick ? quickSides : sides)];
    const found = new Map<string, ResultFigures[]>();
    for (let number = 1; number <= rounds; number++) {
      for (const what of wanted) {
        const figures = await measureOne(rig, what, take(pictures));
        found.set(figures.name, [...(found.get(figures.name) ?? []), figures]);
      }
      progress.line(`results: measured ${number}/${rounds}`);
    }
    const columns = [...found.keys()];
    const rows = resultRows([...found.values()]);
    return {
      suite: 'results',
      title: 'thumbnails of so many pixels each way, JPEG, of 1632 × 1224 JPEGs; colours always',
      columns,
      rows,
      plot: plotOfTable({ columns, rows }, look),
      failures: failures.counts(),
      warnings: rig.service.warnings(),
      redisVersion: rig.service.redis.version,
    };
  } finally {
    await cleanUp.run();
  }
}

async function measureOne(rig: Rig, what: string | number, urls: string[]): Promise<ResultFigures> {
  const redisBefore = await rig.readRedis();
  const call = callFor(rig, what);
  const thumbnailBytes: number[] = [];
  const failureOf = (answer: Answer) => {
    const failure = call.failureOf?.(answer) ?? null;
    if (failure === null) thumbnailBytes.push(typeof what === 'number' ? bytesOf(answer) : 0);
    return failure;
  };
  const { cpuMs, perSecond, p50Ms } = await rig.measure(urls, clients, { ...call, failureOf });
  const redisAfter = await rig.readRedis();
  return {
    ...{ name: String(what), cpuMs, perSecond, p50Ms },
    // Not what the storage grows by: the pictures are the same six, and equal files are stored once.
    thumbnailBytes: mean(thumbnailBytes),
    redisBytes: (redisAfter.usedBytes - redisBefore.usedBytes) / urls.length,
  };
}

function bytesOf({ body }: Answer): number {
  return parse(Thumbnail, JSON.parse(body)).renditions?.[0]?.bytes ?? Number.NaN;
}

function callFor({ client }: Rig, what: string | number): Call<string> {
  if (typeof what === 'string') return { make: client.matchColours, failureOf: judgeColours };
  return {
    make: (url) => client.make(url, { width: what, height: what }),
    failureOf: (answer: Answer) => judgeSquare(answer, what).failure,
  };
}

const look = {
  title: 'Cost against thumbnail size (source: 2 megapixels)',
  x: { title: 'pixels each way', scale: 'log' },
  y: 'log',
} as const;

function resultRows(found: readonly ResultFigures[][]): MeasuredRow[] {
  const row = (label: string, digits: number, name: Exclude<keyof ResultFigures, 'name'>) => ({
    ...{ label, digits },
    values: found.map((rounds) => median(rounds.map((figures) => figures[name]))),
  });
  const bytes = 'bytes per finished job';
  return [
    { ...row('CPU ms', 2, 'cpuMs'), drawn: { panel: 'CPU per picture (ms)', line: 'whole service' } },
    row('pictures/s', 0, 'perSecond'),
    row('p50 ms', 1, 'p50Ms'),
    { ...row('bytes of the file', 0, 'thumbnailBytes'), drawn: { panel: bytes, line: 'file' } },
    { ...row('bytes in Redis', 0, 'redisBytes'), drawn: { panel: bytes, line: 'Redis' } },
  ];
}
