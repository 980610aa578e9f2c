/** Cancel, delete, retry, timeline and shared downloads against real processes. */
import { access } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, Stats, type Thumbnail, Timeline } from '@tintype/contracts';
import { flatPng, freePort, type Origin, photograph, startOrigin, startTintype, type Tintype } from '@tintype/testkit';
import { bodyOf, endedThumbnail, makeThumbnail, pictureUrlOf, thumbnailIn, uploadThumbnail } from './calls.ts';

let tintype: Tintype;
let origin: Origin;
/** A source whose picture is whole when the test says so. Until then a byte comes now and then: silence is given up. */
let slowPort: number;
let popular: Buffer;
let isReleased = false;
let slowRequests = 0;
const slow = createServer(async (_request, response) => {
  slowRequests += 1;
  let sent = 0;
  for (; !isReleased && sent < popular.length / 2; sent += 1) {
    response.write(popular.subarray(sent, sent + 1));
    await sleep(100);
  }
  response.end(popular.subarray(sent));
});
beforeAll(async () => {
  [origin, slowPort, popular] = await Promise.all([startOrigin(), freePort(), photograph(300, 200, 44)]);
  await new Promise<void>((resolve) => slow.listen(slowPort, '127.0.0.1', resolve));
  const workerEnv = { FETCH_ALLOW: `${origin.host},127.0.0.1:${slowPort}`, FETCH_TIMEOUT_MS: '600000' };
  tintype = await startTintype({ workers: 2, workerEnv });
});
afterAll(async () => {
  await tintype.stop();
  slow.close();
  await origin.close();
});

const self = (id: string) => `${tintype.url}/v1/thumbnails/${id}`;
const post = (url: string) => fetch(url, { method: 'POST' });

async function submit(url: string): Promise<Thumbnail> {
  const response = await fetch(`${tintype.url}/v1/thumbnails`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url }),
  });
  return thumbnailIn(response);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('when a running download is cancelled, then its connection closes and whoever waits is answered', async () => {
  const { id } = await submit(origin.url('/drip?ms=50'));
  await until(() => origin.openConnections() === 1);
  const waiting = fetch(`${self(id)}?wait=30`);
  const cancelled = await post(`${self(id)}/cancel`);
  expect([cancelled.status, (await thumbnailIn(cancelled)).status]).toEqual([200, 'cancelled']);
  expect((await thumbnailIn(await waiting)).status).toBe('cancelled');
  await until(() => origin.openConnections() === 0);
  const timeline = async () => parse(Timeline, await (await fetch(`${self(id)}/timeline`)).json());
  await until(async () => (await timeline()).attempts[0]?.steps.length === 1);
  expect((await timeline()).attempts).toMatchObject([
    { attempt: 1, outcome: 'cancelled', steps: [{ step: 'fetch' }], problem: { code: 'cancelled' } },
  ]);
});

test('when a thumbnail is completed, then it cannot be cancelled, its timeline has its steps, and deleting erases its file', async () => {
  const done = await uploadThumbnail(tintype.url, await photograph(300, 200, 41));
  const conflict = await post(`${self(done.id)}/cancel`);
  expect([conflict.status, (await bodyOf(conflict)).code]).toEqual([409, 'conflict']);

  const timeline = parse(Timeline, await (await fetch(`${self(done.id)}/timeline`)).json());
  expect(timeline).toMatchObject({
    status: 'completed',
    attempts: [{ attempt: 1, outcome: 'completed', worker: expect.stringMatching(/^worker-/), problem: null }],
  });
  expect(timeline.attempts[0]?.steps.map(({ step }) => step)).toEqual([
    'fetch',
    'recall',
    'decode',
    'resize',
    'colours',
    'store',
  ]);

  const sha256 = done.renditions?.[0]?.sha256 ?? '';
  const path = `${tintype.dataDir}/blobs/${sha256.slice(0, 2)}/${sha256}`;
  await access(path);
  expect((await fetch(self(done.id), { method: 'DELETE' })).status).toBe(204);
  await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await fetch(pictureUrlOf(done))).status).toBe(410);
});

test('when two thumbnails share a file and one is deleted, then the other keeps it', async () => {
  const picture = await flatPng('#a1b2c3');
  const [first, second] = [await uploadThumbnail(tintype.url, picture), await uploadThumbnail(tintype.url, picture)];
  await fetch(self(first.id), { method: 'DELETE' });
  expect((await fetch(pictureUrlOf(second))).status).toBe(200);
});

test('when a running job is deleted, then it is gone at once and its record soon after', async () => {
  const { id } = await submit(origin.url('/never?deleted'));
  await until(async () => (await thumbnailIn(await fetch(self(id)))).status === 'processing');
  expect((await fetch(self(id), { method: 'DELETE' })).status).toBe(204);
  expect((await fetch(self(id))).status).toBe(410);
});

test('when a source was busy, then the timeline tells each attempt with its problem', async () => {
  origin.serve('/late.jpg', await photograph(200, 200, 42));
  const done = await makeThumbnail(tintype.url, {
    url: origin.url('/status/503?times=1&then=/late.jpg&retry-after=1'),
  });
  expect(done).toMatchObject({ status: 'completed', attempts: 2 });
  const { attempts } = parse(Timeline, await (await fetch(`${self(done.id)}/timeline`)).json());
  expect(attempts).toMatchObject([
    { attempt: 1, outcome: 'failed', steps: [{ step: 'fetch' }], problem: { code: 'source_status', retryable: true } },
    { attempt: 2, outcome: 'completed', problem: null },
  ]);
  const pauseMs = Date.parse(attempts[1]?.started_at ?? '') - Date.parse(attempts[0]?.ended_at ?? '');
  expect(pauseMs).toBeGreaterThanOrEqual(990);
  // The pause is no time in the queue.
  const beganMs = Date.parse(attempts[0]?.started_at ?? '');
  expect(done.timings?.queued_ms).toBe(Math.max(0, beganMs - Date.parse(done.created_at)));
});

test('when a job waits for its next attempt, then it says why and until when; cancelled, it has no picture', async () => {
  const { id } = await submit(origin.url('/status/503?times=9&then=/never.jpg&retry-after=60'));
  const read = async () => thumbnailIn(await fetch(self(id)));
  await until(async () => (await read()).next_attempt_at !== undefined);
  const waiting = await read();
  expect(waiting).toMatchObject({ status: 'queued', attempts: 1, last_error: { code: 'source_status' }, error: null });
  const { next_attempt_at: due = '', started_at: began = '' } = waiting;
  const pauseMs = Date.parse(due) - Date.parse(began);
  expect(pauseMs).toBeGreaterThanOrEqual(60_000);
  const cancelled = await thumbnailIn(await post(`${self(id)}/cancel`));
  expect([cancelled.last_error, cancelled.next_attempt_at, cancelled.resized_url]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('when failed ones are retried, one and then all of a code, then they are done under their ids', async () => {
  const picture = await photograph(200, 200, 43);
  const failed = await Promise.all(
    [1, 2, 3].map((n) => makeThumbnail(tintype.url, { url: origin.url(`/status/404?times=1&n=${n}&then=/fine.jpg`) })),
  );
  expect(failed.map(({ error }) => error?.code)).toEqual(['source_status', 'source_status', 'source_status']);
  expect(failed.filter((thumbnail) => 'resized_url' in thumbnail)).toEqual([]);
  origin.serve('/fine.jpg', picture);
  const [one] = failed;
  const retried = await post(`${self(one?.id ?? '')}/retry`);
  expect([retried.status, retried.headers.get('location')]).toEqual([202, self(one?.id ?? '')]);
  const bulk = await post(`${tintype.url}/v1/thumbnails/retry?code=source_status`);
  expect([bulk.status, await bulk.json()]).toEqual([200, { code: 'source_status', retried: 2, remaining: 0 }]);
  for (const { id } of failed) {
    expect(await endedThumbnail(tintype.url, id)).toMatchObject({ status: 'completed', attempts: 2 });
  }
});

test('when one new URL is posted many times at once, then it is downloaded and decoded once, and every id is completed', async () => {
  const url = `http://127.0.0.1:${slowPort}/popular.jpg`;
  const ids = await Promise.all(Array.from({ length: 200 }, async () => (await submit(url)).id));
  isReleased = true;
  const done = await Promise.all(ids.map((id) => endedThumbnail(tintype.url, id)));
  expect(done.filter(({ status }) => status === 'completed')).toHaveLength(200);
  expect(new Set(done.map(({ id }) => id)).size).toBe(200);
  expect(slowRequests).toBe(1);
  expect(done.filter(({ cache }) => cache === 'miss')).toHaveLength(1);
});

test('when jobs end in every way, then the figures have each of them as soon as its end is known', async () => {
  const stats = async () => parse(Stats, await (await fetch(`${tintype.url}/v1/stats`)).json());
  const before = await stats();
  await uploadThumbnail(tintype.url, await photograph(300, 200, 61));
  const { error } = await makeThumbnail(tintype.url, { url: origin.url('/status/404?n=stats') });
  expect(error?.code).toBe('source_status');
  const { id } = await submit(origin.url('/drip?ms=50&n=stats'));
  await post(`${self(id)}/cancel`);
  const after = await stats();
  const { source_status: failedBefore = 0 } = before.failed_by_code;
  expect(after).toMatchObject({
    tenant: null,
    completed: before.completed + 1,
    failed: before.failed + 1,
    cancelled: before.cancelled + 1,
    failed_by_code: { source_status: failedBefore + 1 },
  });
  expect(after.total_ms?.p50).toBeGreaterThan(0);
});
