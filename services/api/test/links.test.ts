/** Signed links that make pictures: a tenant's own secrets, what they open, and what a wrong link is told. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createReconciliation } from '@tintype/jobs';
import { connectWorker, disconnect, openShard, tenantKeys } from '@tintype/redis';
import { makeTestFolder } from '@tintype/testkit';
import { canonicalForm, signatureOf } from '../src/images/link-signature.ts';
import { type ApiUnderTest, startApiUnderTest } from './api-under-test.ts';
import { type CompletingWorker, startCompletingWorker } from './completing-worker.ts';

const secretOf = (name: string) => `a-secret-of-enough-length-${name}`;
const keyOf = (name: string) => ({ 'x-api-key': secretOf(name) });
const oldKeys = 'the signing key that was there first and is long enough';
const newKeys = 'the signing key that came in its place and is long enough';
const settings = {
  AUTH: 'required',
  RATE_LIMIT: 'images=40/600,jobs=1000/600',
  SIGNING_KEYS: oldKeys,
  API_KEYS: [
    ...['shop', 'other', 'third', 'fourth', 'fifth'].map((name) => `${name}:${secretOf(name)}:thumbnails`),
    `operator:${secretOf('operator')}:admin`,
  ].join(','),
};
let api: ApiUnderTest;
let worker: CompletingWorker;
beforeAll(async () => {
  api = await startApiUnderTest(settings);
  worker = await startCompletingWorker(api);
});
afterAll(async () => {
  await worker.stop();
  await api.stop();
});

const source = 'https://example.org/Grüße & Küsse (1).jpg?size=2+2';
const call = (method: 'GET' | 'POST' | 'DELETE' | 'HEAD', url: string, name: string | null, payload?: object) =>
  api.app.inject({ method, url, headers: name === null ? {} : keyOf(name), ...(payload && { payload }) });
const open = (link: string, headers: Record<string, string> = {}) => {
  const { pathname, search } = new URL(link);
  return api.app.inject({ url: `${pathname}${search}`, headers });
};
type Secret = { id: string; secret: string };
const makeSecret = async (name: string): Promise<Secret> => (await call('POST', '/v1/links/keys', name)).json();
const sign = async (name: string, body: object): Promise<string> =>
  (await call('POST', '/v1/links', name, { url: source, ...body })).json().url;
/** As a client does it. */
function signedBy({ id, secret }: Secret, parameters: Record<string, string>): string {
  const all = { ...parameters, key: id };
  return `http://localhost/v1/images?${canonicalForm(all)}&sig=${signatureOf(secret, all)}`;
}

let shop: Secret;
let other: Secret;
beforeAll(async () => {
  [shop, other] = [await makeSecret('shop'), await makeSecret('other')];
});

test('when a token signs, then only what ends soon; when a URL has half a character, then it is signed as it is fetched', async () => {
  const { token } = (await call('POST', '/v1/tokens', 'shop', {})).json();
  const byToken = (body: object) =>
    api.app.inject({
      method: 'POST',
      url: '/v1/links',
      headers: { authorization: `Bearer ${token}` },
      payload: { url: source, ...body },
    });
  expect((await byToken({ expires_in_seconds: 900 })).statusCode).toBe(200);
  for (const body of [{}, { expires_in_seconds: 901 }]) expect((await byToken(body)).json().code).toBe('forbidden');
  const half = await call('POST', '/v1/links', 'shop', { url: 'https://example.org/\ud800.jpg' });
  expect([half.statusCode, new URL(half.json().url).searchParams.get('url')]).toEqual([
    200,
    'https://example.org/\ufffd.jpg',
  ]);
});

test('when a link is signed, by the service or by its tenant, then it opens without a key, for caches too', async () => {
  const link = await sign('shop', { width: 200, fallback: '#3366cc' });
  const { searchParams } = new URL(link);
  expect([...searchParams.keys()]).toEqual(['fallback', 'key', 'url', 'width', 'sig']);
  expect([searchParams.get('url'), searchParams.get('key')]).toEqual([source, shop.id]);
  const opened = await open(link);
  expect([opened.statusCode, opened.rawPayload.equals(worker.picture)]).toEqual([200, true]);
  expect(opened.headers['cache-control']).toMatch(/^public, max-age=\d+$/);
  const own = signedBy(shop, { url: source, width: '200', fallback: '#3366cc' });
  expect(own.slice(own.indexOf('?'))).toBe(link.slice(link.indexOf('?')));
  // As a browser's form would write it.
  const written = link.replaceAll('%20', '+').replace('%28', '(');
  expect((await open(written)).statusCode).toBe(200);
});

test('when a link ends, then it may be kept until then, and opens nothing after', async () => {
  const link = await sign('shop', { width: 201, expires_in_seconds: 100 });
  const opened = await open(link);
  const [, seconds] = /max-age=(\d+)/.exec(String(opened.headers['cache-control'])) ?? [];
  expect(opened.statusCode).toBe(200);
  expect(Number(seconds)).toBeLessThanOrEqual(100);
  const ended = signedBy(shop, { url: source, exp: String(Math.floor(Date.now() / 1000) - 10) });
  expect((await open(ended)).json()).toMatchObject({ status: 403, code: 'forbidden', detail: 'The link has expired.' });
});

describe('what is not signed as it should be is 403 before anything is done', () => {
  const wrongs: [string, () => Promise<string>, string][] = [
    ['without a signature', async () => `http://localhost/v1/images?url=${encodeURIComponent(source)}`, 'not signed'],
    [
      'with one character changed',
      async () => (await sign('shop', { width: 202 })).replace('width=202', 'width=203'),
      'wrong',
    ],
    ['with another end of its signature', async () => (await sign('shop', {})).slice(0, -1).concat('_'), 'wrong'],
    ['with a longer signature', async () => `${await sign('shop', {})}A`, 'wrong'],
    ['with an option more', async () => `${await sign('shop', {})}&height=9`, 'wrong'],
    ['without its end', async () => (await sign('shop', { expires_in_seconds: 60 })).replace(/exp=\d+&/, ''), 'wrong'],
    ['with a key that nobody has', async () => (await sign('shop', {})).replace(shop.id, '0'.repeat(16)), 'not known'],
    ['with the key of another tenant', async () => (await sign('shop', {})).replace(shop.id, other.id), 'wrong'],
    [
      'signed by another tenant under its key',
      async () => signedBy({ ...other, id: shop.id }, { url: source }),
      'wrong',
    ],
    ['with a key alone', async () => `http://localhost/v1/images?url=x&key=${shop.id}`, 'wrong'],
  ];
  test.each(wrongs)('%s', async (_what, linkOf, words) => {
    const link = await linkOf();
    const redis = connectWorker(api.redis.url);
    const before = await redis.keys('*:picture:*');
    const answer = await open(link);
    expect(answer.json()).toMatchObject({ status: 403, code: 'forbidden', detail: expect.stringContaining(words) });
    expect(answer.headers).toMatchObject({
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'no-store',
    });
    expect((await redis.keys('*:picture:*')).length).toBe(before.length);
    await disconnect(redis);
  });
});

test('when a link names something twice, then it is told so, though it is signed', async () => {
  const answer = await open(`${await sign('shop', {})}&url=https://example.org/b.jpg`);
  expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ pointer: '/url' }] });
});

test('when the same picture is asked for by two tenants, then each has a job of its own', async () => {
  const nameIn = (answer: { headers: Record<string, unknown> }) => String(answer.headers['content-disposition']);
  const [one, two] = [await open(signedBy(shop, { url: source })), await open(signedBy(other, { url: source }))];
  expect([one.statusCode, two.statusCode]).toEqual([200, 200]);
  expect(nameIn(one)).not.toBe(nameIn(two));
  const [, id = ''] = /filename="([^.]+)\./.exec(nameIn(one)) ?? [];
  expect((await call('GET', `/v1/thumbnails/${id}`, 'shop')).statusCode).toBe(200);
  expect((await call('GET', `/v1/thumbnails/${id}`, 'other')).statusCode).toBe(404);
});

test('when a server asks with its key, then it needs no signature, and nobody else may keep what it got', async () => {
  const answer = await call('GET', `/v1/images?url=${encodeURIComponent(source)}`, 'third');
  expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, expect.stringMatching(/^private/)]);
  expect((await call('GET', '/v1/images?url=x', 'nobody')).statusCode).toBe(401);
});

test('when a tenant changes its secret, then both open until the old one is revoked, and a third is refused', async () => {
  expect((await call('POST', '/v1/links', 'third', { url: source })).json()).toMatchObject({
    status: 409,
    detail: expect.stringContaining('POST /v1/links/keys'),
  });
  const [first, second] = [await makeSecret('third'), await makeSecret('third')];
  expect((await call('POST', '/v1/links/keys', 'third')).json()).toMatchObject({ status: 409, code: 'conflict' });
  const list = (await call('GET', '/v1/links/keys', 'third')).json();
  expect(list).toEqual({
    data: [first, second].map(({ id }) => ({ id, tenant: 'third', created_at: expect.any(String) })),
    next: null,
  });
  const [old, present] = [signedBy(first, { url: source }), await sign('third', {})];
  expect(new URL(present).searchParams.get('key')).toBe(second.id);
  expect([(await open(old)).statusCode, (await open(present)).statusCode]).toEqual([200, 200]);
  for (const name of ['shop', 'other'])
    expect((await call('DELETE', `/v1/links/keys/${first.id}`, name)).statusCode).toBe(404);
  expect((await call('DELETE', `/v1/links/keys/${first.id}`, 'third')).statusCode).toBe(204);
  expect((await open(old)).json()).toMatchObject({ status: 403, detail: expect.stringContaining('revoked') });
  expect((await open(present)).statusCode).toBe(200);
  expect((await call('DELETE', `/v1/links/keys/${first.id}`, 'third')).statusCode).toBe(404);
});

test('when an operator asks, then the secrets of all tenants are told by their ids, and a revoked one opens nothing', async () => {
  const made = await makeSecret('fifth');
  const link = signedBy(made, { url: source });
  expect((await open(link)).statusCode).toBe(200);
  const list = await call('GET', '/v1/links/keys', 'operator');
  expect(list.json().data).toEqual(
    expect.arrayContaining([
      { id: shop.id, tenant: 'shop', created_at: expect.any(String) },
      { id: made.id, tenant: 'fifth', created_at: expect.any(String) },
    ]),
  );
  expect(list.body).not.toContain(made.secret);
  expect((await call('POST', '/v1/links/keys', 'operator')).json().code).toBe('forbidden');
  expect((await call('DELETE', `/v1/links/keys/${made.id}`, 'operator')).statusCode).toBe(204);
  expect((await open(link)).json()).toMatchObject({ status: 403, detail: expect.stringContaining('revoked') });
  for (const id of [made.id, '0'.repeat(16), 'none'])
    expect((await call('DELETE', `/v1/links/keys/${id}`, 'operator')).json().code).toBe('not_found');
  expect((await call('GET', '/v1/links/keys', 'fifth')).json().data).toEqual([]);
});

test('when secrets are kept, then Redis does not have them, and their tenant’s counter does', async () => {
  const used = async () => (await call('GET', '/v1/limits', 'fourth')).json().quotas.redis_bytes.used;
  const before = await used();
  const made = await makeSecret('fourth');
  const redis = connectWorker(api.redis.url);
  const reconciliation = createReconciliation({
    shard: openShard(redis),
    eraseBlob: async () => undefined,
    listBlobs: async function* () {},
  });
  expect((await reconciliation.run()).counters).toBe(0);
  const kept = JSON.stringify(await redis.hgetall(tenantKeys.linkKeys));
  await disconnect(redis);
  expect(kept).toContain(made.id);
  expect(kept).not.toContain(made.secret);
  expect((await used()) - before).toBeGreaterThan(300);
  await call('DELETE', `/v1/links/keys/${made.id}`, 'fourth');
  expect(await used()).toBe(before);
});

test('when links are opened, then they count for their tenant, whoever opens them, and as pictures', async () => {
  const [mine, others] = [signedBy(shop, { url: source }), signedBy(other, { url: source })];
  let last = await open(mine);
  for (let at = 0; last.statusCode === 200 && at < 40; at++) last = await open(mine);
  expect(last.json()).toMatchObject({
    status: 429,
    code: 'rate_limited',
    detail: expect.stringContaining('40 images'),
  });
  expect((await open(others)).statusCode).toBe(200);
  expect((await call('GET', '/v1/links/keys', 'shop')).statusCode).toBe(200);
});

test('when a body of a link says what a link cannot, then it is refused as it would be when it is opened', async () => {
  for (const [body, status] of [
    [{ width: 0 }, 422],
    [{ widht: 1 }, 400],
    [{ url: 'ftp://example.org/a.jpg' }, 400],
    [{ priority: 'high' }, 400],
    [{ fallback: 'red' }, 422],
  ] as const) {
    expect((await call('POST', '/v1/links', 'shop', { url: source, ...body })).statusCode).toBe(status);
  }
});

test('when nobody needs a key, then links need no signature, and a wrong one is told so all the same', async () => {
  const free = await startApiUnderTest();
  const { url, key } = (
    await free.app.inject({ method: 'POST', url: '/v1/links', payload: { url: source, width: 9 } })
  ).json();
  expect([key, new URL(url).search]).toEqual([null, `?${canonicalForm({ url: source, width: '9' })}`]);
  const wrong = await free.app.inject(`/v1/images?url=x&key=${'0'.repeat(16)}&sig=x`);
  expect(wrong.json()).toMatchObject({ status: 403, code: 'forbidden' });
  await free.stop();
});

test('when SIGNING_KEYS change, then secrets are sealed anew at the start, and open when the old key is gone', async () => {
  const startWith = (keys: string) =>
    startApiUnderTest({
      ...settings,
      ...{ REDIS_URL: api.redis.url, STORAGE: `disk:${api.folder}`, SIGNING_KEYS: keys, RATE_LIMIT: 'off' },
    });
  const { pathname, search } = new URL(signedBy(other, { url: source }));
  const statusAt = async ({ app }: ApiUnderTest) => (await app.inject(`${pathname}${search}`)).statusCode;
  const redis = connectWorker(api.redis.url);
  const sealedNow = async () => await redis.hget(tenantKeys.linkKeys, other.id);
  const before = await sealedNow();
  const during = await startWith(`${newKeys},${oldKeys}`);
  while ((await sealedNow()) === before) await new Promise((resolve) => setTimeout(resolve, 5));
  const after = await startWith(newKeys);
  expect([await statusAt(during), await statusAt(after), await statusAt(api)]).toEqual([200, 200, 403]);
  expect(api.log.some(({ linkKeyId }) => linkKeyId === other.id)).toBe(true);
  await Promise.all([during.stop(), after.stop(), disconnect(redis)]);
});

describe('docs/picture-links.md', () => {
  const text = readFileSync(new URL('../../../docs/picture-links.md', import.meta.url), 'utf8');
  const [, secret = ''] = /the secret `([^`]+)`/.exec(text) ?? [];
  const vectors = [...text.matchAll(/^\| `([^`]+)` \| `([\w-]{43})` \|$/gm)];
  const [, printed = ''] = /```text\n(.*)\n```/.exec(text) ?? [];

  test('its vectors are what the service signs', () => {
    expect(vectors).toHaveLength(3);
    for (const [, canonical = '', signature] of vectors) {
      const parameters = Object.fromEntries(new URLSearchParams(canonical));
      expect([canonicalForm(parameters), signatureOf(secret, parameters)]).toEqual([canonical, signature]);
    }
    const [, canonical, signature] = vectors.at(-1) ?? [];
    expect(printed).toBe(`https://pictures.example.org/v1/images?${canonical}&sig=${signature}`);
  });

  const languages: [string, string, string[], string][] = [
    ['js', process.execPath, [], 'sign.mjs'],
    ['python', 'python3', [], 'sign.py'],
    ['php', 'php', [], 'sign.php'],
    ['go', 'go', ['run'], 'sign.go'],
  ];
  for (const [language, command, args, file] of languages) {
    const isThere = spawnSync(command, [language === 'go' ? 'version' : '--version']).status === 0;
    (isThere ? test : test.skip)(`its program in ${language} signs likewise`, async () => {
      const folder = await makeTestFolder();
      const [, program = ''] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text) ?? [];
      await writeFile(join(folder, file), program);
      const { stdout } = await promisify(execFile)(command, [...args, join(folder, file)]);
      expect(stdout).toBe(`${printed}\n`);
    });
  }
});
