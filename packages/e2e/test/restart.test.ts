/** What was accepted outlives the processes: jobs and files are there after a stop and a start. */
import { mkdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedis } from '@tintype/embedded';
import { freePort, makeTestFolder, photograph, startService } from '@tintype/testkit';
import { download, pictureUrlOf, thumbnailIn, uploadThumbnail } from './calls.ts';

let folder: string;
beforeAll(async () => {
  folder = await makeTestFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(services: ('api' | 'worker')[]) {
  await mkdir(`${folder}/redis`, { recursive: true });
  const [redis, port] = await Promise.all([startRedis({ dataDir: `${folder}/redis` }), freePort()]);
  const env = { REDIS_URL: redis.url, STORAGE: `disk:${folder}/blobs`, PORT: String(port) };
  const running = await Promise.all(services.map((service) => startService(service, env)));
  return {
    url: `http://localhost:${port}`,
    async stop() {
      for (const service of running) service.kill('SIGTERM');
      const codes = await Promise.all(running.map(({ exited }) => exited));
      await redis.stop();
      return codes;
    },
  };
}

test('when everything is stopped and started, then finished thumbnails are still there and waiting jobs get done', async () => {
  const first = await start(['api', 'worker']);
  const done = await uploadThumbnail(first.url, await photograph(300, 200, 1));
  const bytes = await download(pictureUrlOf(done));
  expect(await first.stop()).toEqual([0, 0]);

  const second = await start(['api']);
  const form = new FormData();
  form.set('file', new Blob([await photograph(300, 200, 2)]), 'b.jpg');
  const waiting = await thumbnailIn(await fetch(`${second.url}/v1/thumbnails`, { method: 'POST', body: form }));
  expect(waiting.status).toBe('queued');
  await second.stop();

  const third = await start(['api', 'worker']);
  expect(await download(`${third.url}/v1/thumbnails/${done.id}/file`)).toEqual(bytes);
  const ended = await thumbnailIn(await fetch(`${third.url}/v1/thumbnails/${waiting.id}?wait=20`));
  expect(ended.status).toBe('completed');
  await third.stop();
});
