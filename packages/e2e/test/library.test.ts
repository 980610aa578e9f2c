/** The library through every service: kept, found, its files beyond their jobs, and the search service away. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LibraryItem, LibraryItemList, newThumbnailId, parse, SearchAnswer } from '@tintype/contracts';
import {
  flatPng,
  freePort,
  type Origin,
  photograph,
  type ServiceUnderTest,
  startOrigin,
  startTestPostgres,
} from '@tintype/testkit';
import { bodyOf, thumbnailIn } from './calls.ts';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { until } from './watched-calls.ts';

const secret = 'a-secret-of-enough-length';

let services: OwnServices;
let api: ApiService;
let search: ServiceUnderTest;
let startSearch: () => Promise<ServiceUnderTest>;
let searchUrl: string;
let origin: Origin;
beforeAll(async () => {
  const [own, postgres, searchPort] = await Promise.all([openOwnServices(), startTestPostgres(), freePort()]);
  services = own;
  origin = await startOrigin();
  searchUrl = `http://127.0.0.1:${searchPort}`;
  startSearch = () => own.startSearch({ env: { DATABASE_URL: postgres.url, SEARCH_PORT: String(searchPort) } });
  const env = {
    AUTH: 'required',
    RATE_LIMIT: 'off',
    API_KEYS: [
      ...['shop', 'other'].map((one) => `${one}:${secret}-${one}:library+thumbnails`),
      `without:${secret}-without:thumbnails`,
    ].join(','),
    LIBRARY_PUBLIC_TENANT: 'shop',
    SEARCH_URL: searchUrl,
    // The machine of the tests may be busy with others.
    SEARCH_TIMEOUT_MS: '5000',
  };
  [api, search] = await Promise.all([
    own.startApi({ env }),
    startSearch(),
    own.startWorker({ env: { FETCH_ALLOW: origin.host } }),
  ]);
});
afterAll(async () => {
  await services.stop();
  await origin.close();
});

type Asked = { key?: string | null; json?: object; form?: FormData; headers?: Record<string, string> };

/** As the tenant `shop`, unless another key is named. */
function call(method: string, path: string, { key = 'shop', json, form, headers = {} }: Asked = {}): Promise<Response> {
  const { url } = api;
  return fetch(path.startsWith('http') ? path : url + path, {
    method,
    headers: {
      ...(key !== null && { 'x-api-key': `${secret}-${key}` }),
      ...(json && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json && { body: JSON.stringify(json) }),
    ...(form && { body: form }),
  });
}

/** The item once its job has ended, however long that takes. */
async function kept(response: Response): Promise<LibraryItem> {
  expect([200, 202]).toContain(response.status);
  let item = parse(LibraryItem, await response.json());
  await until('the item is made', async () => {
    item = parse(LibraryItem, await (await call('GET', `/v1/library/items/${item.id}`)).json());
    return item.status !== 'pending';
  });
  return item;
}

async function namesFound(query: string, asked: Asked = {}): Promise<string[]> {
  const response = await call('GET', `/v1/search?${query}`, asked);
  expect(response.status).toBe(200);
  return parse(SearchAnswer, await response.json()).data.map(({ name }) => name);
}

async function fileNames(): Promise<string[]> {
  const entries = await readdir(`${services.dataDir}/blobs`, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('when a picture is kept, then it is found by its words and its colour, and shown by a file of its own', async () => {
  const teal = await flatPng('#008080');
  origin.serve('/Teal%20cat.png', teal, { contentType: 'image/png' });
  const url = origin.url('/Teal%20cat.png');
  const words = { caption: 'A cat sits in a park', tags: ['animal'] };
  const item = await kept(await call('POST', '/v1/library/items?wait=20', { json: { url, ...words } }));
  expect(item).toMatchObject({ status: 'ready', name: 'Teal cat.png', ...words, error: null });
  expect(item).toMatchObject({ palette: [{ hex: '#008080' }], source: { sha256: sha256Of(teal), format: 'png' } });
  for (const query of ['query=cat', 'query=animal', 'query=teal', 'colour=teal', 'query=park&colour=%23078282'])
    expect([query, await namesFound(query)]).toEqual([query, ['Teal cat.png']]);
  for (const query of ['query=dog', 'colour=ff0000', 'query=cat&colour=ff0000'])
    expect([query, await namesFound(query)]).toEqual([query, []]);

  const picture = await call('GET', item.thumbnail?.url ?? '', { key: null });
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  // The source is kept beside it.
  expect(await fileNames()).toContain(sha256Of(teal));
});

test('when its job is deleted, then the item and its files stay; when the item is, then they go', async () => {
  const form = new FormData();
  const photo = await photograph(800, 600);
  form.set('file', new Blob([new Uint8Array(photo)]), 'harbour.jpg');
  form.set('caption', 'A harbour at dusk');
  form.set('name', 'harbour.jpg');
  const item = await kept(await call('POST', '/v1/library/items', { form }));
  const picture = item.thumbnail?.url ?? '';
  expect(item.thumbnail).toMatchObject({ width: 512, height: 384 });
  expect((await call('DELETE', `/v1/thumbnails/${item.id}`)).status).toBe(204);
  expect((await call('GET', picture, { key: null })).status).toBe(200);
  expect(await fileNames()).toContain(sha256Of(photo));

  expect((await call('DELETE', `/v1/library/items/${item.id}`, { headers: { 'if-match': '"1"' } })).status).toBe(412);
  expect((await call('DELETE', `/v1/library/items/${item.id}`, { headers: { 'if-match': '"0"' } })).status).toBe(412);
  expect((await call('DELETE', `/v1/library/items/${item.id}`)).status).toBe(204);
  expect((await call('GET', `/v1/library/items/${item.id}`)).status).toBe(404);
  expect((await call('GET', picture, { key: null })).status).toBe(404);
  expect(await namesFound('query=harbour')).toEqual([]);
  expect(await fileNames()).not.toContain(sha256Of(photo));
});

test('when a thumbnail is to be an item, then it is one, beside the sizes that were asked for', async () => {
  origin.serve('/lighthouse.png', await flatPng('#c0392b'), { contentType: 'image/png' });
  const json = { url: origin.url('/lighthouse.png'), width: 60, height: 40, library: { caption: 'A red lighthouse' } };
  const response = await call('POST', '/v1/thumbnails?wait=20', { json });
  const { id } = await thumbnailIn(response);
  const item = await kept(await call('GET', `/v1/library/items/${id}`));
  expect(item).toMatchObject({ status: 'ready', name: 'lighthouse.png', caption: 'A red lighthouse' });
  const thumbnail = await thumbnailIn(await call('GET', `/v1/thumbnails/${id}`));
  expect(thumbnail.renditions).toMatchObject([{ name: 'default', width: 60, height: 40 }, { name: 'library' }]);
  expect(await namesFound('query=lighthouse')).toEqual(['lighthouse.png']);
});

test('when a name is taken, then it is said at once, and nothing is made; a file of the same name gets another one', async () => {
  origin.serve('/a/same.png', await flatPng('#123456'), { contentType: 'image/png' });
  const url = origin.url('/a/same.png');
  const first = await kept(await call('POST', '/v1/library/items', { json: { url, name: 'same.png' } }));
  const again = await call('POST', '/v1/library/items', { json: { url, name: 'same.png' } });
  expect([again.status, await bodyOf(again)]).toEqual([409, expect.objectContaining({ code: 'conflict' })]);
  const other = await kept(await call('POST', '/v1/library/items', { json: { url } }));
  expect(other.name).toBe(`same-${other.id.slice(-12)}.png`);
  expect((await call('POST', '/v1/library/items', { json: { url, name: 'same.png' }, key: 'other' })).status).toBe(202);
  // Its words and its name can be changed, unless somebody has done so since.
  const etag = (await call('GET', `/v1/library/items/${first.id}`)).headers.get('etag') ?? '';
  const path = `/v1/library/items/${first.id}`;
  const changed = await call('PATCH', path, { json: { name: 'renamed.png' }, headers: { 'if-match': etag } });
  expect([changed.status, await bodyOf(changed)]).toEqual([200, expect.objectContaining({ name: 'renamed.png' })]);
  expect((await call('PATCH', path, { json: { caption: 'x' }, headers: { 'if-match': etag } })).status).toBe(412);
  expect((await call('PATCH', path, { json: { name: other.name } })).status).toBe(409);
  expect((await call('GET', path, { headers: { 'if-none-match': changed.headers.get('etag') ?? '' } })).status).toBe(
    304,
  );
});

test('when a picture cannot be made, then its item says why, and is not found', async () => {
  origin.serve('/broken.png', new TextEncoder().encode('no picture'), { contentType: 'image/png' });
  const json = { url: origin.url('/broken.png'), caption: 'A broken thing' };
  const item = await kept(await call('POST', '/v1/library/items?wait=20', { json }));
  expect(item).toMatchObject({ status: 'failed', error: { code: 'not_an_image', retryable: false } });
  expect(await namesFound('query=broken')).toEqual([]);
});

describe('who may', () => {
  test('when another tenant asks, then nothing of it is there', async () => {
    const list = parse(LibraryItemList, await (await call('GET', '/v1/library/items?name=Teal cat.png')).json());
    const [item] = list.data;
    const path = `/v1/library/items/${item?.id}`;
    expect(await namesFound('query=cat', { key: 'other' })).toEqual([]);
    for (const [method, asked] of [['GET'], ['DELETE'], ['PATCH', { json: { caption: 'mine' } }]] as const)
      expect((await call(method, path, { ...asked, key: 'other' })).status).toBe(404);
    expect((await call('GET', `${path}/file`, { key: 'other' })).status).toBe(404);
    expect((await call('GET', `/v1/search/similar/${item?.id}`, { key: 'other' })).status).toBe(404);
  });

  test('when nobody is named, then the public library is searched, and nothing else may be done', async () => {
    expect(await namesFound('query=cat', { key: null })).toEqual(['Teal cat.png']);
    const suggested = await call('GET', '/v1/search/suggest?prefix=ca', { key: null });
    expect(suggested.status).toBe(200);
    for (const [method, path] of [
      ['GET', '/v1/library/items'],
      ['POST', '/v1/library/items'],
    ] as const)
      expect((await call(method, path, { key: null, ...(method === 'POST' && { json: { url: 'x' } }) })).status).toBe(
        401,
      );
  });
});

test.each([
  ['a name with a slash', { url: 'http://a/b.jpg', name: '../a.jpg' }, 422, '/name'],
  ['a name of two dots', { url: 'http://a/b.jpg', name: '..' }, 422, '/name'],
  ['a thousand tags', { url: 'http://a/b.jpg', tags: Array(1000).fill('a') }, 422, '/tags'],
  ['a long caption', { url: 'http://a/b.jpg', caption: 'a'.repeat(2001) }, 422, '/caption'],
  ['a caption with a null character', { url: 'http://a/b.jpg', caption: 'a\u0000b' }, 422, '/caption'],
  ['a field that is not known', { url: 'http://a/b.jpg', captoin: 'a' }, 400, '/captoin'],
])('when an item comes with %s, then it is refused with the place', async (_what, json, status, pointer) => {
  const response = await call('POST', '/v1/library/items', { json });
  expect([response.status, await bodyOf(response)]).toEqual([
    status,
    expect.objectContaining({ errors: expect.arrayContaining([expect.objectContaining({ pointer })]) }),
  ]);
});

test('when words are as long as they may be, in signs of many bytes, then a form takes them', async () => {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(await flatPng('#336699'))]), 'long.png');
  const words = { caption: '猫'.repeat(2000), tags: Array.from({ length: 50 }, (_, at) => `${at}${'猫'.repeat(98)}`) };
  form.set('caption', words.caption);
  form.set('tags', JSON.stringify(words.tags));
  const response = await call('POST', '/v1/library/items', { form });
  expect([response.status, await bodyOf(response)]).toEqual([202, expect.objectContaining(words)]);
});

test.each([
  ['GET', '/v1/library/items/none', 404],
  ['PATCH', '/v1/library/items/none', 404],
  ['DELETE', '/v1/library/items/none', 404],
  ['GET', '/v1/library/items/none/file', 404],
  ['GET', '/v1/search/similar/none', 404],
  ['GET', '/v1/library/items?name=%00', 422],
])(
  'when %s %s asks for what cannot be, then it is told so, and the search is not taken to be away',
  async (method, path, status) => {
    const asks = Array.from({ length: 6 }, () =>
      call(method, path, method === 'PATCH' ? { json: { caption: 'a' } } : {}),
    );
    expect((await Promise.all(asks)).map((answer) => answer.status)).toEqual(Array(6).fill(status));
    expect((await call('GET', '/v1/search?query=cat')).status).toBe(200);
  },
);

test('when an item is to live for a moment, or its key may keep none, then it is refused before anything is made', async () => {
  const json = { url: origin.url('/lighthouse.png'), library: {} };
  const short = await call('POST', '/v1/thumbnails', { json: { ...json, expires_in_seconds: 60 } });
  expect([short.status, await bodyOf(short)]).toEqual([422, expect.objectContaining({ code: 'invalid_option' })]);
  const without = await call('POST', '/v1/thumbnails', { json, key: 'without' });
  expect([without.status, await bodyOf(without)]).toEqual([403, expect.objectContaining({ code: 'forbidden' })]);
});

test.each([
  ['nothing', '', 400],
  ['an unknown colour', 'colour=tael', 422],
  ['a query that is too long', `query=${'a'.repeat(1001)}`, 422],
  ['a cursor of another search', 'query=cat&cursor=20.AAAAAAAAAAA', 400],
  ['a hundred and one items', 'query=cat&limit=101', 422],
])('when a search is for %s, then it is refused', async (_what, query, status) => {
  expect((await call('GET', `/v1/search?${query}`)).status).toBe(status);
});

test.each(['%F0%9F%90%88', 'the+a+in', '%27%3B+drop+table+items%3B--', '%22', '-', '-cat', '***', '%E7%8C%AB'])(
  'when a query is %s, then it is answered',
  async (query) => {
    expect((await call('GET', `/v1/search?query=${query}`)).status).toBe(200);
  },
);

test('when what is asked for can never be there, then it is refused, and the search service is not taken to be away', async () => {
  const [item] = parse(LibraryItemList, await (await call('GET', '/v1/library/items?limit=1')).json()).data;
  const never: [string, string, number, Asked?][] = [
    ['GET', '/v1/search/similar/xyz', 404],
    ['GET', '/v1/library/items/xyz', 404],
    ['GET', '/v1/library/items/xyz/file', 404],
    ['PATCH', '/v1/library/items/xyz', 404, { json: { caption: 'x' } }],
    ['DELETE', '/v1/library/items/xyz', 404],
    ['GET', '/v1/library/items?name=a%00b', 422],
    ['DELETE', `/v1/library/items/${item?.id}`, 412, { headers: { 'if-match': '"0"' } }],
  ];
  for (const [method, path, status, asked] of never) {
    // More often than calls without an answer would open the circuit.
    for (let times = 0; times < 6; times += 1)
      expect([path, (await call(method, path, asked)).status]).toEqual([path, status]);
  }
  expect((await call('GET', '/v1/search?query=cat')).status).toBe(200);
});

test('when a name was taken for a picture whose job never came, then in an hour nobody sees it any more', async () => {
  const reserve = async (name: string, ageMs: number): Promise<string> => {
    const id = newThumbnailId(0, Date.now() - ageMs);
    const command = { do: 'add', tenant: 'shop', id, name, caption: '', tags: [], fileName: null };
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${searchUrl}/items`, { method: 'POST', headers, body: JSON.stringify(command) });
    expect(answer.status).toBe(200);
    return id;
  };
  const [young, listed, read] = [
    await reserve('young.jpg', 0),
    await reserve('listed.jpg', 7_200_000),
    await reserve('read.jpg', 7_200_000),
  ];
  expect((await call('GET', `/v1/library/items/${read}`)).status).toBe(404);
  const all = parse(LibraryItemList, await (await call('GET', '/v1/library/items?limit=100')).json()).data;
  const ids = all.map(({ id }) => id);
  expect([young, listed, read].map((id) => ids.includes(id))).toEqual([true, false, false]);
});

// Last: it ends the search service.
test('when the search service is away, then pictures are made all the same, and what it has missed it is told later', async () => {
  origin.serve('/late.png', await flatPng('#654321'), { contentType: 'image/png', pauseMs: 1500 });
  const adding = await call('POST', '/v1/library/items', { json: { url: origin.url('/late.png'), caption: 'Late' } });
  const { id } = parse(LibraryItem, await adding.json());
  search.kill('SIGKILL');
  await search.exited;

  const away = await call('GET', '/v1/search?query=cat');
  expect([away.status, await bodyOf(away)]).toEqual([503, expect.objectContaining({ code: 'search_unavailable' })]);
  expect(away.headers.get('retry-after')).toBe('2');
  expect((await call('POST', '/v1/library/items', { json: { url: origin.url('/late.png') } })).status).toBe(503);
  const made = await thumbnailIn(
    await call('POST', '/v1/thumbnails?wait=20', { json: { url: origin.url('/late.png') } }),
  );
  expect(made.status).toBe('completed');
  await until('the job of the item has ended', async () => {
    const { status } = await thumbnailIn(await call('GET', `/v1/thumbnails/${id}`));
    return status === 'completed';
  });
  expect((await call('GET', '/readyz', { key: null })).status).toBe(200);

  await startSearch();
  await until('the item is found', async () => (await call('GET', '/v1/search?query=late')).status === 200);
  await until('the item is found', async () => (await namesFound('query=late')).length === 1);
});
