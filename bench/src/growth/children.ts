/** The suite `children`: what a picture costs that is made in a disposable child, next to the same picture without one. */
import { withMark } from '@tintype/testkit';
import { createCleanUp } from '../queue/clean-up.ts';
import type { QueueSuiteResult } from '../queue/result.ts';
import { median } from '../statistics.ts';
import { createTally } from '../tally.ts';
import { type Measured, startRig } from './rig.ts';
import { createScenePainter } from './scenes.ts';
import type { GrowthContext } from './suite-names.ts';

const scene = { width: 400, height: 300, encoding: 'png' } as const;
/** More parts of a PNG than the worker walks through itself. */
const manyParts = 1001;
const full = { warmUp: 60, pictures: 40 };
const quick = { warmUp: 4, pictures: 4 };
/** As many as a worker makes in children at once. */
const clients = 2;

/** By turns, the same pixels: the files differ in comments alone, of which a worker reads no more than it must. */
export async function measureChildren(context: GrowthContext): Promise<QueueSuiteResult> {
  const { progress, rounds } = context;
  const { warmUp, pictures } = context.quick ? quick : full;
  const cleanUp = createCleanUp();
  context.onStarted(cleanUp.run);
  const failures = createTally();
  try {
    const { bytes: usual } = await createScenePainter()(scene);
    const files = [usual, withMarks(usual, manyParts)];
    const rig = await startRig({ originHost: 'localhost:1', failures, onStarted: cleanUp.add });
    let serial = 0;
    const burst = (file: Buffer, count: number) => {
      const items = Array.from({ length: count }, () => [withMark(file, `picture ${serial++}`)]);
      return rig.measure(items, clients, { make: rig.client.upload });
    };
    for (const file of files) await burst(file, warmUp);
    const found: Measured[][] = files.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [at, file] of files.entries()) found[at]?.push(await burst(file, pictures));
    }
    const row = (label: string, digits: number, take: (measured: Measured) => number) => ({
      ...{ label, digits },
      values: found.map((measured) => median(measured.map(take))),
    });
    const cpu = row('CPU ms', 1, ({ cpuMs }) => cpuMs);
    progress.line(`children: ${cpu.values.map((ms) => ms.toFixed(1)).join(' and ')} ms CPU without and with a child`);
    return {
      suite: 'children',
      title: `a PNG of ${scene.width} × ${scene.height} pixels, thumbnail and colours; ${clients} clients`,
      columns: ['in the worker', 'in a child'],
      rows: [cpu, row('p50 ms', 0, ({ p50Ms }) => p50Ms), row('pictures/s', 1, ({ perSecond }) => perSecond)],
      failures: failures.counts(),
      warnings: rig.service.warnings(),
      redisVersion: rig.service.redis.version,
    };
  } finally {
    await cleanUp.run();
  }
}

function withMarks(file: Buffer, count: number): Buffer {
  let marked = file;
  for (let at = 0; at < count; at++) marked = withMark(marked, 'part');
  return marked;
}
