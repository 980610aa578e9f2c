/** A process that has a picture of half a minute made by a disposable child, and lives until it is killed. */
import { slowJpeg } from '@tintype/testkit';
import { createChildPlace } from '../src/picture/child-place.ts';
import { probeConfinement } from '../src/picture/confinement.ts';

const children = createChildPlace({
  limits: { maxMegapixels: 200, maxMegapixelsUnstreamed: 200, maxDecodeBytes: 2 ** 30, timeoutMs: 60_000 },
  // A JPEG of many scans would be reduced at once: here it is to take long.
  reducesJpegs: false,
  dataBytes: null,
  confinement: await probeConfinement(),
  env: {},
});
const rendition = { name: 'default', width: 100, height: 100, fit: 'cover', format: 'auto' } as const;
const request = { bytes: slowJpeg(12_000), order: { renditions: [rendition], colours: {} } };
await children.make(request, new AbortController().signal, () => undefined);
