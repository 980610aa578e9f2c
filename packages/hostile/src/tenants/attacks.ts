/** Tenants take all that they can of a budget of the worker: another one's small picture must hardly notice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectWorker, disconnect, keysOf } from '@tintype/redis';
import { avifOfManyFrames, pngOfEmptyBlocks, webpOfManyCodes } from '@tintype/testkit';
import type { AttackClass, CaseResult } from '../case.ts';
import type { GreedyName, Rig } from '../rig.ts';
import { createGreedyTenant, type GreedyTenant } from './greedy-tenant.ts';
import { flat, grain, noise, oneBit } from './large-pictures.ts';
import { type SmallPicture, timeMany } from './small-pictures.ts';

type Budget = {
  name: string;
  /** How the modest tenant's picture comes; an upload unless told. */
  picture?: SmallPicture;
  /** Who takes it, each as much as it can; one unless told. */
  takers?: readonly GreedyName[];
  /** Begins to take all of it, and may go on until the signal aborts. */
  take(tenant: GreedyTenant, rig: Rig, signal: AbortSignal): Promise<void>;
};

/** What the modest tenant is promised: so many times what it takes alone, and this on top, at the 95th percentile. */
export const besideBound = { times: 5, plusMs: 1000 };

/** BullMQ's name of how often a job's worker has died. */
const stallsField = 'stc';

const [leastAlone, leastBeside, besideMs] = [10, 20, 6000];
/** The greedy tenant's jobs have reached the worker by then. */
const settleMs = 1500;

const square = (side: number) => ({ width: `${side}`, height: `${side}` });

/** Uploads so many copies, each with a byte of its own, so that each is work. */
const copiesOf =
  (count: number, make: () => Promise<Buffer>, fields: Readonly<Record<string, string>> = {}) =>
  async (tenant: GreedyTenant) => {
    const bytes = await make();
    const copy = (at: number) => Buffer.concat([bytes, Buffer.from([at, at >> 8])]);
    for (let at = 0; at < count; at++) await tenant.upload(copy(at), fields);
  };

const silent = (count: number, wait?: number) => async (tenant: GreedyTenant, rig: Rig) => {
  for (let at = 0; at < count; at++) tenant.submit(rig.origin.url(`/never?${at}`), wait);
};

/** Three sources every two seconds of which half comes at once, and then nothing more. */
async function stopHalfWay(tenant: GreedyTenant, rig: Rig, signal: AbortSignal): Promise<void> {
  const path = '/half-of-24-megabytes';
  rig.origin.serve(path, Buffer.alloc(24_000_000, 0xff), { pauseMs: 60_000 });
  for (let at = 0; !signal.aborted; at += 3) {
    for (const one of [0, 1, 2]) tenant.submit(rig.origin.url(`${path}?${at + one}`));
    await sleep(2000, undefined, { signal }).catch(() => undefined);
  }
}

/** As if a worker had died with each of the tenant's jobs: they are decoded alone from now on. */
async function suspect(tenant: GreedyTenant, { redisUrl }: Rig): Promise<void> {
  const redis = connectWorker(redisUrl);
  for (const id of tenant.ids()) await redis.hset(keysOf(0).job(id), stallsField, 1);
  await disconnect(redis);
}

const budgets: readonly Budget[] = [
  {
    name: 'bytes of sources: transfers that stop half-way',
    take: async (tenant, rig, signal) => void stopHalfWay(tenant, rig, signal),
  },
  {
    name: 'several tenants at once: transfers of each that stop half-way',
    takers: ['greedy', 'greedy2', 'greedy3'],
    take: async (tenant, rig, signal) => void stopHalfWay(tenant, rig, signal),
  },
  { name: 'places in the worker: 200 sources that never answer', take: silent(200) },
  { name: 'slots of one host: 200 sources of it that never answer', picture: 'URL', take: silent(200) },
  { name: 'waiting requests: 200 that wait for sources which never answer', take: silent(200, 30) },
  {
    name: 'memory of decodes, and long ones: AVIFs of 19 megapixels',
    take: copiesOf(20, () => noise(5000, 3800).avif({ effort: 0 }).toBuffer()),
  },
  {
    name: 'the queue: 600 AVIFs of 6 megapixels at high priority',
    take: copiesOf(600, () => noise(3000, 2000).avif({ effort: 0 }).toBuffer(), { priority: 'high' }),
  },
  {
    name: 'children: interlaced PNGs of 19 megapixels',
    take: copiesOf(20, () => noise(5000, 3800).png({ progressive: true, compressionLevel: 1 }).toBuffer()),
  },
  {
    name: 'suspects: PNGs of 19 megapixels with each of which a worker has died',
    async take(tenant, rig) {
      await copiesOf(60, () => noise(5000, 3800).png({ compressionLevel: 1 }).toBuffer())(tenant);
      await suspect(tenant, rig);
    },
  },
  {
    name: 'decode slots: PNGs of 6 megapixels',
    take: copiesOf(40, () => noise(3000, 2000).png({ compressionLevel: 1 }).toBuffer()),
  },
  {
    name: 'threads: JPEGs of 80 megapixels',
    take: copiesOf(40, () => noise(10_000, 8000).jpeg({ quality: 50 }).toBuffer()),
  },
  {
    name: 'encodings: AVIFs of the best quality of 700 pixels square',
    take: copiesOf(200, () => grain(700, 700).png().toBuffer(), { ...square(700), format: 'avif', quality: '100' }),
  },
  {
    name: 'encodings: WebPs of 700 pixels square',
    take: copiesOf(200, () => grain(700, 700).png().toBuffer(), { ...square(700), format: 'webp', quality: '100' }),
  },
  {
    name: 'encodings: PNGs of 2000 pixels square',
    take: copiesOf(40, () => grain(2000, 2000).jpeg().toBuffer(), { ...square(2000), format: 'png' }),
  },
  {
    name: 'encodings of what threads have reduced: AVIFs of 1200 pixels square, of JPEGs',
    take: copiesOf(60, () => noise(6000, 6000).jpeg({ quality: 40 }).toBuffer(), {
      ...square(1200),
      format: 'avif',
      quality: '100',
    }),
  },
  {
    name: 'several tenants at once: AVIFs of the best quality of each',
    takers: ['greedy', 'greedy2', 'greedy3'],
    take: copiesOf(60, () => grain(700, 700).png().toBuffer(), { ...square(700), format: 'avif', quality: '100' }),
  },
  {
    name: 'small files of many pixels: PNGs of one bit, 100 megapixels',
    take: copiesOf(200, () => oneBit(10_000)),
  },
  {
    name: 'several tenants at once: AVIFs of 10 000 frames in 1 MB',
    takers: ['greedy', 'greedy2', 'greedy3'],
    take: copiesOf(10, async () => avifOfManyFrames(await flat(1000).avif({ effort: 0 }).toBuffer(), 10_000)),
  },
  { name: 'WebPs of 62 500 groups of prefix codes in 0.5 MB', take: copiesOf(40, async () => webpOfManyCodes(250)) },
  {
    name: 'several tenants at once: PNGs of 100 pixels square and 20 MB of empty blocks',
    takers: ['greedy', 'greedy2', 'greedy3'],
    take: copiesOf(10, async () => pngOfEmptyBlocks(100, 2_000_000)),
  },
  {
    name: 'AVIFs of noise of the best quality, 1.4 megapixels',
    take: copiesOf(40, () =>
      grain(1400, 1000).avif({ effort: 0, quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(),
    ),
  },
  {
    name: 'pictures of 60 000 pixels in a row',
    take: copiesOf(40, () => noise(60_000, 100).png({ compressionLevel: 1 }).toBuffer(), {
      ...square(2000),
      fit: 'inside',
    }),
  },
];

export function tenantAttacks(): AttackClass[] {
  const attacks = budgets.map((budget) => ({
    name: budget.name,
    isSlow: true,
    run: (rig: Rig) => runBeside(rig, budget),
  }));
  return [{ kind: 'tenants', name: 'others take all of', atOnce: 1, attacks }];
}

async function runBeside(
  rig: Rig,
  { name, picture = 'upload', takers = ['greedy'], take }: Budget,
): Promise<CaseResult> {
  const alone = await timeMany(rig, picture, leastAlone, 0);
  const tenants = takers.map((taker) => createGreedyTenant(rig, taker));
  const stopping = new AbortController();
  try {
    await Promise.all(tenants.map((tenant) => take(tenant, rig, stopping.signal)));
    await sleep(settleMs);
    const beside = await timeMany(rig, picture, leastBeside, besideMs);
    return judgeBeside(name, alone, beside);
  } finally {
    stopping.abort();
    await Promise.all(tenants.map((tenant) => tenant.stop()));
  }
}

/** Times are sorted. */
export function judgeBeside(name: string, alone: readonly number[], beside: readonly number[]): CaseResult {
  const aloneMs = quantile(alone, 0.5);
  const besideMs = quantile(beside, 0.95);
  const boundMs = besideBound.times * aloneMs + besideBound.plusMs;
  const [a, b, bound] = [aloneMs, besideMs, boundMs].map((ms) => ms.toFixed(0));
  return {
    name,
    ok: true,
    isLate: besideMs > boundMs,
    expected: `≤ ${bound} ms beside`,
    got: `alone ${a} ms, beside ${b} ms at the 95th percentile of ${beside.length}`,
    ms: beside.at(-1) ?? 0,
  };
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
