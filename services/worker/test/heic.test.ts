/** HEIC in a worker: always in a child, under its confinement and its limits, and only where it is switched on. */
import { describe, expect, test } from '@jest/globals';
import { type PictureOrder, Problem } from '@tintype/contracts';
import { makePicture } from '@tintype/picture';
import { heicPicture } from '@tintype/testkit';
import { createChildPlace } from '../src/picture/child-place.ts';
import { ownDataBytes } from '../src/picture/child-process.ts';
import { probeConfinement } from '../src/picture/confinement.ts';
import { createPictureRunner, type PictureSettings } from '../src/picture/picture-runner.ts';
import { createThreadPlace } from '../src/picture/thread-place.ts';
import { createSemaphore } from '../src/semaphore.ts';
import { startStepClock } from '../src/step-clock.ts';

const megabytes = 1024 * 1024;
const confinement = await probeConfinement();
const order: PictureOrder = {
  renditions: [{ name: 'default', width: 20, height: 20, fit: 'cover', format: 'png' }],
  colours: {},
};
const { signal } = new AbortController();
const clock = () => startStepClock({ enterStep: () => undefined, signal });

function runnerWith(limits: Partial<PictureSettings['limits']>) {
  const settings: PictureSettings = {
    limits: {
      maxMegapixels: 100,
      maxMegapixelsUnstreamed: 50,
      maxDecodeBytes: 512 * megabytes,
      timeoutMs: 120_000,
      ...limits,
    },
    reducesJpegs: true,
  };
  const own = ownDataBytes();
  const dataBytes = own === null ? null : own + settings.limits.maxDecodeBytes;
  const children = createChildPlace({ ...settings, dataBytes, confinement, env: {} });
  const made = { inChildren: 0 };
  const run = createPictureRunner({
    ...settings,
    concurrency: 2,
    longPictures: 2,
    longPictureMs: 250,
    memory: createSemaphore({ capacity: settings.limits.maxDecodeBytes }),
    threads: createThreadPlace({ count: 0, timeoutMs: 1000, onDeath: () => undefined }),
    children: {
      ...children,
      make(...asked) {
        made.inChildren += 1;
        return children.make(...asked);
      },
    },
  });
  const job = { tenant: 'default', rank: 1, signal, isSuspect: false, attempt: 1 };
  return { made, make: (bytes: Buffer) => run({ bytes, order }, job, clock()), limits: settings.limits };
}

describe('when HEIC is switched on', () => {
  test('then it is made in a child, however small it is, and is the same as anywhere', async () => {
    const { made, make, limits } = runnerWith({ formats: ['heic'] });
    const { facts, renditions, colours, placeholder } = await make(heicPicture());
    const here = await makePicture(heicPicture(), order, limits);
    expect({ facts, colours, placeholder }).toEqual({
      facts: here.facts,
      colours: here.colours,
      placeholder: here.placeholder,
    });
    expect(renditions[0]?.bytes).toEqual(here.renditions[0]?.bytes);
    expect(facts).toEqual({ format: 'heic', width: 64, height: 64, hasAlpha: false });
    expect(made.inChildren).toBe(1);
  });

  test('then one that is cut off is refused before a child is made', async () => {
    const { made, make } = runnerWith({ formats: ['heic'] });
    await expect(make(heicPicture().subarray(0, -200))).rejects.toMatchObject({ code: 'corrupt_image' });
    expect(made.inChildren).toBe(0);
  });

  test('then limits of pixels hold for it', async () => {
    const { make } = runnerWith({ formats: ['heic'], maxMegapixels: 0.004 });
    await expect(make(heicPicture())).rejects.toMatchObject({ code: 'too_many_pixels' });
  });
});

test('when HEIC is not switched on, then it is refused here, and says how', async () => {
  const { made, make } = runnerWith({});
  const problem = await make(heicPicture()).catch((err) => err);
  expect(problem).toBeInstanceOf(Problem);
  expect(problem).toMatchObject({ code: 'unsupported_format', message: expect.stringContaining('FORMATS=+heic') });
  expect(made.inChildren).toBe(0);
});
