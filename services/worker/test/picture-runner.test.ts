/** Where pictures are made: what would hold the worker's own loop is not made there. */
import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type NamedRendition, renditionOf } from '@tintype/contracts';
import { photograph } from '@tintype/testkit';
import sharp from 'sharp';
import { createChildPlace } from '../src/picture/child-place.ts';
import { unconfined } from '../src/picture/confinement.ts';
import { createPictureRunner, type PictureRunnerOptions, type PictureSettings } from '../src/picture/picture-runner.ts';
import { createThreadPlace } from '../src/picture/thread-place.ts';
import { createSemaphore } from '../src/semaphore.ts';
import { startStepClock } from '../src/step-clock.ts';

const settings: PictureSettings = {
  limits: { maxMegapixels: 10, maxMegapixelsUnstreamed: 1, maxDecodeBytes: 2 ** 29, timeoutMs: 120_000 },
  reducesJpegs: true,
};
const threads = createThreadPlace({ count: 1, timeoutMs: 120_000, onDeath: () => undefined });
const children = createChildPlace({ ...settings, dataBytes: null, confinement: unconfined, env: {} });
afterAll(() => Promise.all([threads.stop(), children.stop()]));

let childrenUsed = 0;
const options: PictureRunnerOptions = {
  ...settings,
  concurrency: 1,
  longPictures: 2,
  longPictureMs: 250,
  memory: createSemaphore({ capacity: settings.limits.maxDecodeBytes }),
  threads,
  children: {
    ...children,
    make: (...request) => {
      childrenUsed += 1;
      return children.make(...request);
    },
  },
};
const run = createPictureRunner(options);

async function childrenFor(bytes: Buffer, side: number): Promise<number> {
  const before = childrenUsed;
  const { signal } = new AbortController();
  const job = { tenant: 'one', rank: 1, signal, isSuspect: false, attempt: 1 };
  const order = { renditions: [{ name: 'default', ...renditionOf({ width: side, height: side }) }], colours: null };
  const { renditions } = await run({ bytes, order }, job, startStepClock({ enterStep: () => undefined, signal }));
  expect(renditions[0]).toMatchObject({ width: side, height: side });
  return childrenUsed - before;
}

/** An end marker that no look at the structure tells from a real one. */
const withoutEnd = (jpeg: Buffer) => Buffer.concat([jpeg.subarray(0, -2), Buffer.from([0xff, 0xe1, 0, 4, 0xff, 0xd9])]);

describe.each([40, 200])(
  'a JPEG that has its end marker inside of a segment alone, for a thumbnail of %i pixels',
  (side) => {
    test('when it ends in grey, then it is made here: its decoder has not warned of anything', async () => {
      const grey = { create: { width: 64, height: 64, channels: 3 as const, background: '#808080' } };
      const jpeg = await sharp(await photograph(2000, 1600))
        .composite([{ input: grey, gravity: 'southeast' }])
        .jpeg({ quality: 100 })
        .toBuffer();
      expect(await childrenFor(jpeg, side)).toBe(0);
      expect(await childrenFor(withoutEnd(jpeg), side)).toBe(0);
    });

    test('when it has several scans, of which its decoder knows, then it is made here', async () => {
      const jpeg = await readFile(new URL('../../../packages/raster/test/jpegs/separate-scans.jpg', import.meta.url));
      expect(await childrenFor(withoutEnd(jpeg), side)).toBe(0);
    });
  },
);

test('when the thread ends that reduces a JPEG, then a child makes the same picture', async () => {
  const bytes = await sharp(await photograph(2000, 1600))
    .jpeg({ progressive: true })
    .toBuffer();
  const order = { renditions: [{ name: 'default', ...renditionOf({}) }], colours: {} };
  const { signal } = new AbortController();
  const job = { tenant: 'one', rank: 1, signal, isSuspect: false, attempt: 1 };
  const clock = () => startStepClock({ enterStep: () => undefined, signal });
  const { facts, colours, placeholder, renditions } = await run({ bytes, order }, job, clock());
  const hurried = createThreadPlace({ count: 1, timeoutMs: 1, onDeath: () => undefined });
  const before = childrenUsed;
  const runHurried = createPictureRunner({ ...options, threads: hurried });
  const made = await runHurried({ bytes, order }, job, clock());
  await hurried.stop();
  expect(childrenUsed - before).toBe(1);
  expect(made).toMatchObject({ facts, colours, placeholder, renditions });
});

test('when a tenant has a long picture made, then its quick ones do not wait for it', async () => {
  const { signal } = new AbortController();
  const png = await sharp({ create: { width: 800, height: 800, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  const ended: string[] = [];
  const make = async (name: string, rank: number, thumbnail: Partial<Omit<NamedRendition, 'watermark'>>) => {
    const job = { tenant: 'one', rank, signal, isSuspect: false, attempt: 1 };
    const order = { renditions: [{ name, ...renditionOf(thumbnail) }], colours: null };
    await run({ bytes: png, order }, job, startStepClock({ enterStep: () => undefined, signal }));
    ended.push(name);
  };
  const long = { width: 790, height: 790, format: 'avif', quality: 100 } as const;
  await Promise.all([make('long', 1, long), make('quick', 2, {}), make('quick too', 3, {})]);
  expect(ended).toEqual(['quick', 'quick too', 'long']);
});
