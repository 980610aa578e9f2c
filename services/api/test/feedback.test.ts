/** Feedback over the API, with a search service of its own that goes away and comes back. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId } from '@tintype/contracts';
import { freePort, type ServiceUnderTest, startService, startTestPostgres } from '@tintype/testkit';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';

const admin = { 'x-api-key': 'an-admin-secret-of-enough-length' };
const shop = { 'x-api-key': 'a-shop-secret-of-enough-length' };
const analyst = { 'x-api-key': 'an-analyst-secret-of-enough-length' };
let api: ApiUnderTest;
let search: ServiceUnderTest;
let startSearch: () => Promise<ServiceUnderTest>;
let searchUrl: string;
let stopPostgres: () => Promise<void>;
beforeAll(async () => {
  const [postgres, port] = await Promise.all([startTestPostgres(), freePort()]);
  stopPostgres = postgres.stop;
  searchUrl = `http://127.0.0.1:${port}`;
  startSearch = () => startService('search', { DATABASE_URL: postgres.url, SEARCH_PORT: String(port) });
  search = await startSearch();
  api = await startApiUnderTest({
    SEARCH_URL: searchUrl,
    // The machine of the tests may be busy with others.
    SEARCH_TIMEOUT_MS: 10_000,
    FEEDBACK_KEPT_BYTES: 2000,
    AUTH: 'required',
    RATE_LIMIT: 'off',
    LIBRARY_PUBLIC_TENANT: 'default',
    API_KEYS: [
      'admin:an-admin-secret-of-enough-length:admin',
      'shop:a-shop-secret-of-enough-length:library:shop',
      'analyst:an-analyst-secret-of-enough-length:library+analytics:default',
    ].join(','),
  });
});
afterAll(async () => {
  await api.stop();
  search.kill('SIGTERM');
  await search.exited;
  await stopPostgres();
});

async function addCats(...names: string[]): Promise<void> {
  const sha256 = 'a'.repeat(64);
  const file = { sha256, bytes: 10, width: 4, height: 3, format: 'jpeg' };
  for (const name of names) {
    const item = { tenant: 'default', id: newThumbnailId() };
    const made = { source: file, files: [{ ...file, name: 'library' }], palette: [] };
    for (const command of [
      { do: 'add', ...item, name, caption: 'a cat', tags: [], fileName: null },
      { do: 'end', ...item, made, problem: null },
    ]) {
      const headers = { 'content-type': 'application/json' };
      const { status } = await fetch(`${searchUrl}/items`, { method: 'POST', headers, body: JSON.stringify(command) });
      expect(status).toBe(200);
    }
  }
}

const give = (payload: object, headers: Record<string, string> = {}, remoteAddress = '203.0.113.1') =>
  api.app.inject({ method: 'POST', url: '/v1/feedback', payload, headers, remoteAddress });
const cat = (lists: object) => ({ feedback: [{ query: 'cat', ...lists }] });

async function found(): Promise<string[]> {
  const answer = await api.app.inject({ url: '/v1/search?query=cat' });
  return answer.json().data.map(({ name }: { name: string }) => name);
}

async function untilFound(first: string): Promise<string[]> {
  for (;;) {
    const answer = await api.app.inject({ url: '/v1/search?query=cat' });
    if (answer.statusCode === 200 && answer.json().data[0].name === first) return found();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function batchesOf(tenant: string) {
  const answer = await api.app.inject({ url: `/v1/feedback/batches?tenant=${tenant}&limit=100`, headers: admin });
  return answer.json().data;
}

test('when somebody says what fits, then the next search has it first; undone, the order is as before', async () => {
  await addCats('c.jpg', 'b.jpg', 'a.jpg');
  expect(await found()).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  const answer = await give(cat({ positive: ['c.jpg', 'gone.jpg'], negative: ['a.jpg'] }));
  expect([answer.statusCode, answer.json()]).toEqual([
    202,
    { id: expect.any(String), accepted: 3, unknown: ['gone.jpg'] },
  ]);
  expect(await found()).toEqual(['c.jpg', 'b.jpg', 'a.jpg']);
  const { id } = answer.json();
  expect(await batchesOf('default')).toEqual([
    expect.objectContaining({ id, tenant: 'default', verdicts: 3, unknown: 1, undone_at: null }),
  ]);
  const undo = () => api.app.inject({ method: 'DELETE', url: `/v1/feedback/batches/${id}`, headers: admin });
  expect((await undo()).statusCode).toBe(204);
  expect(await found()).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  expect(await batchesOf('default')).toEqual([expect.objectContaining({ id, undone_at: expect.any(String) })]);
});

test('when a voter is the same, then it has the same name, whatever it says; who has a key is told by that alone', async () => {
  const voterOf = async (headers: Record<string, string>, ip: string, voter?: string) => {
    const answer = await give({ ...cat({ positive: ['a.jpg'] }), ...(voter && { voter }) }, headers, ip);
    expect(answer.statusCode).toBe(202);
    const batches = [...(await batchesOf('default')), ...(await batchesOf('shop'))];
    return batches.find(({ id }) => id === answer.json().id).voter;
  };
  const one = await voterOf({}, '2001:db8:0:1::1');
  expect(await voterOf({}, '2001:db8:0:1:ffff::2')).toBe(one);
  const others = [
    await voterOf({}, '2001:db8:0:2::1'),
    await voterOf({}, '2001:db8:0:1::1', 'eve'),
    await voterOf(shop, '2001:db8:0:1::1'),
    await voterOf(analyst, '2001:db8:0:1::1'),
  ];
  expect(new Set([one, ...others]).size).toBe(5);
  for (const { id } of await batchesOf('default')) {
    await api.app.inject({ method: 'DELETE', url: `/v1/feedback/batches/${id}`, headers: admin });
  }
});

test.each([
  ['a name in both lists', cat({ positive: ['x', 'a'], negative: ['b', 'a'] }), 422, ['/feedback/0/negative/1']],
  ['no names', cat({}), 422, ['/feedback/0']],
  ['a name that no item can have', cat({ positive: ['a/../b'] }), 422, ['/feedback/0/positive/0']],
  ['too many names in a list', cat({ positive: Array(101).fill('a') }), 422, ['/feedback/0/positive']],
  [
    'too many names in all',
    { feedback: Array(6).fill({ query: 'cat', positive: Array.from({ length: 100 }, (_, at) => `${at}`) }) },
    422,
    ['/feedback'],
  ],
  [
    'a query that is too long',
    { feedback: [{ query: 'x'.repeat(1001), positive: ['a'] }] },
    422,
    ['/feedback/0/query'],
  ],
  ['nothing', { feedback: [] }, 400, ['/feedback']],
])(
  'when feedback has %s, then it is refused, and the answer points there',
  async (_what, payload, status, pointers) => {
    const answer = await give(payload);
    const { errors = [] } = answer.json();
    expect([answer.statusCode, errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([status, pointers]);
  },
);

test('when the search service is away, then feedback is kept as much as may be, and counts in its order once it is back', async () => {
  search.kill('SIGKILL');
  await search.exited;
  const usage = async () =>
    (await api.app.inject({ url: '/v1/limits', headers: analyst })).json().quotas.redis_bytes.used;
  const before = await usage();
  for (const lists of [{ positive: ['b.jpg'] }, { negative: ['b.jpg'] }, { positive: ['c.jpg'] }]) {
    const answer = await give(cat(lists));
    expect([answer.statusCode, answer.json()]).toMatchObject([202, { accepted: 1, unknown: null }]);
  }
  expect(await usage()).toBeGreaterThan(before);
  const long = 'x'.repeat(250);
  const tooMuch = await give(cat({ positive: Array.from({ length: 8 }, (_, at) => `${at}${long}`) }));
  expect(tooMuch.json()).toMatchObject({ status: 503, code: 'search_unavailable' });
  expect(tooMuch.headers['retry-after']).toBe('60');
  search = await startSearch();
  expect(await untilFound('c.jpg')).toEqual(['c.jpg', 'a.jpg', 'b.jpg']);
  while ((await usage()) > before) await new Promise((resolve) => setTimeout(resolve, 50));
  const kept = (await batchesOf('default')).filter(({ undone_at }: { undone_at: unknown }) => undone_at === null);
  expect(kept).toHaveLength(3);
});

test('when feedback is downloaded, then it is what counts, in the format that is wanted, and no formula', async () => {
  const read = async (path: string) => (await api.app.inject({ url: path, headers: analyst })).body;
  const query = '=1+1';
  await give(
    { feedback: [{ query, positive: ['a.jpg'], negative: ['-"x".jpg'], positions: { 'a.jpg': 3 } }] },
    analyst,
  );
  await give({ feedback: [{ query, negative: ['a.jpg'] }] }, analyst);
  const of = `query=${encodeURIComponent('1 1 1')}&from=2020-01-01`;
  const training = [
    { query, item: '-"x".jpg', label: 'negative', position: null },
    { query, item: 'a.jpg', label: 'negative', position: null },
  ];
  expect(JSON.parse(await read(`/v1/analytics/training?${of}`))).toEqual({ data: training });
  const lines = (await read(`/v1/analytics?${of}&format=ndjson`)).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(training);
  expect(await read(`/v1/analytics/training?${of}&format=csv`)).toBe(
    `\ufeffquery,item,label,position\r\n'=1+1,"'-""x"".jpg",negative,\r\n'=1+1,a.jpg,negative,\r\n`,
  );
  expect(JSON.parse(await read('/v1/analytics?to=2020-01-01'))).toEqual({ data: [] });
  for (const day of ['2026-02-31', '0000-01-01', '9999-12-31T23:59:59-14:00']) {
    expect([day, JSON.parse(await read(`/v1/analytics?from=${day}`))]).toMatchObject([day, { status: 400 }]);
  }
  await api.app.inject({ url: '/v1/search?query=nothing-like-this' });
  const stats = JSON.parse(await read('/v1/analytics/queries'));
  expect(stats.zero_result).toContainEqual(
    expect.objectContaining({ query: 'nothing-like-this', searches: 1, empty: 1 }),
  );
  expect(stats.top[0]).toMatchObject({ query: 'cat', empty: 0, positive_rate: expect.any(Number) });
  expect(stats.by_day.at(-1)).toMatchObject({ day: new Date().toISOString().slice(0, 10) });
  for (const [headers, status] of [
    [{}, 401],
    [shop, 403],
  ] as const) {
    for (const path of ['', '/training', '/queries']) {
      expect((await api.app.inject({ url: `/v1/analytics${path}`, headers })).statusCode).toBe(status);
    }
  }
});

test('when a key lacks the scope, or there is none, then batches are not shown', async () => {
  for (const [headers, status] of [
    [{}, 401],
    [shop, 403],
  ] as const) {
    const url = '/v1/feedback/batches';
    expect((await api.app.inject({ url, headers })).statusCode).toBe(status);
    const undo = await api.app.inject({ method: 'DELETE', url: `${url}/${newThumbnailId()}`, headers });
    expect(undo.statusCode).toBe(status);
  }
  const unknown = await api.app.inject({ method: 'DELETE', url: '/v1/feedback/batches/x', headers: admin });
  expect(unknown.statusCode).toBe(404);
  const never = await api.app.inject({ url: '/v1/feedback/batches?tenant=a%00b', headers: admin });
  expect(never.statusCode).toBe(422);
});
