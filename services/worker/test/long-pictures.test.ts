/** Pictures that take long in this process are made in a child, and are the same as anywhere. */
import { describe, expect, test } from '@jest/globals';
import type { PictureOrder } from '@tintype/contracts';
import { makePicture } from '@tintype/picture';
import sharp, { type Sharp } from 'sharp';
import { createChildPlace } from '../src/picture/child-place.ts';
import { probeConfinement } from '../src/picture/confinement.ts';
import { createPictureRunner } from '../src/picture/picture-runner.ts';
import { createThreadPlace } from '../src/picture/thread-place.ts';
import { createSemaphore } from '../src/semaphore.ts';
import { startStepClock } from '../src/step-clock.ts';

const megabytes = 1024 * 1024;
const confinement = await probeConfinement();
const order: PictureOrder = {
  renditions: [{ name: 'default', width: 120, height: 90, fit: 'cover', format: 'png' }],
  colours: {},
};
const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 50, maxDecodeBytes: 512 * megabytes, timeoutMs: 120_000 };
const settings = { limits, reducesJpegs: true };

function createRunner() {
  const children = createChildPlace({ ...settings, dataBytes: null, confinement, env: {} });
  const made = { inChildren: 0 };
  const run = createPictureRunner({
    ...settings,
    concurrency: 2,
    longPictures: 2,
    longPictureMs: 250,
    memory: createSemaphore({ capacity: limits.maxDecodeBytes }),
    threads: createThreadPlace({ count: 0, timeoutMs: 1000, onDeath: () => undefined }),
    children: {
      ...children,
      make(...asked) {
        made.inChildren += 1;
        return children.make(...asked);
      },
    },
  });
  const { signal } = new AbortController();
  const job = { tenant: 'default', rank: 1, signal, isSuspect: false, attempt: 1 };
  const clock = startStepClock({ enterStep: () => undefined, signal });
  return { made, make: (bytes: Buffer) => run({ bytes, order }, job, clock) };
}

/** Two colours, left and right, of one alpha; the picture is enlarged before it gets that, which would change colours. */
async function halves(width: number, height: number, alpha: number): Promise<Sharp> {
  const data = Buffer.from([200, 40, 60, 30, 120, 220]);
  const large = sharp(data, { raw: { width: 2, height: 1, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'nearest' })
    .raw();
  const raw = await large.toBuffer();
  const picture = sharp(raw, { raw: { width, height, channels: 3 } });
  return alpha === 1 ? picture : picture.ensureAlpha(alpha);
}

describe.each<[string, () => Promise<Buffer>]>([
  ['PNG of 20 megapixels', async () => (await halves(5000, 4000, 1)).png().toBuffer()],
  ['PNG of 20 megapixels with alpha', async () => (await halves(5000, 4000, 0.5)).png().toBuffer()],
  ['lossless WebP of 6 megapixels', async () => (await halves(3000, 2000, 1)).webp({ lossless: true }).toBuffer()],
  ['lossless WebP with alpha', async () => (await halves(3000, 2000, 0.5)).webp({ lossless: true }).toBuffer()],
])('a %s', (_, encode) => {
  test('is made in a child, and is the same as here', async () => {
    const bytes = await encode();
    const { made, make } = createRunner();
    const there = await make(bytes);
    expect(made.inChildren).toBe(1);
    const here = await makePicture(bytes, order, limits);
    expect(there.facts).toEqual(here.facts);
    expect(there.colours).toEqual(here.colours);
    expect(there.placeholder).toBe(here.placeholder);
    expect(there.renditions[0]?.bytes).toEqual(here.renditions[0]?.bytes);
    expect(there.colours?.palette.map(({ hex }) => hex).sort()).toEqual(['#1e78dc', '#c8283c']);
  });
});
