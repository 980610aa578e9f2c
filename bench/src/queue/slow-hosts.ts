/** The part of the suite `fairness` about hosts that take a connection and never answer. */
import { type Origin, photograph, startOrigin } from '@tintype/testkit';
import type { CleanUp } from './clean-up.ts';
import { createCleanUp } from './clean-up.ts';
import { type QueueRig, startQueueRig } from './queue-rig.ts';
import { thumbnailOf } from './timed-calls.ts';

/** Milliseconds from POST to completed, of good pictures one after the other. */
export type SlowHosts = { aloneMs: number[]; oneHostMs: number[]; manyHostsMs: number[] };

const silentUrls = 60;
const goodPictures = 9;

/** Silent jobs first, then good ones, with a picture of their own each. */
export async function measureSlowHosts(cleanUp: CleanUp): Promise<SlowHosts> {
  const own = createCleanUp();
  cleanUp.add(own.run);
  const good = await startOrigin();
  const silent = await Promise.all(Array.from({ length: silentUrls }, startOrigin));
  own.add(async () => void (await Promise.all([good, ...silent].map((origin) => origin.close()))));
  const rig = await startQueueRig(
    [good, ...silent].map(({ host }) => host),
    silentUrls,
    own,
  );
  await rig.startWorker();
  await timesBeside(rig, good, 'warm-up', []);
  const aloneMs = await timesBeside(rig, good, 'alone', []);
  const [first] = silent;
  const oneHost = silent.map((_, index) => first?.url(`/never?one=${index}`) ?? '');
  const oneHostMs = await timesBeside(rig, good, 'one', oneHost);
  const manyHosts = silent.map((origin, index) => origin.url(`/never?many=${index}`));
  const manyHostsMs = await timesBeside(rig, good, 'many', manyHosts);
  await own.run();
  return { aloneMs, oneHostMs, manyHostsMs };
}

async function timesBeside(rig: QueueRig, good: Origin, name: string, silent: string[]): Promise<number[]> {
  const ids = await Promise.all(silent.map(async (url) => thumbnailOf(await rig.calls.A.submit({ url })).id));
  const times: number[] = [];
  for (let index = 0; index < goodPictures; index++) {
    const path = `/${name}-${index}.jpg`;
    good.serve(path, await photograph(200, 200, 100 * name.length + index));
    const { createdAtMs, completedAtMs } = await rig.make('A', { url: good.url(path) });
    times.push(completedAtMs - createdAtMs);
  }
  await Promise.all(ids.map((id) => rig.calls.A.cancel(id)));
  return times;
}
