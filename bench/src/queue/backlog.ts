/** The suite `backlog`: what submitting, polling and cancelling cost while ever more jobs wait; Redis bytes per job. */
import { setTimeout as sleep } from 'node:timers/promises';
import { maxBatchItems } from '@tintype/contracts';
import { runLoad } from '../load.ts';
import { plotOfTable } from '../plots/plot.ts';
import { openRedisGauge, type RedisGauge, type RedisReading } from '../redis-figures.ts';
import { median } from '../statistics.ts';
import { createTally } from '../tally.ts';
import { createThumbnailClient, judge } from '../thumbnail-client.ts';
import { type CleanUp, createCleanUp } from './clean-up.ts';
import { type Filling, openFilling } from './filling.ts';
import type { MeasuredRow, QueueSuiteResult } from './result.ts';
import { type SmallPictures, startSmallPictures } from './small-pictures.ts';
import type { QueueSuiteContext } from './suite-names.ts';
import { type ApiCalls, batchOf, openApiCalls, type TimedRun, thumbnailOf, timeCalls } from './timed-calls.ts';
import { measureWorkingThrough, type PictureFigures } from './working-through.ts';

/** Depths of the queue that are looked at, as far as `--queued` goes. */
const depths = [0, 10, 100, 1000, 10_000, 100_000];
/** Calls of each kind that are timed, one after the other. */
const timedCalls = 300;
/** Batches that are timed, one after the other. */
const timedBatches = 5;
/** POSTs by which the rate is measured, and clients at once. */
const burst = { calls: 1000, clients: 16 };
/**
 * Finished jobs for the bytes per finished one, after so many that the stream of events, which is cut, grows no more.
 */
const finished = { warmUp: 1000, jobs: 500, clients: 32 };
/** How many jobs of the fill are asked for their position. */
const askedPositions = 100;
/** So many of the fill come in through the API, the others past it. */
const filledByApi = 1000;
const settleMs = 300;
/** Added jobs by which the bytes of one can be told: Redis' own buffers come and go beside them. */
const fewestForBytes = 500;

type Bench = {
  calls: ApiCalls;
  gauge: RedisGauge;
  filling: Filling;
  /** Every position that is not what it must be counts. */
  onWrongPosition: () => void;
  url: () => string;
};

/** One column of the table. */
export type DepthFigures = {
  depth: number;
  /** Whole pictures, worker included, while so many more wait. */
  picture: PictureFigures;
  submit: CallFigures & { perSecond: number };
  poll: CallFigures;
  cancel: CallFigures;
  /** A batch as large as one may be; milliseconds of Redis for all of it. */
  batch: { p50Ms: number; redisMs: number };
  /** Bytes per job of those added since the depth before; null at the first. */
  bytesPerQueued: number | null;
};
/** `events`: of the bytes, the growth of the stream of events, which is cut to one length: about none. */
export type BytesPerFinished = { used: number; events: number };
type CallFigures = { p50Ms: number; p95Ms: number; redisMs: number };

export async function measureBacklog(context: QueueSuiteContext): Promise<QueueSuiteResult> {
  const cleanUp = createCleanUp();
  context.onStarted(cleanUp.run);
  return measure(context, cleanUp).finally(cleanUp.run);
}

async function measure(context: QueueSuiteContext, cleanUp: CleanUp): Promise<QueueSuiteResult> {
  const { queued, progress } = context;
  const most = { pictures: finished.warmUp + finished.jobs, queueMax: 2 * queued + 10_000 };
  const small = await startSmallPictures('backlog', most, context, cleanUp);
  const { tintype, urls } = small;
  const tally = createTally();
  const gauge = openRedisGauge(tintype.redis.url);
  const filling = openFilling(tintype.redis.url);
  const calls = openApiCalls(tintype.url, burst.clients);
  cleanUp.add(async () => void (await Promise.all([gauge.close(), filling.close(), calls.close()])));

  const perFinished = await bytesOfFinished(small, gauge, tally.add);
  progress.line(`backlog: ${perFinished.used.toFixed(0)} bytes of Redis per finished job`);
  await small.stopWorkers();

  let serial = 0;
  const bench: Bench = {
    ...{ calls, gauge, filling },
    onWrongPosition: () => tally.add('a wrong queue.position'),
    url: () => `http://${urls.host}/small/${serial++}/queued`,
  };
  const columns: DepthFigures[] = [];
  const fill: string[] = [];
  for (const depth of [...depths.filter((depth) => depth < queued), queued]) {
    const bytesPerQueued = await fillTo(bench, fill, depth);
    const calls = await measureAt(bench, fill);
    const picture = await measureWorkingThrough(depth, urls, cleanUp);
    columns.push({ ...calls, picture, bytesPerQueued });
    progress.line(`backlog: measured with ${depth} queued`);
  }
  const names = columns.map(({ depth }) => String(depth));
  const rows = backlogRows(columns, perFinished);
  return {
    suite: 'backlog',
    title: `so many jobs queued and no worker; ${timedCalls} calls of each kind one after the other`,
    columns: names,
    rows,
    plot: plotOfTable({ columns: names, rows }, look),
    failures: tally.counts(),
    warnings: small.warnings(),
    redisVersion: tintype.redis.version,
  };
}

async function bytesOfFinished(
  { tintype, take }: SmallPictures,
  gauge: RedisGauge,
  onFailure: (failure: string) => void,
): Promise<BytesPerFinished> {
  const client = createThumbnailClient(tintype.url, finished.clients);
  const readAfter = async (jobs: number): Promise<RedisReading> => {
    const { answers } = await runLoad({ client, urls: take(jobs), clients: finished.clients });
    for (const { failure } of answers.map(judge)) if (failure !== null) onFailure(failure);
    await sleep(settleMs);
    return gauge.read();
  };
  const before = await readAfter(finished.warmUp);
  const after = await readAfter(finished.jobs);
  await client.close();
  return {
    used: (after.usedBytes - before.usedBytes) / finished.jobs,
    events: (after.eventsStreamBytes - before.eventsStreamBytes) / finished.jobs,
  };
}

/** Adds jobs until so many wait; answers what each of them takes. */
async function fillTo({ calls, gauge, filling, url }: Bench, fill: string[], depth: number): Promise<number | null> {
  const missing = depth - fill.length;
  if (missing <= 0) return null;
  await sleep(settleMs);
  const before = await gauge.read();
  const byApi = Array.from({ length: Math.min(missing, Math.max(0, filledByApi - fill.length)) }, url);
  const { answers } = await timeCalls(byApi, burst.clients, (source) => calls.submit({ url: source }));
  const added = answers.map((answer) => thumbnailOf(answer).id);
  fill.push(...added);
  const template = await filling.dataOf(fill[0] ?? '');
  const past = Array.from({ length: missing - added.length }, () => ({ ...template, source: { url: url() } }));
  fill.push(...(await filling.add(past)));
  await sleep(settleMs);
  const bytes = (await gauge.read()).usedBytes - before.usedBytes;
  return missing < fewestForBytes ? null : bytes / missing;
}

async function measureAt(bench: Bench, fill: string[]): Promise<Omit<DepthFigures, 'bytesPerQueued' | 'picture'>> {
  const { calls, gauge, url, onWrongPosition } = bench;
  const timed = async <Item>(items: readonly Item[], call: Parameters<typeof timeCalls<Item>>[2]) => {
    const before = await gauge.read();
    const run = await timeCalls(items, 1, call);
    return { run, figures: callFigures(run, (await gauge.read()).scriptUs - before.scriptUs) };
  };
  const submit = await timed(Array.from({ length: timedCalls }, url), (source) => calls.submit({ url: source }));
  const ids = submit.run.answers.map((answer) => thumbnailOf(answer).id);
  const poll = await timed(ids, calls.get);
  for (const [index, answer] of poll.run.answers.entries()) {
    if (thumbnailOf(answer).queue?.position !== fill.length + index) onWrongPosition();
  }
  await askPositions(bench, fill);
  const cancel = await timed(ids, calls.cancel);
  const more = await timeCalls(Array.from({ length: burst.calls }, url), burst.clients, (source) =>
    calls.submit({ url: source }),
  );
  await timeCalls(more.answers, burst.clients, (answer) => calls.cancel(thumbnailOf(answer).id));
  const batch = await measureBatches(bench);
  return {
    depth: fill.length,
    submit: { ...submit.figures, perSecond: more.perSecond },
    poll: poll.figures,
    cancel: cancel.figures,
    batch,
  };
}

/** Each is erased before the next one; the answer reads a hundred of its items, which is counted too. */
async function measureBatches({ calls, gauge, url }: Bench): Promise<DepthFigures['batch']> {
  const times: number[] = [];
  let scriptUs = 0;
  for (let batch = 0; batch < timedBatches; batch += 1) {
    const urls = Array.from({ length: maxBatchItems }, url);
    const before = await gauge.read();
    const answer = await calls.submitBatch(urls);
    scriptUs += (await gauge.read()).scriptUs - before.scriptUs;
    times.push(answer.ms);
    await calls.removeBatch(batchOf(answer).id);
  }
  return { p50Ms: median(times), redisMs: scriptUs / 1000 / timedBatches };
}

function callFigures({ answers, p50Ms, p95Ms }: TimedRun, scriptUs: number): CallFigures {
  return { p50Ms, p95Ms, redisMs: scriptUs / 1000 / answers.length };
}

/** Those that came in past the API did so in order, so their positions are known. */
async function askPositions({ calls, onWrongPosition }: Bench, fill: string[]): Promise<void> {
  const step = Math.ceil((fill.length - filledByApi) / askedPositions);
  for (let position = filledByApi; position < fill.length; position += step) {
    if (thumbnailOf(await calls.get(fill[position] ?? '')).queue?.position !== position) onWrongPosition();
  }
}

/** The table: what Redis does per request is what its scripts take by its own count; a cancel is three of them. */
export function backlogRows(columns: readonly DepthFigures[], { used, events }: BytesPerFinished): MeasuredRow[] {
  const row = (label: string, digits: number, take: (figures: DepthFigures) => number | null) => ({
    ...{ label, digits },
    values: columns.map(take),
  });
  const once = (label: string, value: number) => row(label, 0, (figures) => (figures === columns[0] ? value : null));
  const goal = { atMost: 0.2 };
  const calls = { panel: 'one call after the other, p50 (ms)' };
  const redis = { panel: 'scripts of Redis (ms)' };
  return [
    { ...row('POST, p50 ms', 2, ({ submit }) => submit.p50Ms), drawn: { ...calls, line: 'POST' } },
    row('POST, p95 ms', 2, ({ submit }) => submit.p95Ms),
    row(`POST, requests/s of ${burst.clients} clients`, 0, ({ submit }) => submit.perSecond),
    { ...row('GET with position, p50 ms', 2, ({ poll }) => poll.p50Ms), drawn: { ...calls, line: 'GET' } },
    row('GET with position, p95 ms', 2, ({ poll }) => poll.p95Ms),
    { ...row('cancel, p50 ms', 2, ({ cancel }) => cancel.p50Ms), drawn: { ...calls, line: 'cancel' } },
    row('cancel, p95 ms', 2, ({ cancel }) => cancel.p95Ms),
    { ...row('ms of Redis per POST', 3, ({ submit }) => submit.redisMs), drawn: { ...redis, line: 'POST' } },
    {
      ...row('ms of Redis per GET with position', 3, ({ poll }) => poll.redisMs),
      ...{ goal, drawn: { ...redis, line: 'GET' } },
    },
    {
      ...row('ms of Redis per cancel', 3, ({ cancel }) => cancel.redisMs),
      ...{ goal, drawn: { ...redis, line: 'cancel' } },
    },
    row(`POST of a batch of ${maxBatchItems}, p50 ms`, 1, ({ batch }) => batch.p50Ms),
    { ...row(`ms of Redis per batch of ${maxBatchItems}`, 1, ({ batch }) => batch.redisMs), goal: { atMost: 60 } },
    {
      ...row('ms of Redis per picture, added and worked through', 3, ({ picture }) => picture.redisMs),
      drawn: { ...redis, line: 'a whole picture' },
    },
    {
      ...row('CPU ms per picture, Redis and worker', 2, ({ picture }) => picture.cpuMs),
      drawn: { panel: 'CPU of Redis and worker (ms)', line: 'a whole picture' },
    },
    { ...row('Redis bytes per queued job', 0, ({ bytesPerQueued }) => bytesPerQueued), goal: { atMost: 1000 } },
    { ...once('Redis bytes per finished job', used), goal: { atMost: 3600 } },
    once('of them the stream of events', events),
  ];
}

const look = {
  title: 'Cost against the number of jobs queued',
  x: { title: 'jobs queued', scale: 'symlog' },
  y: 'linear',
} as const;
