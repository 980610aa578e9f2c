/** The suite `images`: the picture of a link asked for the first time, again, and for the first time by a thousand at once. */
import { connectWorker, disconnect, keysOf } from '@tintype/redis';
import { readTreeCpuMs, startOrigin } from '@tintype/testkit';
import { Pool } from 'undici';
import { runCalls } from '../load.ts';
import { startOnDemandServers } from '../peers/installed-peers.ts';
import type { OnDemandServer } from '../peers/on-demand.ts';
import type { Answer } from '../picture-client.ts';
import { startPictureUrls } from '../picture-urls.ts';
import { createPainter } from '../pictures.ts';
import { createCleanUp } from '../queue/clean-up.ts';
import type { MeasuredRow, QueueSuiteResult } from '../queue/result.ts';
import { median, percentile } from '../statistics.ts';
import { suites } from '../suites.ts';
import { createTally, type Tally } from '../tally.ts';
import { startRig } from './rig.ts';
import type { GrowthContext } from './suite-names.ts';

const clients = 16;
const full = { warmUp: 200, pictures: 200, views: 10, atOnce: 1000 };
const quick = { warmUp: 10, pictures: 20, views: 2, atOnce: 100 };
/** What a view of a picture that was made before may cost the API of Tintype. */
const againGoal = { column: 0, atMost: 0.35 };

/** One that answers pictures over HTTP, and the process that does so. */
type Side = { name: string; urlOf: (source: string) => string; pids: readonly number[]; server: number };
type Figures = { cpuMs: number; serverMs: number; p50Ms: number; perSecond: number };

/** Tintype and those that make a picture while the client waits, by turns; they make each picture anew. */
export async function measureImages(context: GrowthContext): Promise<QueueSuiteResult> {
  const { warmUp, pictures, views, atOnce } = context.quick ? quick : full;
  const cleanUp = createCleanUp();
  context.onStarted(cleanUp.run);
  const failures = createTally();
  try {
    const [urls, origin] = await Promise.all([startPictureUrls(['small'], 300), startOrigin()]);
    cleanUp.add(urls.stop);
    cleanUp.add(origin.close);
    const originHost = `${urls.host},${origin.host}`;
    const rig = await startRig({ originHost, failures, onStarted: cleanUp.add });
    const { api } = rig.service.processes;
    const urlOf = (source: string) => `${rig.service.url}/v1/images?url=${encodeURIComponent(source)}`;
    const tintype: Side = { name: 'tintype', urlOf, pids: rig.service.pids, server: api };
    const others = await startOnDemandServers(context.peers, urls.host, cleanUp.add);
    const sides = [tintype, ...others.map(sideOf)];
    const ask = openAsker(failures);
    cleanUp.add(ask.close);
    const found = new Map(sides.map(({ name }) => [name, { first: [] as Figures[], again: [] as Figures[] }]));
    for (const side of sides) {
      const sources = urls.take('small', 'tintype', warmUp);
      await ask.measure(side, sources);
      await ask.measure(side, Array.from({ length: views }, () => sources).flat());
    }
    for (let round = 1; round <= context.rounds; round++) {
      for (const side of sides) {
        const sources = urls.take('small', 'tintype', pictures);
        found.get(side.name)?.first.push(await ask.measure(side, sources));
        const seen = Array.from({ length: views }, () => sources).flat();
        found.get(side.name)?.again.push(await ask.measure(side, seen));
      }
      context.progress.line(`images: measured ${round}/${context.rounds}`);
    }
    const [spec] = suites.small.pictures(1);
    if (spec) origin.serve('/one.jpg', (await createPainter()(spec)).bytes);
    const jobs = openJobCount(rig.service.redis.url);
    cleanUp.add(jobs.close);
    const before = await jobs.count();
    const startMs = performance.now();
    await ask.together(urlOf(origin.url('/one.jpg')), atOnce);
    const together = {
      ms: performance.now() - startMs,
      downloads: origin.requests('/one.jpg'),
      jobs: (await jobs.count()) - before,
    };
    return {
      suite: 'images',
      title: `100 × 100 of 640 × 480 JPEGs by links, ${clients} clients; a new one by ${atOnce} clients at once`,
      columns: sides.map(({ name }) => name),
      rows: imageRows([...found.values()], together),
      failures: failures.counts(),
      warnings: rig.service.warnings(),
      redisVersion: rig.service.redis.version,
    };
  } finally {
    await cleanUp.run();
  }
}

type Together = { ms: number; downloads: number; jobs: number };

function imageRows(found: readonly { first: Figures[]; again: Figures[] }[], together: Together): MeasuredRow[] {
  const row = (label: string, digits: number, of: 'first' | 'again', name: keyof Figures): MeasuredRow => ({
    ...{ label: `${of}: ${label}`, digits },
    values: found.map((rounds) => median(rounds[of].map((figures) => figures[name]))),
  });
  const once = { atLeast: 1, atMost: 1 };
  const tintypes = (label: string, digits: number, value: number): MeasuredRow => ({
    ...{ label, digits },
    values: [value, ...found.slice(1).map(() => null)],
  });
  return [
    row('CPU ms of all processes', 2, 'first', 'cpuMs'),
    row('CPU ms of the server', 2, 'first', 'serverMs'),
    row('p50 ms', 1, 'first', 'p50Ms'),
    row('CPU ms of all processes', 3, 'again', 'cpuMs'),
    { ...row('CPU ms of the server', 3, 'again', 'serverMs'), goal: againGoal },
    row('p50 ms', 1, 'again', 'p50Ms'),
    row('pictures/s', 0, 'again', 'perSecond'),
    tintypes('at once: ms until all have it', 0, together.ms),
    { ...tintypes('at once: downloads', 0, together.downloads), goal: once },
    { ...tintypes('at once: jobs', 0, together.jobs), goal: once },
  ];
}

/** Asks for pictures; whatever is not one is a failure. */
function openAsker(failures: Tally) {
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string, connections: number) => {
    const name = `${origin} ${connections}`;
    const pool = pools.get(name) ?? new Pool(origin, { connections, pipelining: 1 });
    pools.set(name, pool);
    return pool;
  };
  const get = async (url: string, connections: number): Promise<Answer> => {
    const { origin, pathname, search } = new URL(url);
    const startMs = performance.now();
    const { statusCode, headers, body } = await poolOf(origin, connections).request({
      method: 'GET',
      path: `${pathname}${search}`,
    });
    const bytes = await body.arrayBuffer();
    const isPicture = statusCode === 200 && headers['content-type'] === 'image/jpeg' && bytes.byteLength > 100;
    if (!isPicture) failures.add(`HTTP ${statusCode} as ${headers['content-type']}`);
    return { ms: performance.now() - startMs, httpStatus: statusCode, body: '', ended: true };
  };
  return {
    async measure({ urlOf, pids, server }: Side, sources: readonly string[]): Promise<Figures> {
      const [startCpuMs, startServerMs] = [readTreeCpuMs(pids), readTreeCpuMs([server])];
      const { elapsedMs, answers } = await runCalls(sources, clients, (source) => get(urlOf(source), clients));
      return {
        cpuMs: (readTreeCpuMs(pids) - startCpuMs) / sources.length,
        serverMs: (readTreeCpuMs([server]) - startServerMs) / sources.length,
        p50Ms: percentile(
          answers.map(({ ms }) => ms),
          50,
        ),
        perSecond: (1000 * sources.length) / elapsedMs,
      };
    },
    async together(url: string, count: number): Promise<void> {
      await runCalls(
        Array.from({ length: count }, () => url),
        count,
        (one) => get(one, count),
      );
    },
    async close(): Promise<void> {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}

function sideOf({ name, pid, origin, pathOf }: OnDemandServer): Side {
  const urlOf = (source: string) => `${origin}${pathOf(source, { side: 100, fit: 'cover' })}`;
  return { name, urlOf, pids: [pid], server: pid };
}

/** Jobs that there are. */
function openJobCount(redisUrl: string) {
  const redis = connectWorker(redisUrl);
  return { count: () => redis.zcard(keysOf(0).expiry), close: () => disconnect(redis) };
}
