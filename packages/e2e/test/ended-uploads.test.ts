/** What a client sees once an upload is gone: everything as before, its file and what others make of the same bytes too. */
import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { photograph, type ServiceUnderTest, withMark } from '@tintype/testkit';
import { download, endedThumbnail, pictureUrlOf, thumbnailIn, uploadThumbnail } from './calls.ts';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { until } from './watched-calls.ts';

let services: OwnServices;
let api: ApiService;
let keeping: ApiService;
let worker: ServiceUnderTest;
let picture: Buffer;
beforeAll(async () => {
  services = await openOwnServices();
  [api, keeping, worker] = await Promise.all([
    services.startApi(),
    services.startApi({ env: { KEEP_UPLOADS: 'true' } }),
    services.startWorker(),
  ]);
  picture = await photograph(320, 240, 91);
});
afterAll(() => services.stop());

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const pathOf = (bytes: Buffer) => `${services.dataDir}/blobs/${sha256Of(bytes).slice(0, 2)}/${sha256Of(bytes)}`;
const isThere = (bytes: Buffer) =>
  access(pathOf(bytes)).then(
    () => true,
    () => false,
  );

test('when an upload’s job has ended, then its file goes, a failed one’s and a kept one’s stay, and answers are as before', async () => {
  const [mine, kept, bad] = [
    withMark(picture, 'mine'),
    withMark(picture, 'kept'),
    withMark(picture, 'bad').subarray(0, 900),
  ];
  const done = await uploadThumbnail(api.url, mine);
  const doneKept = await uploadThumbnail(keeping.url, kept);
  const failed = await uploadThumbnail(api.url, bad);
  expect([done.status, doneKept.status, failed.status]).toEqual(['completed', 'completed', 'failed']);
  const before = await download(pictureUrlOf(done));
  expect(await isThere(mine)).toBe(true);

  // Between the end and the erasing: whoever comes after it finds the word that it has left.
  worker.kill('SIGKILL');
  await worker.exited;
  await services.startWorker();
  await until('the upload is gone', async () => !(await isThere(mine)));
  expect([await isThere(kept), await isThere(bad)]).toEqual([true, true]);
  expect(await readFile(pathOf(kept))).toEqual(kept);
  expect(await download(pictureUrlOf(done))).toEqual(before);
  expect(await thumbnailIn(await fetch(`${api.url}/v1/thumbnails/${done.id}`))).toEqual(done);

  const again = await uploadThumbnail(api.url, mine);
  expect([again.status, again.cache]).toEqual(['completed', 'hit']);
  expect(await download(pictureUrlOf(again))).toEqual(before);
  const wider = await uploadThumbnail(api.url, mine, { width: '50' });
  expect([wider.status, wider.cache]).toEqual(['completed', 'miss']);

  const retry = await fetch(`${api.url}/v1/thumbnails/${failed.id}/retry`, { method: 'POST' });
  expect(retry.status).toBe(202);
  const retried = await endedThumbnail(api.url, failed.id);
  expect([retried.status, retried.error?.code]).toEqual(['failed', failed.error?.code]);
  const removed = await fetch(`${api.url}/v1/thumbnails/${failed.id}`, { method: 'DELETE' });
  expect([removed.status, await isThere(bad)]).toEqual([204, false]);
});
