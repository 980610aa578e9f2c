/** The suite `renditions`: eight sizes of a 24-megapixel JPEG next to the largest alone, and the same by sharp once for each size. */
import { parse, Thumbnail } from '@tintype/contracts';
import Type from 'typebox';
import { forkModule } from '../forked.ts';
import type { Answer } from '../picture-client.ts';
import { createCleanUp } from '../queue/clean-up.ts';
import type { QueueSuiteResult } from '../queue/result.ts';
import { median } from '../statistics.ts';
import { createTally } from '../tally.ts';
import { transportFailure } from '../thumbnail-client.ts';
import { startTreeMeter } from '../tree-meter.ts';
import { type Measured, startRig } from './rig.ts';
import { startSceneUrls } from './scene-urls.ts';
import type { Scene } from './scenes.ts';
import type { GrowthContext } from './suite-names.ts';

const scene: Scene = { width: 6000, height: 4000, encoding: 'jpeg' };
const quickScene: Scene = { width: 640, height: 480, encoding: 'jpeg' };
const sides = [2000, 1600, 1200, 800, 400, 200, 128, 64];
const full = { warmUp: 6, pictures: 6 };
const quick = { warmUp: 1, pictures: 1 };
const columns = ['largest', 'eight sizes', 'sharp, largest', 'sharp, each size'];

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
    const sharps = [[2000], sides].map((wanted) => (count: number) => bare.measure(take(count), wanted));
    const ways: ((count: number) => Promise<Cost>)[] = [...ours, ...sharps];
    for (const measure of ways) await measure(warmUp);
    const found: Cost[][] = ways.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [at, measure] of ways.entries()) found[at]?.push(await measure(pictures));
      progress.line(`renditions: measured ${round + 1}/${rounds}`);
    }
    const rows = rowsOf(found);
    return {
      suite: 'renditions',
      title: `a JPEG of ${picture.width} × ${picture.height}, thumbnails ${sides.join(', ')} pixels long, one client; colours too, but by sharp`,
      columns,
      rows,
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

function startBareRenditions(): { measure(urls: string[], sides: number[]): Promise<Cost>; stop(): Promise<void> } {
  const bare = forkModule('growth/bare-renditions.ts');
  return {
    async measure(urls, wanted) {
      const meter = startTreeMeter([bare.pid]);
      for (const url of urls) await bare.ask(Type.Object({ made: Type.Integer() }), { url, sides: wanted });
      const { cpuMs, peakRssBytes } = meter.stop();
      return { cpuMs: cpuMs / urls.length, peakRssBytes };
    },
    stop: bare.stop,
  };
}

const megabyte = 1e6;

/** Of ours and of sharp's, each against its own largest. */
function rowsOf(found: readonly (readonly Cost[])[]) {
  const valuesOf = (take: (cost: Cost) => number) => found.map((costs) => median(costs.map(take)));
  const cpu = valuesOf(({ cpuMs }) => cpuMs);
  const memory = valuesOf(({ peakRssBytes }) => peakRssBytes / megabyte);
  const ours = ([largest = 1, all = 0]: number[]) => [null, all / largest, null, null];
  const sharps = ([, , largest = 1, all = 0]: number[]) => [null, null, null, all / largest];
  return [
    { label: 'CPU ms', digits: 0, values: cpu },
    { label: 'CPU against the largest alone', digits: 2, values: ours(cpu), goal: { atMost: 1.6 } },
    { label: 'the same of sharp', digits: 2, values: sharps(cpu) },
    { label: 'peak memory MB', digits: 0, values: memory },
    { label: 'memory against the largest alone', digits: 2, values: ours(memory), goal: { atMost: 1.3 } },
    { label: 'the same of sharp', digits: 2, values: sharps(memory) },
  ];
}
