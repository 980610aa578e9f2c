/** What is kept for tenants beside jobs (palettes, keys, earlier answers) in shapes that this version cannot read. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isThumbnailId } from '@tintype/contracts';
import { documentedKeys as keys } from '@tintype/testkit';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { adminKey, openScene, type Scene } from './victims.ts';
import { type CallOptions, until, watchCalls } from './watched-calls.ts';

describe('palettes', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene.stop());
  const path = (name: string) => `/v1/palettes/${name}`;
  const as = (method: string, to: string, body?: unknown) =>
    scene.as('alice', method, to, body === undefined ? {} : { body });
  const colours = [{ name: 'Brick', hex: '#8f3b2e' }];

  const bodies = {
    'no JSON': 'Brick;#8f3b2e',
    'cut off': '[{"name":"Brick","hex":"#8f',
    null: 'null',
    'of a far newer shape': '{"v":99,"space":"oklch","colours":[{"name":"Brick","oklch":[0.4,0.1,30]}]}',
    'with a colour without its value': '[{"name":"Brick"}]',
    'with a value of another form': '[{"name":"Brick","hex":"oklch(0.4 0.1 30)"}]',
  };
  test.each(Object.entries(bodies))(
    'when one is %s, then its tenant is told so, and it can be listed, replaced and removed',
    async (_name, body) => {
      const name = `house-${Object.values(bodies).indexOf(body)}`;
      const spoil = () => scene.services.redis.hset(keys.palettes('alice'), name, body);
      expect((await as('PUT', path(name), colours)).status).toBe(201);
      await spoil();
      const unreadable = { status: 409, json: { code: 'unreadable_record', retryable: false } };
      expect(await as('GET', path(name))).toMatchObject(unreadable);
      expect(await as('GET', `/v1/colours/match?hex=8f3b2e&palette=${name}`)).toMatchObject(unreadable);
      expect((await scene.as('bob', 'GET', path(name))).status).toBe(404);
      const isListed = expect.arrayContaining([expect.objectContaining({ name, kind: 'own' })]);
      expect(await as('GET', '/v1/palettes')).toMatchObject({ status: 200, json: { data: isListed } });

      expect((await as('PUT', path(name), colours)).status).toBe(200);
      expect(await as('GET', path(name))).toMatchObject({ status: 200, json: { colours } });
      await spoil();
      expect((await as('DELETE', path(name))).status).toBe(204);
      expect((await as('GET', path(name))).status).toBe(404);
    },
  );

  test('when the tag of one is of another form, then the list, the palette and a match are answered all the same', async () => {
    expect((await as('PUT', path('tagged'), colours)).status).toBe(201);
    expect((await as('PUT', path('sound'), colours)).status).toBe(201);
    await scene.services.redis.hset(keys.paletteEtags('alice'), 'tagged', 'v99/of-another-form');
    const list = await as('GET', '/v1/palettes');
    expect(list).toMatchObject({
      status: 200,
      json: { data: expect.arrayContaining([expect.objectContaining({ name: 'sound', size: 1 })]) },
    });
    for (const to of [path('tagged'), '/v1/colours/match?hex=8f3b2e&palette=tagged']) {
      expect([to, [200, 409].includes((await as('GET', to)).status)]).toEqual([to, true]);
    }
    expect((await as('DELETE', path('tagged'))).status).toBe(204);
  });

  test('when all of this had been asked, then nothing had been answered with 500 or more', () => {
    expect(scene.serverErrors).toEqual([]);
  });
});

describe('API keys', () => {
  let services: OwnServices;
  let api: ApiService;
  const { call, serverErrors } = watchCalls();
  beforeAll(async () => {
    services = await openOwnServices({ API_KEYS: `root:${adminKey}:admin`, AUTH: 'required', RATE_LIMIT: 'off' });
    api = await services.startApi();
  });
  afterAll(() => services.stop());
  const bearer = (key: string): CallOptions => ({ headers: { authorization: `Bearer ${key}` } });
  const make = async (name: string): Promise<{ id: string; key: string }> => {
    const body = { name, scopes: ['thumbnails', 'colours'] };
    const { status, json } = await call('POST', `${api.url}/v1/keys`, { ...bearer(adminKey), body });
    expect(status).toBe(201);
    return { id: String(json.id), key: String(json.key) };
  };
  const use = async ({ key }: { key: string }) => (await call('GET', `${api.url}/v1/palettes`, bearer(key))).status;
  const list = () => call('GET', `${api.url}/v1/keys`, bearer(adminKey));

  const without = (name: string) => (record: object) => ({ ...record, [name]: undefined });
  const records: Record<string, (record: object) => unknown> = {
    'a list of keys': (record) => [record],
    null: () => null,
    'of a far newer shape': () => ({
      v: 99,
      secret: { scheme: 'argon2id', text: '…' },
      grants: [{ to: 'everything' }],
    }),
    'without its hash': without('secretHash'),
    'without its tenant': without('tenant'),
    'with a hash of another length': (record) => ({ ...record, secretHash: 'abcd' }),
    'with a scope of the future': (record) => ({ ...record, scopes: ['thumbnails', 'telepathy'] }),
    'with a time of creation in words': (record) => ({ ...record, createdAtMs: 'yesterday' }),
  };
  const texts = { 'no JSON': 'shop:secret', 'cut off': '{"name":"sho' };
  const spoilt = [
    ...Object.entries(texts).map(([name, text]) => [name, () => text] as const),
    ...Object.entries(records).map(
      ([name, change]) => [name, (text: string) => JSON.stringify(change(JSON.parse(text)))] as const,
    ),
  ];

  test.each(spoilt)(
    'when the record of one is %s, then it opens nothing, others do, and it can be revoked',
    async (_name, spoil) => {
      const [broken, sound] = [await make('broken'), await make('sound')];
      const { redis } = services;
      await redis.hset(keys.apiKeys, broken.id, spoil((await redis.hget(keys.apiKeys, broken.id)) ?? ''));
      expect(await use(broken)).toBe(401);
      expect(await use(sound)).toBe(200);
      const isThere = expect.arrayContaining([expect.objectContaining({ id: sound.id, name: 'sound' })]);
      expect(await list()).toMatchObject({ status: 200, json: { data: isThere } });
      const revoke = (id: string) => call('DELETE', `${api.url}/v1/keys/${id}`, bearer(adminKey));
      expect((await revoke(broken.id)).status).toBe(204);
      expect(await use(broken)).toBe(401);
      expect((await revoke(broken.id)).status).toBe(404);
      expect((await revoke(sound.id)).status).toBe(204);
    },
  );

  test('when a time in one is of no calendar, then the list is answered', async () => {
    const { redis } = services;
    const [used, endless] = [await make('used'), await make('endless')];
    await redis.hset(keys.apiKeyUses, used.id, 'a moment ago');
    const record = JSON.parse((await redis.hget(keys.apiKeys, endless.id)) ?? '');
    await redis.hset(keys.apiKeys, endless.id, JSON.stringify({ ...record, expiresAtMs: 9e15 }));
    const isThere = expect.arrayContaining([expect.objectContaining({ id: used.id })]);
    expect(await list()).toMatchObject({ status: 200, json: { data: isThere } });
    expect(await use(used)).toBe(200);
    expect(await use(endless)).toBeLessThan(500);
  });

  test('when all of this had been asked, then nothing had been answered with 500 or more', () => {
    expect(serverErrors).toEqual([]);
  });
});

describe('earlier answers', () => {
  let services: OwnServices;
  let api: ApiService;
  const { call, serverErrors } = watchCalls();
  beforeAll(async () => {
    services = await openOwnServices();
    api = await services.startApi();
  });
  afterAll(() => services.stop());

  /** Of some other key. */
  const sealedText = Buffer.alloc(200, 'sealed with something else').toString('base64');
  const spoilt: Record<string, (record: Record<string, string>) => Record<string, string>> = {
    'an answer that is not sealed': () => ({ answer: '{"status":202,"headers":{},"body":"{}"}' }),
    'an answer that is cut off': () => ({ answer: sealedText.slice(0, 40) }),
    'an answer that is too short to be one': () => ({ answer: 'AA==' }),
    'an answer sealed otherwise': () => ({ answer: sealedText }),
  };
  const other = ['an end in words', 'an id that is none'] as const;
  let serial = 0;

  async function sendAndSpoil(spoil: (record: Record<string, string>) => Record<string, string>) {
    const headers = { 'idempotency-key': `order-${serial++}` };
    const send = () =>
      call('POST', `${api.url}/v1/thumbnails`, { headers, body: { url: 'https://example.org/a.jpg' } });
    const before = new Set(await services.redis.keys('*:idempotency:*'));
    const first = await send();
    expect(first.status).toBe(202);
    const added = async () => (await services.redis.keys('*:idempotency:*')).find((key) => !before.has(key));
    await until('it is remembered', async () => (await added()) !== undefined);
    const key = (await added()) ?? '';
    // Nobody has been at it for a while, and it is as release 0.1.0 would have left it.
    await services.redis.hdel(key, 'repeat');
    await services.redis.hset(key, { until: '0', ...spoil(await services.redis.hgetall(key)) });
    return { first, key, send };
  }

  test.each(Object.entries(spoilt))(
    'when there is %s, then the request is done again, once, and answered as itself from then on',
    async (_name, spoil) => {
      const { first, send } = await sendAndSpoil(spoil);
      const again = await send();
      expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, null]);
      expect(isThumbnailId(String(again.json.id))).toBe(true);
      expect((await call('GET', `${api.url}/v1/thumbnails/${again.json.id}`)).status).toBe(200);
      expect((await call('GET', `${api.url}/v1/thumbnails/${first.json.id}`)).status).toBe(200);
      const third = await send();
      expect([third.status, third.headers.get('idempotent-replayed'), third.json.id]).toEqual([
        202,
        'true',
        again.json.id,
      ]);
    },
  );

  test.each(other)('when there is %s, and no answer yet, then the request is done', async (name) => {
    const { send, key } = await sendAndSpoil(() =>
      name === 'an end in words' ? { until: 'soon' } : { id: 'of-another-form' },
    );
    await services.redis.hdel(key, 'answer');
    const again = await send();
    expect(again.status).toBe(202);
    expect(isThumbnailId(String(again.json.id))).toBe(true);
  });

  test('when all of this had been asked, then nothing had been answered with 500 or more', () => {
    expect(serverErrors).toEqual([]);
  });
});
