/** A picture runner that counts the pictures that it hands to children. */
import type { PictureOrder } from '@tintype/contracts';
import { createChildPlace } from '../src/picture/child-place.ts';
import { ownDataBytes } from '../src/picture/child-process.ts';
import { probeConfinement } from '../src/picture/confinement.ts';
import { createPictureRunner, type PictureSettings } from '../src/picture/picture-runner.ts';
import { createThreadPlace } from '../src/picture/thread-place.ts';
import { createSemaphore } from '../src/semaphore.ts';
import { startStepClock } from '../src/step-clock.ts';

const megabytes = 1024 * 1024;
const confinement = await probeConfinement();
export const order: PictureOrder = {
  renditions: [{ name: 'default', width: 20, height: 20, fit: 'cover', format: 'png' }],
  colours: {},
};
const { signal } = new AbortController();
const clock = () => startStepClock({ enterStep: () => undefined, signal });

export function runnerWith(limits: Partial<PictureSettings['limits']>) {
  const settings: PictureSettings = {
    limits: {
      maxMegapixels: 100,
      maxMegapixelsUnstreamed: 50,
      maxDecodeBytes: 512 * megabytes,
      timeoutMs: 20_000,
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
