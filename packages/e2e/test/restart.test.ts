/** What was accepted outlives the processes: jobs and files are there after a stop and a start. */
import { mkdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedis } from '@tintype/embedded';
import { freePort, makeTestFolder, photograph, startService } from '@tintype/testkit';
import { download, endedThumbnail, pictureUrlOf, thumbnailIn, uploadThumbnail } from './calls.ts';

let folder: string;
beforeAll(async () => {
  folder = await makeTestFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(services: ('api' | 'worker')[]) {
  await mkdir(`${folder}/redis`, { recursive: true });
  const [redis, port] = await Promise.all([startRedis({ dataDir: `${folder}/redis` }), freePort()]);
  const env = {
    REDIS_URL: redis.url,
    STORAGE: `disk:${folder}/blobs`,
    PORT: String(port),
    API_KEYS: `root:${key}:admin`,
  };
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

const key = 'a-key-of-whoever-runs-the-service';
const send = async (url: string, body: object = {}) => {
  const headers = { 'content-type': 'application/json', 'x-api-key': key };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return response.json();
};

test('when everything is stopped and started, then finished thumbnails are there, what was paused is paused, and no job is lost', async () => {
  const first = await start(['api', 'worker']);
  const done = await uploadThumbnail(first.url, await photograph(300, 200, 1));
  const bytes = await download(pictureUrlOf(done));
  expect(await first.stop()).toEqual([0, 0]);

  const second = await start(['api']);
  expect(await send(`${second.url}/v1/queue/pause`, { lanes: ['normal'] })).toMatchObject({ paused: ['normal'] });
  const form = new FormData();
  form.set('file', new Blob([await photograph(300, 200, 2)]), 'b.jpg');
  const answer = await fetch(`${second.url}/v1/thumbnails?wait=1`, { method: 'POST', body: form });
  expect(answer.status).toBe(202);
  const waiting = await thumbnailIn(answer);
  expect(waiting.status).toBe('queued');
  await second.stop();

  const third = await start(['api', 'worker']);
  expect(await download(`${third.url}/v1/thumbnails/${done.id}/file`)).toEqual(bytes);
  const low = await uploadThumbnail(third.url, await photograph(300, 200, 3), { priority: 'low' });
  expect(low.status).toBe('completed');
  expect((await thumbnailIn(await fetch(`${third.url}/v1/thumbnails/${waiting.id}`))).status).toBe('queued');
  expect(await (await fetch(`${third.url}/health`)).json()).toMatchObject({
    status: 'ok',
    checks: { queue: { status: 'ok', reason: expect.stringContaining('normal') } },
  });
  expect(await send(`${third.url}/v1/queue/resume`)).toMatchObject({ paused: [] });
  const ended = await endedThumbnail(third.url, waiting.id);
  expect(ended.status).toBe('completed');
  await third.stop();
});
