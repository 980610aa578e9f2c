/** Scopes are checked by what is in an answer: every GET, in every representation, by keys of each scope. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apiScopes } from '@tintype/contracts';
import { flatPng, someOf } from '@tintype/testkit';
import { type ApiUnderTest, form, startApiUnderTest } from './api-under-test.ts';
import { type CompletingWorker, startCompletingWorker } from './completing-worker.ts';
import { routesOf } from './routes-of.ts';

const secretOf = (name: string) => `a-secret-of-enough-length-${name}`;
const keyOf = (name: string) => ({ 'x-api-key': secretOf(name) });
let api: ApiUnderTest;
let worker: CompletingWorker;
let id: string;
beforeAll(async () => {
  const keys = [...apiScopes.map((scope) => [scope, scope]), ['both', 'thumbnails+colours']];
  api = await startApiUnderTest({
    AUTH: 'required',
    RATE_LIMIT: 'off',
    COMPAT_ROUTES: 'true',
    SAMPLES: 'true',
    API_KEYS: keys.map(([name = '', scopes]) => `${name}:${secretOf(name)}:${scopes}:shop`).join(','),
  });
  worker = await startCompletingWorker(api);
  const made = await api.app.inject({
    method: 'POST',
    url: '/v1/thumbnails?wait=10',
    headers: keyOf('thumbnails'),
    payload: { url: 'https://example.org/a.jpg' },
  });
  id = made.json().id;
});
afterAll(async () => {
  await worker.stop();
  await api.stop();
});

const withoutPictures = apiScopes.filter((scope) => scope !== 'thumbnails');
/** What is everybody's: the samples, the console of the document, and how the service is. */
const open = /^\/(samples|docs|openapi\.json|livez|readyz|health|metrics)/;
/** There is no search service here: whoever may ask for these hears that it is away. */
const ofSearch = /^\/v1\/(library|search|feedback|analytics)\b/;
const accepted = ['application/json', 'image/*', 'image/png', 'image/svg+xml', '*/*'];
const queries = ['', '?include=base64', '?wait=1', '?include=base64&wait=1'];

type Shown = { headers: Record<string, unknown>; body: string; rawPayload: Buffer };

/** Every way in which an answer could show a picture, or lead to one without a key. */
function picturesIn({ headers, body, rawPayload }: Shown): string[] {
  const all = `${body} ${JSON.stringify(headers)}`;
  return [
    /^image\/(?!svg)/.test(String(headers['content-type'])) && 'a content type',
    rawPayload.includes(worker.picture) && 'bytes',
    body.includes(worker.picture.toString('base64')) && 'base64',
    body.includes(worker.thumbhash) && 'a placeholder',
    /[?&]sig=|\\u0026sig=/.test(all) && 'a signed link',
    /content-disposition/.test(all) && 'a file’s headers',
  ].filter((found) => found !== false);
}

/** Addresses under which a route could answer with this thumbnail. */
function addressesOf(route: string): string[] {
  const path = route.replace(/:id|:name/, id);
  const asQuery = [`id=${id}`, `id=${id}&id=${id}`, `task_id=${id}`, 'url=https://example.org/a.jpg'];
  return route.includes(':')
    ? queries.map((query) => `${path}${query}`)
    : asQuery.flatMap((query) => queries.map((more) => `${path}?${query}${more.replace('?', '&')}`));
}

describe.each(['GET', 'HEAD'] as const)('%s', (method) => {
  test.each(withoutPictures)(
    'when a key has the scope %s alone, then no route shows a picture to it, in whatever form',
    async (scope) => {
      const routes = routesOf(api, method).filter((route) => !open.test(route));
      expect(routes).toEqual(expect.arrayContaining(['/v1/thumbnails/:id/file', '/thumbnail/:name']));
      for (const url of routes.flatMap(addressesOf)) {
        // Fastify answers a HEAD by what answers the GET.
        for (const accept of method === 'GET' ? accepted : someOf(accepted, 2)) {
          const answer = await api.app.inject({ method, url, headers: { ...keyOf(scope), accept } });
          expect([url, accept, picturesIn(answer)]).toEqual([url, accept, []]);
          if (!(ofSearch.test(url) && answer.statusCode === 503)) expect(answer.statusCode).toBeLessThan(500);
        }
      }
    },
  );
});

test('when a key has the scope thumbnails, then it is shown all of that: what is looked for above can be found', async () => {
  const look = async (url: string, accept = '*/*') =>
    picturesIn(await api.app.inject({ url, headers: { ...keyOf('thumbnails'), accept } }));
  const own = `/v1/thumbnails/${id}`;
  expect(await look(own)).toEqual(['a placeholder', 'a signed link']);
  expect(await look(`${own}?include=base64`)).toEqual(['base64', 'a placeholder', 'a signed link']);
  expect(await look(own, 'image/*')).toEqual(['a content type', 'bytes', 'a file’s headers']);
  expect(await look(`/thumbnail?task_id=${id}`)).toEqual(['base64']);
});

test('when a colours key looks at a job, then it sees what came of it without the picture, and the picture is 403', async () => {
  const look = (query: string, accept = 'application/json') =>
    api.app.inject({ url: `/v1/thumbnails/${id}${query}`, headers: { ...keyOf('colours'), accept } });
  const seen = await look('');
  expect([seen.statusCode, seen.json()]).toMatchObject([
    200,
    { id, status: 'completed', colours: { dominant: { hex: '#aa3300' } } },
  ]);
  expect(seen.json().resized_url).toBe(`http://localhost:3000/v1/thumbnails/${id}/file`);
  for (const answer of [await look('?include=base64'), await look('', 'image/*'), await look('/file')]) {
    expect(answer.json()).toMatchObject({ status: 403, code: 'forbidden' });
  }
});

test('when a colours key has a picture matched, then neither the answer nor the job leads to the picture', async () => {
  const { payload, headers } = form({ name: 'file', value: await flatPng('#008080'), filename: 'a.png' });
  const byUpload = { method: 'POST', url: '/v1/colours/match', payload, headers: { ...headers, ...keyOf('colours') } };
  const match = () => api.app.inject({ ...byUpload, method: 'POST' });
  expect(picturesIn(await match())).toEqual([]);
  await worker.stop();
  const pending = await match();
  expect([pending.statusCode, picturesIn(pending)]).toEqual([202, []]);
});
