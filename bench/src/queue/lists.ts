/** The suite `lists`: what a page of a tenant's thumbnails costs while ever more of them are kept. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, ThumbnailList } from '@tintype/contracts';
import { readTreeCpuMs, type Tintype } from '@tintype/testkit';
import { Pool } from 'undici';
import { plotOfTable } from '../plots/plot.ts';
import { openRedisGauge } from '../redis-figures.ts';
import { percentile } from '../statistics.ts';
import { createTally, type Tally } from '../tally.ts';
import { type CleanUp, createCleanUp } from './clean-up.ts';
import { openKeptJobs } from './kept-jobs.ts';
import type { MeasuredRow, QueueSuiteResult } from './result.ts';
import { type SmallPictures, startSmallPictures } from './small-pictures.ts';
import type { QueueSuiteContext } from './suite-names.ts';
import { openApiCalls, thumbnailOf, timeCalls } from './timed-calls.ts';

/** Kept jobs that are looked at, as far as `--queued` goes. */
const depths = [1000, 100_000];
/** Pictures that are really made: the jobs that are kept have their results, in turn. */
const madePictures = 100;
const clients = 16;
const pages = { warmUp: 200, timed: 200 };
const settleMs = 300;
/** Of the pages by which the deep cursor is come by. */
const deepStep = 100;

/**
 * `from`: behind half of all that are kept, or page after page, the first after the last: of more than a process remembers,
 * each comes as if for the first time.
 */
const asked = [
  { name: '20', query: 'limit=20', count: 20, from: 'start' },
  { name: '50', query: 'limit=50', count: 50, from: 'start' },
  { name: '100', query: 'limit=100', count: 100, from: 'start' },
  { name: '50 completed', query: 'limit=50&status=completed', count: 50, from: 'start' },
  { name: '20 failed', query: 'limit=20&status=failed', count: 20, from: 'start' },
  { name: '50 from the middle', query: 'limit=50', count: 50, from: 'middle' },
  { name: '50, page after page', query: 'limit=50', count: 50, from: 'page before' },
] as const;
type Asked = (typeof asked)[number];

/** For each page: of the client, of the API's process, and of Redis by its own count. */
export type PageFigures = { p50Ms: number; p95Ms: number; apiMs: number; redisMs: number };
/** One column; pages in the order of what is asked. */
export type KeptFigures = { kept: number; pages: PageFigures[] };

export async function measureLists(context: QueueSuiteContext): Promise<QueueSuiteResult> {
  const cleanUp = createCleanUp();
  context.onStarted(cleanUp.run);
  return measure(context, cleanUp).finally(cleanUp.run);
}

async function measure(context: QueueSuiteContext, cleanUp: CleanUp): Promise<QueueSuiteResult> {
  const { queued, progress } = context;
  const most = { pictures: madePictures, queueMax: 2 * queued };
  const small = await startSmallPictures('lists', most, context, cleanUp);
  const { tintype } = small;
  const failures = createTally();
  const made = await makePictures(small);
  const keptJobs = await openKeptJobs(tintype.redis.url, made);
  cleanUp.add(keptJobs.close);
  const pageMeter = openPageMeter(tintype, failures);
  cleanUp.add(pageMeter.close);
  const columns: KeptFigures[] = [];
  for (const kept of [...depths.filter((depth) => depth < queued), queued]) {
    await keptJobs.keep(kept);
    columns.push({ kept, pages: await pageMeter.measure(kept) });
    progress.line(`lists: measured with ${kept} kept`);
  }
  const names = columns.map(({ kept }) => String(kept));
  const rows = listRows(columns);
  return {
    suite: 'lists',
    title: `so many ended jobs kept by a tenant; ${pages.timed} pages of each kind one after the other`,
    columns: names,
    rows,
    plot: plotOfTable({ columns: names, rows }, look),
    failures: failures.counts(),
    warnings: small.warnings(),
    redisVersion: tintype.redis.version,
  };
}

/** Answers their ids; the workers are gone afterwards. */
async function makePictures({ tintype, take, stopWorkers }: SmallPictures): Promise<string[]> {
  const calls = openApiCalls(tintype.url, clients);
  const sources = take(madePictures);
  const { answers } = await timeCalls(sources, clients, (source) => calls.submit({ url: source }, '?wait=30'));
  await calls.close();
  await stopWorkers();
  return answers.map((answer) => thumbnailOf(answer).id);
}

function openPageMeter({ url, api, redis }: Tintype, failures: Tally) {
  const pool = new Pool(url, { connections: 1, pipelining: 1 });
  const gauge = openRedisGauge(redis.url);
  const page = async (query: string) => {
    const startMs = performance.now();
    const { statusCode, body } = await pool.request({ method: 'GET', path: `/v1/thumbnails?${query}` });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`a page of ${query}: ${statusCode} ${text.slice(0, 300)}`);
    return { ms: performance.now() - startMs, text };
  };
  const cursorBehind = async (count: number): Promise<string> => {
    let next: string | null = null;
    for (let at = 0; at < count; at += deepStep) {
      const { text } = await page(`limit=${deepStep}${next === null ? '' : `&cursor=${next}`}`);
      next = parse(ThumbnailList, JSON.parse(text)).next;
      if (next === null) throw new Error('the list is shorter than what is kept');
    }
    return next ?? '';
  };
  const measure = async ({ query, count, from }: Asked, middle: string): Promise<PageFigures> => {
    let cursor: string | null = from === 'middle' ? middle : null;
    const turn = async () => {
      const answer = await page(cursor === null ? query : `${query}&cursor=${cursor}`);
      if (from === 'page before') cursor = /"next":"([\w-]+)"\}$/.exec(answer.text)?.[1] ?? null;
      return answer;
    };
    for (let at = 0; at < pages.warmUp; at++) await turn();
    await sleep(settleMs);
    const before = { apiMs: readTreeCpuMs([api.pid]), scriptUs: (await gauge.read()).scriptUs };
    const answers: Awaited<ReturnType<typeof page>>[] = [];
    for (let at = 0; at < pages.timed; at++) answers.push(await turn());
    const { scriptUs } = await gauge.read();
    const apiMs = readTreeCpuMs([api.pid]) - before.apiMs;
    const { data } = parse(ThumbnailList, JSON.parse(answers.at(-1)?.text ?? ''));
    if (data.length !== count) failures.add(`a page of ${data.length} for ${query}`);
    const times = answers.map(({ ms }) => ms);
    return {
      ...{ p50Ms: percentile(times, 50), p95Ms: percentile(times, 95) },
      ...{ apiMs: apiMs / pages.timed, redisMs: (scriptUs - before.scriptUs) / 1000 / pages.timed },
    };
  };
  return {
    async measure(kept: number): Promise<KeptFigures['pages']> {
      const middle = await cursorBehind(kept / 2);
      const found: PageFigures[] = [];
      for (const one of asked) found.push(await measure(one, middle));
      return found;
    },
    close: async () => void (await Promise.all([pool.close(), gauge.close()])),
  };
}

/** The table: what Redis does for a page is what its scripts take by its own count, and must not grow with what is kept. */
export function listRows(columns: readonly KeptFigures[]): MeasuredRow[] {
  const row = (
    name: Asked['name'],
    label: string,
    digits: number,
    take: (page: PageFigures) => number,
  ): MeasuredRow => {
    const at = asked.findIndex((one) => one.name === name);
    return {
      label: `${name}${label}`,
      digits,
      values: columns.map(({ pages: found }) => {
        const page = found[at];
        return page ? take(page) : null;
      }),
    };
  };
  const p50 = ({ name, count }: Asked): MeasuredRow => ({
    ...row(name, ', p50 ms', 2, ({ p50Ms }) => p50Ms),
    ...(count === 50 && { goal: { atMost: 3 } }),
    drawn: { panel: 'a page after the other, p50 (ms)', line: name },
  });
  return [
    ...asked.flatMap((one) => [p50(one), row(one.name, ', p95 ms', 2, ({ p95Ms }) => p95Ms)]),
    row('50', ': CPU ms of the API', 2, ({ apiMs }) => apiMs),
    row('50, page after page', ': CPU ms of the API', 2, ({ apiMs }) => apiMs),
    ...asked.map(({ name }) => row(name, ': ms of Redis', 3, ({ redisMs }) => redisMs)),
  ];
}

const look = {
  title: 'Cost of a page against the number of jobs kept',
  x: { title: 'ended jobs kept', scale: 'log' },
  y: 'linear',
} as const;
