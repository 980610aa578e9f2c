/** The suite `uploads`: files through the API, large ones many at once, small ones next to the same pictures by URL. */
import { readPeakResidentBytes, readResidentBytes, resetPeakResidentBytes, withMark } from '@tintype/testkit';
import type { Answer } from '../picture-client.ts';
import { startPictureUrls } from '../picture-urls.ts';
import { createPainter } from '../pictures.ts';
import { plotOfTable } from '../plots/plot.ts';
import { type CleanUp, createCleanUp } from '../queue/clean-up.ts';
import type { QueueSuiteResult } from '../queue/result.ts';
import { median } from '../statistics.ts';
import { suites } from '../suites.ts';
import { createTally, type Tally } from '../tally.ts';
import { type Call, type Rig, startRig } from './rig.ts';
import { createScenePainter, type Scene } from './scenes.ts';
import type { GrowthContext } from './suite-names.ts';
import { medianOf, type UploadFigures, uploadLook, uploadRows } from './upload-rows.ts';

/** JPEGs of about 0.06, 1, 5 and 20 MB; the last is what a good camera makes. */
const scenes: readonly Scene[] = [
  { width: 640, height: 480, encoding: 'jpeg' },
  { width: 2592, height: 1944, encoding: 'jpeg' },
  { width: 5664, height: 4248, encoding: 'jpeg' },
  { width: 8000, height: 6000, encoding: 'jpeg', quality: 98 },
];
const quickScenes = scenes.slice(0, 2);
const uploadsAtOnce = 20;
const megabyte = 1e6;
const smallClients = 64;
const full = { warmUp: 300, pictures: 600 };
const quick = { warmUp: 10, pictures: 20 };

/** Large files first, without a worker and so without anything but receiving; each size with an API of its own. */
export async function measureUploads(context: GrowthContext): Promise<QueueSuiteResult> {
  const cleanUp = createCleanUp();
  context.onStarted(cleanUp.run);
  const failures = createTally();
  try {
    context.progress.line('uploads: drawing the pictures');
    const paint = createScenePainter();
    const chosen = context.quick ? quickScenes : scenes;
    const files: Buffer[] = [];
    for (const scene of chosen) files.push((await paint(scene)).bytes);
    const columns: UploadFigures[] = [];
    for (const file of files) columns.push(await measureReceiving(file, 0, { context, cleanUp, failures }));
    const largest = files.at(-1);
    if (largest) columns.push(await measureReceiving(largest, 1, { context, cleanUp, failures }));
    const small = await measureSmall({ context, cleanUp, failures });
    const names = columns.map(({ name }) => name);
    const rows = uploadRows(columns, small.columns);
    return {
      suite: 'uploads',
      title: `files of so many MB, ${uploadsAtOnce} at once until 202; then small ones until completed, ${smallClients} clients`,
      columns: [...names, ...small.columns.map(({ name }) => name)],
      rows,
      plot: plotOfTable({ columns: names, rows }, uploadLook),
      failures: failures.counts(),
      warnings: small.warnings,
      redisVersion: small.redisVersion,
    };
  } finally {
    await cleanUp.run();
  }
}

type Deps = { context: GrowthContext; cleanUp: CleanUp; failures: Tally };

/** `name` is a number of megabytes where there is no worker. */
async function measureReceiving(file: Buffer, workers: 0 | 1, deps: Deps): Promise<UploadFigures> {
  const { context, failures } = deps;
  const own = createCleanUp();
  deps.cleanUp.add(own.run);
  const rig = await startRig({ workers, originHost: 'localhost:1', failures, onStarted: own.add });
  const { api } = rig.service.processes;
  const megabytes = file.length / megabyte;
  const size = megabytes < 0.5 ? megabytes.toFixed(2) : megabytes.toFixed(0);
  const unique = uniqueFiles(file);
  // Small ones, so that what is measured is not the first of everything.
  await receive(rig, uniqueFiles(await smallFile())(context.quick ? quick.warmUp : full.warmUp), workers);
  const restBytes = readResidentBytes([api]);
  resetPeakResidentBytes(api);
  const rounds = [];
  for (let number = 0; number < context.rounds; number++) {
    rounds.push(await receive(rig, unique(uploadsAtOnce), workers));
  }
  const perSecond = median(rounds.map((measured) => measured.perSecond));
  const cpuMs = median(rounds.map((measured) => measured.cpuMs));
  const figures: UploadFigures = {
    name: workers === 0 ? size : `${size} and a worker`,
    perSecond,
    megabytesPerSecond: perSecond * megabytes,
    cpuMs,
    cpuMsPerMegabyte: cpuMs / megabytes,
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    apiRestBytes: restBytes,
    apiPeakBytes: readPeakResidentBytes(api),
    peakRssBytes: Math.max(...rounds.map(({ peakRssBytes }) => peakRssBytes)),
  };
  await own.run();
  context.progress.line(
    `uploads: ${figures.name} MB: ${figures.megabytesPerSecond.toFixed(0)} MB/s, the API at most ` +
      `${(figures.apiPeakBytes / megabyte).toFixed(0)} MB`,
  );
  return figures;
}

/** Until all are accepted; where there is a worker, until all are done. */
async function receive({ client, measure }: Rig, files: (readonly Buffer[])[], workers: number) {
  const accepted: Call<readonly Buffer[]> = {
    make: client.handIn,
    failureOf: ({ httpStatus, body }: Answer) =>
      httpStatus === 202 ? null : `HTTP ${httpStatus}: ${body.slice(0, 200)}`,
  };
  return measure(files, uploadsAtOnce, workers === 0 ? accepted : { make: client.upload });
}

/**
 * A function that makes so many files of the same picture, each with bytes of its own; they share all but their
 * beginning.
 */
function uniqueFiles(file: Buffer): (count: number) => Buffer[][] {
  const headBytes = 1024;
  let serial = 0;
  return (count) =>
    Array.from({ length: count }, () => [
      withMark(file.subarray(0, headBytes), `upload ${serial++}`),
      file.subarray(headBytes),
    ]);
}

const smallPictures = 300;

async function smallFile(): Promise<Buffer> {
  const [spec] = suites.small.pictures(1);
  if (!spec) throw new Error('the suite small has no pictures');
  return (await createPainter()(spec)).bytes;
}

/** The same pictures both ways, in turns. */
async function measureSmall({ context, cleanUp, failures }: Deps) {
  const { warmUp, pictures } = context.quick ? quick : full;
  const urls = await startPictureUrls(['small'], smallPictures);
  cleanUp.add(urls.stop);
  const paint = createPainter();
  const drawn = await Promise.all(suites.small.pictures(smallPictures).map(paint));
  const makers = drawn.map(({ bytes }) => uniqueFiles(bytes));
  const takeFiles = (count: number) =>
    Array.from({ length: count }, (_, at) => makers[at % makers.length]?.(1)[0] ?? []);
  const rig = await startRig({ originHost: urls.host, failures, onStarted: cleanUp.add });
  const { api } = rig.service.processes;
  const megabytes = urls.meanBytes('small') / megabyte;
  const uploaded = (count: number) => rig.measure(takeFiles(count), smallClients, { make: rig.client.upload });
  const fetched = (count: number) =>
    rig.measure(urls.take('small', 'tintype', count), smallClients, { make: (url) => rig.client.make(url) });
  const rounds = new Map<string, UploadFigures[]>([
    ['small, uploaded', []],
    ['small, by URL', []],
  ]);
  await uploaded(warmUp);
  await fetched(warmUp);
  for (let number = 0; number < context.rounds; number++) {
    for (const [name, found] of rounds) {
      const apiRestBytes = readResidentBytes([api]);
      resetPeakResidentBytes(api);
      const { perSecond, cpuMs, p50Ms, peakRssBytes } = await (name.endsWith('URL') ? fetched : uploaded)(pictures);
      found.push({
        ...{ name, perSecond, cpuMs, p50Ms, peakRssBytes, apiRestBytes },
        megabytesPerSecond: perSecond * megabytes,
        cpuMsPerMegabyte: cpuMs / megabytes,
        apiPeakBytes: readPeakResidentBytes(api),
      });
    }
  }
  return {
    columns: [...rounds].map(([name, found]) => medianOf(name, found)),
    warnings: rig.service.warnings(),
    redisVersion: rig.service.redis.version,
  };
}
