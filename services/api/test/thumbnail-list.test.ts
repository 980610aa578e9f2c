/** The list of a tenant's own thumbnails: pages, filters, and cursors that are of this list alone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fits, ThumbnailList } from '@tintype/contracts';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';
import { startCompletingWorker } from './completing-worker.ts';

const secret = 'a-secret-of-enough-length';
const shop = { 'x-api-key': `${secret}-shop` };
const other = { 'x-api-key': `${secret}-other` };
/** Of the same tenant, without a right to pictures. */
const shopsMatcher = { 'x-api-key': `${secret}-shops-matcher` };
const matcher = { 'x-api-key': `${secret}-matcher` };

let api: ApiUnderTest;
/** The newest first; the third was cancelled. */
let ids: string[];
beforeAll(async () => {
  const keys = ['shop:thumbnails', 'other:thumbnails', 'matcher:colours', 'shops-matcher:colours:shop'].map((key) => {
    const [name, ...scopeAndTenant] = key.split(':');
    return [name, `${secret}-${name}`, ...scopeAndTenant].join(':');
  });
  api = await startApiUnderTest({ AUTH: 'required', API_KEYS: keys.join(','), RATE_LIMIT: 'off' });
  ids = [];
  for (let at = 0; at < 5; at += 1) ids.unshift(await submit());
  await ask(`/${ids[2]}/cancel`, shop, 'POST');
});
afterAll(() => api.stop());

const ask = (path: string, headers: Record<string, string> = shop, method: 'GET' | 'POST' = 'GET', payload?: object) =>
  api.app.inject({ method, url: `/v1/thumbnails${path}`, headers, ...(payload && { payload }) });

async function submit(): Promise<string> {
  // Ids of one millisecond are in no order.
  await new Promise((resolve) => setTimeout(resolve, 2));
  return (await ask('', shop, 'POST', { url: 'https://example.org/a.jpg' })).json().id;
}
const idsIn = (answer: { json(): { data: { id: string }[] } }) => answer.json().data.map(({ id }) => id);

test('when pages are followed to the end, then each own thumbnail came once, the newest first, as a look-up has it', async () => {
  const first = await ask('?limit=2');
  expect(fits(ThumbnailList, first.json())).toBe(true);
  const second = await ask(`?limit=2&cursor=${first.json().next}`);
  const third = await ask(`?limit=100&cursor=${second.json().next}`);
  expect([first, second, third].flatMap(idsIn)).toEqual(ids);
  expect(third.json().next).toBeNull();
  expect(first.json().data[1]).toEqual((await ask(`/${ids[1]}`)).json());
  expect(first.headers['cache-control']).toBe('no-cache');
});

test('when others ask, then they see none of it', async () => {
  expect((await ask('', other)).json()).toEqual({ data: [], next: null });
  expect((await ask('', matcher)).statusCode).toBe(403);
  expect((await ask('', {})).statusCode).toBe(401);
});

test('when a filter is given, then only what fits it is listed', async () => {
  expect(idsIn(await ask('?status=cancelled'))).toEqual([ids[2]]);
  expect(idsIn(await ask('?code=cancelled'))).toEqual([ids[2]]);
  expect(idsIn(await ask('?status=queued'))).toEqual(ids.filter((id) => id !== ids[2]));
  expect(idsIn(await ask('?status=failed&code=not_an_image'))).toEqual([]);
  const [newest, second] = (await ask('?limit=2')).json().data;
  expect(idsIn(await ask(`?created_after=${second.created_at}`))).toEqual([newest.id]);
  expect(idsIn(await ask(`?created_after=${encodeURIComponent('2000-01-01T00:00:00+02:00')}`))).toEqual(ids);
});

test('when a cursor is of another tenant, of other filters, or changed, then it is 400 and says so', async () => {
  const { next } = (await ask('?limit=2')).json();
  const changed = `${next[0] === 'B' ? 'C' : 'B'}${next.slice(1)}`;
  for (const [path, headers] of [
    [`?cursor=${next}`, other],
    [`?cursor=${next}&status=queued`, shop],
    [`?cursor=${changed}`, shop],
    ['?cursor=nonsense', shop],
    ['?cursor=', shop],
  ] as const) {
    const answer = await ask(path, headers);
    expect([path, answer.json()]).toEqual([path, expect.objectContaining({ status: 400, code: 'invalid_request' })]);
    expect(answer.json().errors).toEqual([{ pointer: '/cursor', detail: expect.stringContaining('filters') }]);
  }
});

test.each([
  ['?limit=0', 422],
  ['?limit=101', 422],
  ['?limit=many', 400],
  ['?limit=0x10', 400],
  ['?limit=0b11', 400],
  ['?limit=10&limit=20', 400],
  ['?status=done', 422],
  ['?code=nonsense', 422],
  ['?status=queued&code=not_an_image', 422],
  ['?created_after=yesterday', 400],
  ['?status=failed&status=queued', 400],
  ['?wait=1', 400],
  ['?include=base64', 400],
])('when %s is asked for, then it is %i', async (path, status) => {
  expect((await ask(path)).statusCode).toBe(status);
});

test('when an id and a filter are named, then it is told that these are two calls', async () => {
  expect((await ask(`?id=${ids[0]}&status=queued`)).json()).toMatchObject({
    status: 400,
    detail: 'status goes without an id.',
  });
});

test('when a batch is named, then its items alone are listed, page by page, and only to their tenant', async () => {
  const items = Array.from({ length: 5 }, (_, at) => ({ url: `https://example.org/${at}.jpg` }));
  const batches = await Promise.all(
    [1, 2].map(() => api.app.inject({ method: 'POST', url: '/v1/batches', headers: shop, payload: { items } })),
  );
  for (const made of batches) {
    const { id, items: queued } = made.json();
    const first = await ask(`?batch=${id}&limit=3`);
    const second = await ask(`?batch=${id}&limit=3&cursor=${first.json().next}`);
    expect([first, second].flatMap(idsIn)).toEqual(queued.map((item: { id: string }) => item.id).toReversed());
    expect(second.json().next).toBeNull();
    await ask(`/${queued[1].id}/cancel`, shop, 'POST');
    expect(idsIn(await ask(`?batch=${id}&status=cancelled`))).toEqual([queued[1].id]);
    expect((await ask(`?batch=${id}`, other)).json()).toMatchObject({ code: 'not_found' });
  }
  expect((await ask('?batch=nonsense')).json()).toMatchObject({ status: 422, errors: [{ pointer: '/batch' }] });
});

test('when a batch is asked for that is none, then that is said as by its own look-up, and not by an empty list', async () => {
  const made = await api.app.inject({
    ...{ method: 'POST', url: '/v1/batches', headers: shop },
    payload: { items: [{ url: 'https://example.org/a.jpg' }] },
  });
  const deleted = made.json().id;
  await api.app.inject({ method: 'DELETE', url: `/v1/batches/${deleted}`, headers: shop });
  for (const [id, code] of [
    [ids[0], 'not_found'],
    ['01a22189-1368-7000-9c52-7d0f0b6e41aa', 'not_found'],
    [deleted, 'expired'],
  ]) {
    const [listed, looked] = await Promise.all([
      ask(`?batch=${id}`),
      api.app.inject({ url: `/v1/batches/${id}`, headers: shop }),
    ]);
    expect(listed.json()).toMatchObject({ code, detail: looked.json().detail });
  }
});

test.each([
  ['status=x', 'must be one of queued, processing, completed, failed, cancelled'],
  ['code=x', /^must be one of .*source_status, /],
  ['limit=101', 'must be <= 100'],
  ['created_after=yesterday', 'must be a time like 2026-01-01T00:00:00Z'],
  ['batch=x', 'must be the id of a batch'],
])('when a filter has a wrong value (%s), then it is told what is allowed', async (query, detail) => {
  const { errors } = (await ask(`?${query}`)).json();
  expect(errors).toEqual([
    { pointer: `/${query.split('=')[0]}`, detail: typeof detail === 'string' ? detail : expect.stringMatching(detail) },
  ]);
});

test('when a page takes several answers of Redis, then all of it comes, in its order', async () => {
  const items = Array.from({ length: 70 }, () => ({ url: 'https://example.org/a.jpg' }));
  const made = await api.app.inject({ method: 'POST', url: '/v1/batches', headers: shop, payload: { items } });
  const [list, batch] = await Promise.all([
    ask(`?batch=${made.json().id}&limit=100`),
    api.app.inject({ url: `/v1/batches/${made.json().id}`, headers: shop }),
  ]);
  const own = batch.json().items.map(({ id }: { id: string }) => id);
  expect(idsIn(list).toReversed()).toEqual(own);
  expect(new Set(own).size).toBe(items.length);
});

test('when completed ones are listed again and again, then each caller gets what it may see, until they are gone', async () => {
  const worker = await startCompletingWorker(api);
  const unsigned = ({ payload }: { payload: string }) => JSON.parse(payload.replaceAll(/\?exp=\w+&sig=[\w-]+/g, ''));
  try {
    const [second, newest] = [await submit(), await submit()];
    for (const id of [second, newest]) await ask(`/${id}?wait=30`);
    const list = () => ask('?limit=2');
    const [first, ...others] = [await list(), await list(), await list(), await list()].map(unsigned);
    expect(first.data.map(({ id, status }: Record<string, string>) => [id, status])).toEqual([
      [newest, 'completed'],
      [second, 'completed'],
    ]);
    for (const other of others) expect(other).toEqual(first);
    expect(unsigned(await ask(`/${newest}`))).toEqual(first.data[0]);
    const links = [...(await list()).payload.matchAll(/"resized_url":"http:\/\/[^/]+(.+?)"/g)].map(([, path]) => path);
    expect((await api.app.inject({ url: links[0] ?? '' })).statusCode).toBe(200);
    for (let times = 0; times < 2; times += 1) {
      expect((await ask(`/${newest}`, other)).statusCode).toBe(404);
      expect((await ask(`?id=${newest}&id=${second}`, other)).json().data).toEqual([]);
      expect((await ask(`/${newest}`, shopsMatcher)).json().placeholder).toBeUndefined();
      expect((await ask(`/${newest}`)).json().placeholder).toEqual({ thumbhash: worker.thumbhash });
    }
    await api.app.inject({ method: 'DELETE', url: `/v1/thumbnails/${newest}`, headers: shop });
    expect(idsIn(await list())[0]).toBe(second);
    expect((await ask(`/${newest}`)).json().code).toBe('expired');
  } finally {
    await worker.stop();
  }
});
