/** Where keys are required, no answer tells whether a host name does not exist or leads inside. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Origin, startOrigin, startTintype, type Tintype } from '@tintype/testkit';
import { bodyOf, makeThumbnail } from './calls.ts';

const key = 'a-secret-of-enough-length';
const headers = { 'x-api-key': key, 'content-type': 'application/json' };
/** The first is loopback by definition; no name server knows the second, for it cannot be asked for. */
const [inside, missing] = ['inner.localhost', `${'x'.repeat(64)}.invalid`];

let tintype: Tintype;
let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
  tintype = await startTintype({
    apiEnv: { AUTH: 'required', API_KEYS: `key:${key}:thumbnails+colours+metrics` },
    workerEnv: { FETCH_ALLOW: origin.host },
  });
});
afterAll(async () => {
  await tintype.stop();
  await origin.close();
});

const get = (path: string) => fetch(`${tintype.url}${path}`, { headers });

/** What differs between any two jobs: ids, times, and what they ask for. */
function comparable(text: string, url: string, id: string, requestId: string): unknown {
  const plain = text
    .replaceAll(JSON.stringify(url).slice(1, -1), '<url>')
    .replaceAll(new URL(url).hostname, '<name>')
    .replaceAll(id, '<id>')
    .replaceAll(requestId, '<request>')
    .replaceAll(/worker-\w+/g, '<worker>')
    .replaceAll(/sig=[\w-]+/g, 'sig=<signature>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/("(?:\w+_)?ms"):[\d.]+/g, '$1:0');
  return JSON.parse(plain);
}

/** Everything that a client can learn of a job for this URL. */
async function toldOf(url: string) {
  const submitted = await fetch(`${tintype.url}/v1/thumbnails?wait=20`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ url }),
  });
  const resource = await submitted.text();
  const { id } = JSON.parse(resource);
  const requestId = submitted.headers.get('x-request-id') ?? '';
  const show = (text: string) => comparable(text, url, id, requestId);
  const timeline = await (await get(`/v1/thumbnails/${id}/timeline`)).text();
  const match = await get(`/v1/colours/match?url=${encodeURIComponent(url)}`);
  const matchText = await match.text();
  const matchId = match.headers.get('x-request-id') ?? '';
  return {
    status: submitted.status,
    resource: show(resource),
    timeline: show(timeline),
    match: [match.status, comparable(matchText, url, id, matchId)],
  };
}

test('when a name leads inside, then all that is told of it is told of one that does not exist too', async () => {
  const told = await toldOf(`http://${inside}/a.jpg`);
  expect(told).toEqual(await toldOf(`http://${missing}/a.jpg`));
  expect(told.resource).toMatchObject({
    status: 'failed',
    attempts: 1,
    error: { code: 'source_unreachable', status: 422, retryable: false },
  });
});

test('when a redirect leads to them, then both are told of alike', async () => {
  const redirectTo = (name: string) => origin.url(`/redirect?to=${encodeURIComponent(`http://${name}/a.jpg`)}`);
  const told = await toldOf(redirectTo(inside));
  expect(told).toEqual(await toldOf(redirectTo(missing)));
  expect(told.resource).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'source_unreachable' } });
});

/** Workers write what they have counted now and then. */
async function countedFigures(): Promise<string> {
  for (;;) {
    const figures = await (await get('/metrics')).text();
    if (/tintype_jobs_total\{/.test(figures)) return figures;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('when a failure is counted, then both count alike; the worker’s log alone says what they were', async () => {
  const figures = await countedFigures();
  expect(figures).toMatch(/outcome="failed",code="source_unreachable"/);
  expect(figures).not.toContain('source_forbidden_address');
  const log = tintype.workers.flatMap(({ log }) => log).join('\n');
  expect(log).toMatch(/fetch failed: forbidden/);
  expect(log).toMatch(/EBADNAME/);
});

test('when an address is forbidden, then that is said', async () => {
  const answer = await fetch(`${tintype.url}/v1/thumbnails?wait=20`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ url: 'http://127.0.0.1/a.jpg' }),
  });
  expect((await bodyOf(answer)).error).toMatchObject({ code: 'source_forbidden_address' });
});

test('when no keys are asked for, then names are told apart', async () => {
  const open = await startTintype({ workerEnv: { FETCH_ALLOW: origin.host } });
  const told = await Promise.all([inside, missing].map((name) => makeThumbnail(open.url, { url: `http://${name}/` })));
  expect(told.map(({ error, attempts }) => [error?.code, attempts])).toEqual([
    ['source_forbidden_address', 1],
    ['source_unreachable', 4],
  ]);
  await open.stop();
});
