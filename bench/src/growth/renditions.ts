/** The suite `renditions`: eight sizes of 24 megapixels next to the largest alone; the same by others, size by size. */
import { parse, Thumbnail } from '@tintype/contracts';
import sharp from 'sharp';
import Type from 'typebox';
import { request } from 'undici';
import { forkModule } from '../forked.ts';
import { startOnDemandServers } from '../peers/installed-peers.ts';
import type { OnDemandServer } from '../peers/on-demand.ts';
import type { Answer } from '../picture-client.ts';
import { createCleanUp } from '../queue/clean-up.ts';
import type { MeasuredRow, QueueSuiteResult } from '../queue/result.ts';
import { median } from '../statistics.ts';
import { createTally, type Tally } from '../tally.ts';
import { transportFailure } from '../thumbnail-client.ts';
import { startTreeMeter } from '../tree-meter.ts';
import { type Measured, startRig } from './rig.ts';
import { startSceneUrls } from './scene-urls.ts';
import type { Scene } from './scenes.ts';
import type { GrowthContext } from './suite-names.ts';

const scene: Scene = { width: 6000, height: 4000, encoding: 'jpeg' };
const quickScene: Scene = { width: 2400, height: 1600, encoding: 'jpeg' };
const sides = [2000, 1600, 1200, 800, 400, 200, 128, 64];
const full = { warmUp: 6, pictures: 6 };
const quick = { warmUp: 1, pictures: 1 };
type Cost = Pick<Measured, 'cpuMs' | 'peakRssBytes'>;

/** One client, one picture after the other, by turns. */
export async function measureRenditions(context: GrowthContext): Promise<QueueSuiteResult> {
  const { progress, rounds } = context;
  const { warmUp, pictures } = context.quick ? quick : full;
  const picture = context.quick ? quickScene : scene;
  const cleanUp = createCleanUp();
  context.onStarted(cleanUp.run);
  const failures = createTally();
  try {
    const urls = await startSceneUrls([picture]);
    cleanUp.add(urls.stop);
    const take = (count: number) => urls.take(picture, count);
    const rig = await startRig({ originHost: urls.host, failures, onStarted: cleanUp.add });
    const bare = startBareRenditions();
    cleanUp.add(bare.stop);
    const ours = [[2000], sides].map((wanted) => (count: number) => {
      const sizes = wanted.map((side) => ({ name: `${side}`, width: side, height: side }));
      const make = (url: string) => rig.client.make(url, { fit: 'inside', sizes });
      return rig.measure(take(count), 1, { make, failureOf: failureOf(wanted.length) });
    });
    const servers = await startOnDemandServers(context.peers, urls.host, cleanUp.add);
    const others = [bare, ...servers.map((server) => openSizes(server, failures))];
    const ways: ((count: number) => Promise<Cost>)[] = [
      ...ours,
      ...others.flatMap(({ measure }) =>
        [[2000], sides].map((wanted) => (count: number) => measure(take(count), wanted)),
      ),
    ];
    for (const measure of ways) await measure(warmUp);
    const found: Cost[][] = ways.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [at, measure] of ways.entries()) found[at]?.push(await measure(pictures));
      progress.line(`renditions: measured ${round + 1}/${rounds}`);
    }
    return {
      suite: 'renditions',
      title: `a JPEG of ${picture.width} × ${picture.height}, thumbnails ${sides.join(', ')} pixels long, one client; the others find no colours`,
      columns: ['largest', 'eight sizes', ...otherColumns(['sharp', ...servers.map(({ name }) => name)])],
      rows: rowsOf(found),
      failures: failures.counts(),
      warnings: rig.service.warnings(),
      redisVersion: rig.service.redis.version,
    };
  } finally {
    await cleanUp.run();
  }
}

function failureOf(count: number): (answer: Answer) => string | null {
  return (answer) => {
    const failure = transportFailure(answer);
    if (failure !== null) return failure;
    const { status, renditions = [] } = parse(Thumbnail, JSON.parse(answer.body));
    return status === 'completed' && renditions.length === count ? null : `${status} with ${renditions.length} sizes`;
  };
}

/** One that makes all sizes of each picture, one after the other. */
type Sizes = { measure(urls: string[], sides: number[]): Promise<Cost> };

function startBareRenditions(): Sizes & { stop(): Promise<void> } {
  const bare = forkModule('growth/bare-renditions.ts');
  const make = async (url: string, wanted: number[]) =>
    void (await bare.ask(Type.Object({ made: Type.Integer() }), { url, sides: wanted }));
  return { measure: (urls, wanted) => measureSizes(bare.pid, urls, (url) => make(url, wanted)), stop: bare.stop };
}

/** A request for each size. */
function openSizes({ name, pid, origin, pathOf }: OnDemandServer, failures: Tally): Sizes {
  const make = async (source: string, side: number) => {
    const { statusCode, body } = await request(`${origin}${pathOf(source, { side, fit: 'inside' })}`);
    const { width = 0, height = 0 } = await sharp(await body.bytes()).metadata();
    if (statusCode !== 200 || Math.max(width, height) !== side)
      failures.add(`${name}: HTTP ${statusCode}, ${width} × ${height}`);
  };
  return {
    measure: (urls, wanted) =>
      measureSizes(pid, urls, async (url) => {
        for (const side of wanted) await make(url, side);
      }),
  };
}

async function measureSizes(pid: number, urls: string[], make: (url: string) => Promise<void>): Promise<Cost> {
  const meter = startTreeMeter([pid]);
  for (const url of urls) await make(url);
  const { cpuMs, peakRssBytes } = meter.stop();
  return { cpuMs: cpuMs / urls.length, peakRssBytes };
}

const megabyte = 1e6;

function otherColumns(names: readonly string[]): string[] {
  return names.flatMap((name) => [`${name}, largest`, `${name}, each size`]);
}

/** In the order of the columns: each way's largest alone, then all sizes, which are held against it. */
export function rowsOf(found: readonly (readonly Cost[])[]): MeasuredRow[] {
  const valuesOf = (take: (cost: Cost) => number) => found.map((costs) => median(costs.map(take)));
  const cpu = valuesOf(({ cpuMs }) => cpuMs);
  const memory = valuesOf(({ peakRssBytes }) => peakRssBytes / megabyte);
  const against = (values: number[]) => values.map((all, at) => (at % 2 === 0 ? null : all / (values[at - 1] ?? 1)));
  const ours = { column: 1 };
  return [
    { label: 'CPU ms', digits: 0, values: cpu },
    { label: 'CPU against the largest alone', digits: 2, values: against(cpu), goal: { ...ours, atMost: 1.6 } },
    { label: 'peak memory MB', digits: 0, values: memory },
    { label: 'memory against the largest alone', digits: 2, values: against(memory), goal: { ...ours, atMost: 1.3 } },
  ];
}
