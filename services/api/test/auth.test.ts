/** Keys, tokens and signed links: who is let in, and what everybody else is told. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectWorker, disconnect, tenantKeys } from '@tintype/redis';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type ApiUnderTest, startApiUnderTest, unknownId } from './api-under-test.ts';

const secret = 'a-secret-of-enough-length';
const jwtSecret = 'a secret for tokens that somebody else makes';
const admin = { 'x-api-key': `${secret}-admin` };
const shop = { 'x-api-key': `${secret}-shop` };
const other = { 'x-api-key': `${secret}-other` };

const { privateKey, publicKey } = await generateKeyPair('ES256');
let provider: Server;
let closed: ApiUnderTest;
let open: ApiUnderTest;
beforeAll(async () => {
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'provider-1', alg: 'ES256' }] });
  provider = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(jwks));
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const address = provider.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  [closed, open] = await Promise.all([
    startApiUnderTest({
      NODE_ENV: 'production',
      API_KEYS: `root:${secret}-admin:admin,shop:${secret}-shop:thumbnails+colours,other:${secret}-other:thumbnails+colours,painter:${secret}-painter:colours`,
      JWT_SECRET: jwtSecret,
      JWKS_URL: `http://127.0.0.1:${port}/jwks.json`,
      JWT_AUDIENCE: 'pictures',
      RATE_LIMIT: 'off',
      COMPAT_ROUTES: 'true',
    }),
    startApiUnderTest({ API_KEYS: `root:${secret}-admin:admin` }),
  ]);
});
afterAll(async () => {
  await Promise.all([closed.stop(), open.stop()]);
  await new Promise((resolve) => provider.close(resolve));
});

type Headers = Record<string, string>;
const get = (url: string, headers: Headers = {}) => closed.app.inject({ url, headers });
const post = (url: string, headers: Headers, payload: object = {}, api = closed) =>
  api.app.inject({ method: 'POST', url, headers, payload });
const probe = `/v1/thumbnails/${unknownId}`;

async function postPicture(headers: Headers): Promise<{ id: string; resized_url: string; links: { file: string } }> {
  return (await post('/v1/thumbnails', headers, { url: 'https://example.org/a.jpg' })).json();
}

test('when keys are required, then no key and wrong ones are 401, a lacking scope 403, and health stays open', async () => {
  const refused = await get(probe);
  expect(refused.json()).toMatchObject({ status: 401, code: 'unauthorized' });
  expect(refused.headers['www-authenticate']).toContain('Bearer');
  expect((await get(probe, { authorization: 'Bearer wrong' })).json()).toMatchObject({
    status: 401,
    detail: 'The key is not known, has expired, or was revoked.',
  });
  expect((await get(probe, admin)).json()).toMatchObject({ status: 403, code: 'forbidden' });
  expect((await get('/metrics')).statusCode).toBe(401);
  expect((await get('/metrics', admin)).statusCode).toBe(200);
  expect((await get('/livez')).statusCode).toBe(200);
  // Who may match colours may poll the job of a match, and no more than that.
  const painter = { 'x-api-key': `${secret}-painter` };
  expect((await get(probe, painter)).statusCode).toBe(404);
  expect((await get(`${probe}/file`, painter)).statusCode).toBe(403);
});

const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
test.each([
  ['Bearer', { authorization: `Bearer ${secret}-shop` }],
  ['Token', { authorization: `Token ${secret}-shop` }],
  ['X-API-Key', shop],
  ['Basic as password', basic(`shop:${secret}-shop`)],
  ['Basic as user', basic(`${secret}-shop:`)],
  ['Basic as user with some password', basic(`${secret}-shop:x`)],
])('when the key comes as %s, then it counts', async (_way, headers: Headers) => {
  expect((await get(probe, headers)).statusCode).toBe(404);
});

function methodOf(word: string): 'GET' | 'POST' | 'DELETE' {
  if (word === 'get') return 'GET';
  if (word === 'delete') return 'DELETE';
  if (word === 'post') return 'POST';
  throw new Error(`nobody has told this test how to call ${word}`);
}

test('when a job is another tenant’s, then it is as if it did not exist, on every route that takes an id', async () => {
  const { id } = await postPicture(shop);
  const { paths } = (await get('/openapi.json')).json();
  const routes = Object.entries<object>(paths).flatMap(([path, operations]) =>
    path.startsWith('/v1/thumbnails/{id}') ? Object.keys(operations).map((method) => ({ method, path })) : [],
  );
  expect(routes.length).toBeGreaterThan(2);
  const old = ['/thumbnail?task_id={id}', '/thumbnail/file?task_id={id}', '/thumbnails/{id}', '/thumbnail/{id}.jpg'];
  const lookUps = ['/v1/thumbnails?id={id}', ...old].map((path) => ({ method: 'get', path }));
  for (const { method, path } of [...routes, ...lookUps]) {
    const url = path.replace('{id}', id);
    const answer = await closed.app.inject({ method: methodOf(method), url, headers: other });
    expect([method, path, answer.statusCode]).toEqual([method, path, 404]);
  }
  const several = await get(`/v1/thumbnails?id=${id}&id=${id}`, other);
  expect(several.json().data).toEqual([]);
  expect((await get(`/v1/thumbnails/${id}`, shop)).statusCode).toBe(200);
});

test('when an admin makes a key, then its secret works, is shown once, kept as a hash, and ends when revoked', async () => {
  const made = await post('/v1/keys', admin, { name: 'page', scopes: ['thumbnails'], tenant: 'shop' });
  expect([made.statusCode, made.headers['cache-control']]).toEqual([201, 'no-store']);
  const { id, key } = made.json();
  expect(made.json()).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{16}$/),
    name: 'page',
    scopes: ['thumbnails'],
    tenant: 'shop',
    created_at: expect.any(String),
    expires_at: null,
    key: expect.stringMatching(/^tt_[0-9a-f]{16}_[\w-]{43}$/),
  });
  const picture = await postPicture(shop);
  const headers = { authorization: `Bearer ${key}` };
  expect((await get(`/v1/thumbnails/${picture.id}`, headers)).statusCode).toBe(200);
  expect((await get('/v1/palettes', headers)).statusCode).toBe(403);
  expect((await get(probe, { authorization: `Bearer ${key.slice(0, -1)}_` })).statusCode).toBe(401);

  const list = await get('/v1/keys', admin);
  const listed = list.json().data.find((entry: { id: string }) => entry.id === id);
  expect(listed).toMatchObject({ name: 'page', last_used_at: expect.any(String) });
  const redis = connectWorker(closed.redis.url);
  const secretPart = key.slice(key.indexOf('_', 3) + 1); // which may have a _ itself
  expect(JSON.stringify(await redis.hgetall(tenantKeys.apiKeys))).not.toContain(secretPart);
  await disconnect(redis);
  expect(list.body).not.toContain(secretPart);

  const revoke = () => closed.app.inject({ method: 'DELETE', url: `/v1/keys/${id}`, headers: admin });
  expect((await revoke()).statusCode).toBe(204);
  expect((await revoke()).statusCode).toBe(404);
  expect((await get(probe, headers)).statusCode).toBe(401);
});

test('when a stored key cannot be read, then it opens nothing, the others stay, and it can be revoked', async () => {
  const made = (await post('/v1/keys', admin, { name: 'damaged', scopes: ['thumbnails'] })).json();
  const redis = connectWorker(closed.redis.url);
  await redis.hset(tenantKeys.apiKeys, made.id, '{"name":"damaged"}');
  await disconnect(redis);
  expect((await get(probe, { 'x-api-key': made.key })).statusCode).toBe(401);
  expect((await get('/v1/keys', admin)).json().data).not.toContainEqual(expect.objectContaining({ id: made.id }));
  const revoked = await closed.app.inject({ method: 'DELETE', url: `/v1/keys/${made.id}`, headers: admin });
  expect(revoked.statusCode).toBe(204);
});

test('when a key has expired, then it is refused', async () => {
  const made = await post('/v1/keys', admin, { name: 'brief', scopes: ['thumbnails'], expires_in_seconds: 1 });
  const headers = { 'x-api-key': made.json().key };
  expect((await get(probe, headers)).statusCode).toBe(404);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect((await get(probe, headers)).statusCode).toBe(401);
});

test.each([
  [{}, 400],
  [{ name: 'x', scopes: [] }, 400],
  [{ name: 'x', scopes: ['everything'] }, 422],
  [{ name: 'a b', scopes: ['admin'] }, 422],
  [{ name: 'x', scopes: ['admin'], secret: 'mine' }, 400],
])('when a key is asked for with %j, then %i', async (body, status) => {
  expect((await post('/v1/keys', admin, body)).statusCode).toBe(status);
});

test('when AUTH is off, then pictures are open and the management of keys still is not', async () => {
  expect((await open.app.inject(probe)).statusCode).toBe(404);
  expect((await open.app.inject('/metrics')).statusCode).toBe(200);
  expect((await open.app.inject('/v1/keys')).statusCode).toBe(401);
  expect((await open.app.inject({ url: '/v1/keys', headers: admin })).statusCode).toBe(200);
  expect((await post('/v1/tokens', {}, {}, open)).statusCode).toBe(401);
});

test('when a key is exchanged for a token, then the token acts for its tenant, within its scopes, and for itself only', async () => {
  const picture = await postPicture(shop);
  const answer = await post('/v1/tokens', shop, { scopes: ['thumbnails'], expires_in_seconds: 60 });
  expect(answer.json()).toMatchObject({ token_type: 'Bearer', tenant: 'shop', scopes: ['thumbnails'] });
  const headers = { authorization: `Bearer ${answer.json().token}` };
  expect((await get(`/v1/thumbnails/${picture.id}`, headers)).statusCode).toBe(200);
  expect((await get('/v1/palettes', headers)).statusCode).toBe(403);
  expect((await post('/v1/tokens', headers)).statusCode).toBe(403);
  expect((await post('/v1/tokens', shop, { scopes: ['admin'] })).statusCode).toBe(403);
  expect((await post('/v1/tokens', shop, { expires_in_seconds: 901 })).statusCode).toBe(422);
  const [head, body, signature] = answer.json().token.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'other' })).toString('base64url');
  expect((await get(probe, { authorization: `Bearer ${head}.${forged}.${signature}` })).statusCode).toBe(401);
});

const inAMinute = Math.floor(Date.now() / 1000) + 60;
const jwt = (claims: JWTPayload, alg = 'HS256', kid?: string, exp: number | null = inAMinute) =>
  new SignJWT({ aud: 'pictures', scope: 'thumbnails', ...(exp !== null && { exp }), ...claims })
    .setProtectedHeader({ alg, ...(kid && { kid }) })
    .sign(alg === 'HS256' ? new TextEncoder().encode(jwtSecret) : privateKey);

test('when a body may be missing, then null is none all the same', async () => {
  const ask = (sent: { headers?: Headers; payload?: string } = {}) =>
    closed.app.inject({ method: 'POST', url: '/v1/tokens', ...sent, headers: { ...shop, ...sent.headers } });
  const headers = { 'content-type': 'application/json' };
  expect([(await ask()).statusCode, (await ask({ headers, payload: '{}' })).statusCode]).toEqual([200, 200]);
  expect((await ask({ headers, payload: 'null' })).json()).toMatchObject({ status: 400, code: 'invalid_request' });
});

test('when tokens come from elsewhere, then those of the secret and of the provider act for their subject', async () => {
  const { id } = await postPicture(shop);
  for (const token of [await jwt({ sub: 'shop' }), await jwt({ sub: 'shop' }, 'ES256', 'provider-1')]) {
    expect((await get(`/v1/thumbnails/${id}`, { authorization: `Bearer ${token}` })).statusCode).toBe(200);
  }
  const stranger = await jwt({ sub: 'stranger' }, 'ES256', 'provider-1');
  expect((await get(`/v1/thumbnails/${id}`, { authorization: `Bearer ${stranger}` })).statusCode).toBe(404);
});

const unsigned = [{ alg: 'none' }, { sub: 'shop', aud: 'pictures', scope: 'thumbnails', exp: 9_999_999_999 }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.');
const confused = async () =>
  new SignJWT({ sub: 'shop', aud: 'pictures', scope: 'thumbnails', exp: 9_999_999_999 })
    .setProtectedHeader({ alg: 'HS256', kid: 'provider-1' })
    .sign(new TextEncoder().encode(JSON.stringify(await exportJWK(publicKey))));

test.each<[string, () => Promise<string>]>([
  ['expired', () => jwt({ sub: 'shop', exp: Math.floor(Date.now() / 1000) - 60 })],
  ['without an end', () => jwt({ sub: 'shop' }, 'HS256', undefined, null)],
  ['without a subject', () => jwt({})],
  ['for somebody else', () => jwt({ sub: 'shop', aud: 'music' })],
  ['of a subject that is no tenant', () => jwt({ sub: 'a b\nc' })],
  ['not signed', async () => `${unsigned}.`],
  ['not signed, with something in its place', async () => `${unsigned}.AAAA`],
  ['signed with the public key as a secret', confused],
  ['of an unknown key of the provider', () => jwt({ sub: 'shop' }, 'ES256', 'provider-2')],
  ['not a token at all', async () => 'a.b.c'],
])('when a token is %s, then 401', async (_what, make) => {
  const answer = await get(probe, { authorization: `Bearer ${await make()}` });
  expect(answer.json()).toMatchObject({ status: 401, code: 'unauthorized' });
});

test('when keys are required, then links to pictures open without one, and only as they were signed', async () => {
  const { id, resized_url, links } = await postPicture(shop);
  expect(links.file).toBe(resized_url);
  const link = new URL(resized_url);
  const path = `${link.pathname}${link.search}`;
  // The job has not run: that it is "not ready" is what only somebody who may see it is told.
  expect((await get(path)).json()).toMatchObject({ status: 409, code: 'not_ready' });
  expect((await get(link.pathname)).statusCode).toBe(401);
  for (const headers of [shop, other, { 'x-api-key': 'none that is known' }]) {
    expect((await get(path, headers)).statusCode).toBe(409);
  }
  const { id: otherId } = await postPicture(other);
  const exp = Number(link.searchParams.get('exp'));
  for (const forged of [
    path.replace(id, otherId),
    path.replace(`exp=${exp}`, `exp=${exp + 1}`),
    path.replace(/sig=.*/, 'sig=AAAA'),
    path.replace(/sig=.*/, 'sig='),
    `${path}&name=large`,
    `${path}&sig=AAAA`,
  ]) {
    expect((await get(forged)).json()).toMatchObject({ status: 403, code: 'forbidden' });
  }
  expect((await get(`/v1/thumbnails/${id}${link.search}`)).statusCode).toBe(401);
  expect((await get(`/v1/thumbnails/${id}`, shop)).json().resized_url).toBe(resized_url);
});

test('when a signed link’s time is over, then it says so', async () => {
  const made = await post('/v1/thumbnails', shop, { url: 'https://example.org/a.jpg', expires_in_seconds: 1 });
  const link = new URL(made.json().resized_url);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const answer = await get(`${link.pathname}${link.search}`);
  expect(answer.json()).toMatchObject({ status: 403, detail: 'The link has expired.' });
});

test('when the signing key is changed, then links of the old one open until it is taken away', async () => {
  const keys = ['the old signing key of this service', 'the new signing key of this service'];
  const start = (SIGNING_KEYS: string) =>
    startApiUnderTest({ AUTH: 'required', API_KEYS: `shop:${secret}-shop:thumbnails`, SIGNING_KEYS });
  const [before, during] = await Promise.all([start(keys[0] ?? ''), start(`${keys[1]},${keys[0]}`)]);
  const made = await post('/v1/thumbnails', shop, { url: 'https://example.org/a.jpg' }, before);
  const link = new URL(made.json().resized_url);
  // The other service has no such thumbnail: 404 says that the signature was right.
  expect((await during.app.inject(`${link.pathname}${link.search}`)).statusCode).toBe(404);
  expect((await closed.app.inject(`${link.pathname}${link.search}`)).statusCode).toBe(403);
  await Promise.all([before.stop(), during.stop()]);
});

test('when several processes share a Redis, then they sign with the same key', async () => {
  const env = { AUTH: 'required', API_KEYS: `shop:${secret}-shop:thumbnails`, REDIS_URL: closed.redis.url };
  const second = await startApiUnderTest(env);
  const { resized_url } = await postPicture(shop);
  const link = new URL(resized_url);
  expect((await second.app.inject(`${link.pathname}${link.search}`)).json()).toMatchObject({ code: 'not_ready' });
  await second.stop();
});

test('when an operator pauses lanes, then others may not, the answer and the metrics say so, and an unknown lane is named', async () => {
  expect((await post('/v1/queue/pause', shop, {})).json()).toMatchObject({ status: 403, code: 'forbidden' });
  expect((await get('/v1/queue', shop)).statusCode).toBe(403);
  expect((await post('/v1/queue/pause', admin, { lanes: ['low', 'high'] })).json()).toEqual({
    paused: ['high', 'low'],
    waiting: expect.any(Number),
    delayed: 0,
    active: 0,
  });
  expect((await get('/metrics', admin)).body).toContain('tintype_queue_paused{lane="low"} 1');
  const unknown = await post('/v1/queue/pause', admin, { lanes: ['lo'] });
  expect(unknown.json()).toMatchObject({ status: 422, code: 'invalid_option' });
  expect(unknown.json().errors).toEqual([{ pointer: '/lanes/0', detail: 'must be one of high, normal, low' }]);
  expect((await post('/v1/queue/resume', admin, { lanes: ['high'] })).json().paused).toEqual(['low']);
  expect((await get('/v1/queue', admin)).json().paused).toEqual(['low']);
  expect((await post('/v1/queue/resume', admin)).json().paused).toEqual([]);
  expect((await get('/metrics', admin)).body).toContain('tintype_queue_paused{lane="low"} 0');
});
