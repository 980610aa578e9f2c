/** Two versions on one Redis and one storage, forward and back, under load: nothing is lost, and nobody notices. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newThumbnailId, renditionOf } from '@tintype/contracts';
import { createReconciliation, createThumbnailQueue } from '@tintype/jobs';
import { openShard } from '@tintype/redis';
import {
  isLongForm,
  documentedKeys as keys,
  type Origin,
  photograph,
  type ServiceUnderTest,
  startOrigin,
} from '@tintype/testkit';
import { type Followed, type MixedLoad, startMixedLoad } from './mixed-load.ts';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { checkOut, isInClone, type ReleasedCheckout } from './released-checkout.ts';
import { until, watchCalls } from './watched-calls.ts';

/** The version before this one. */
const released = { version: '0.1.0', commit: '45ab5f1' };
const isThere = isInClone(released.commit);
if (!isThere) {
  const words = `the commit ${released.commit} of version ${released.version} is not in this clone (a shallow one?)`;
  process.stderr.write(`skipped: ${words}\n`);
}

/** How long each mixture of versions is under load, besides the time in which services start. */
const phaseMs = isLongForm ? 2000 : 1000;
/** By then a worker has looked for dead workers' jobs, and is known by that. */
const knownMs = 2000;
/** From when a proxy sends no more requests to a process until that is stopped: what is on its way arrives before. */
const drainMs = 500;
const adminKey = 'the-key-of-whoever-upgrades';
const asAdmin = { authorization: `Bearer ${adminKey}` };

let checkout: ReleasedCheckout;
let origin: Origin;
let services: OwnServices;
let load: MixedLoad;

(isThere ? describe : describe.skip)(`${released.version} and this version`, () => {
  const here: Version = {};
  const before = (): Version => ({ root: checkout.root });
  beforeAll(async () => {
    checkout = await checkOut(released.commit);
  });
  afterAll(() => checkout.remove());
  beforeEach(async () => {
    origin = await startOrigin();
    services = await openOwnServices({ FETCH_ALLOW: origin.host, API_KEYS: `operator:${adminKey}:admin` });
    load = await startMixedLoad(origin);
  });
  afterEach(async () => {
    load.aim([]);
    await services.stop();
    await origin.close();
  });

  test('when workers and then the API are upgraded under load, then nothing is lost, no answer is wrong, and what this version alone can do waits for it', async () => {
    const { api, worker } = await start(before());
    await services.startWorker(here);
    await sleep(phaseMs);
    // Clients wait meanwhile: more of what they do would show nothing more.
    load.aim([]);
    await sleep(knownMs);
    const id = await addTwoSizes();
    await sleep(knownMs);
    load.aim([api.url]);
    const field = (name: string) => services.redis.hget(keys.job(id), name);
    expect(await field('ats')).toBeNull();
    expect(await services.end(worker)).toBe(0);
    await until('it is done', async () => (await field('finishedOn')) !== null);
    const made = await field('returnvalue');
    expect(made).toContain('"width":40,"height":30');
    expect(made).toContain('"width":80,"height":60');
    await sleep(phaseMs);
    const last = await replaceApi(api, here);
    await finish(last);
    await requireRightCounters(last);
  });

  if (isLongForm) {
    test('when the API and then the workers are taken back under load, then nothing is lost and no answer is wrong', async () => {
      const { api, worker } = await start(here);
      const last = await replaceApi(api, before());
      await replaceWorker(worker, before());
      await finish(last);
    });
  }
});

/** A job of two thumbnails, which version 0.1.0 cannot make; past the API, which takes no such wish yet. */
async function addTwoSizes(): Promise<string> {
  origin.serve('/two-sizes.jpg', await photograph(320, 240, 72));
  const sizes = [
    { name: 'small', ...renditionOf({ width: 40, height: 30 }) },
    { name: 'large', ...renditionOf({ width: 80, height: 60 }) },
  ];
  const id = newThumbnailId();
  await createThumbnailQueue(openShard(services.redis)).add(id, {
    tenant: 'default',
    source: { url: origin.url('/two-sizes.jpg') },
    order: { renditions: sizes, colours: {} },
    priority: 'normal',
    expiresAtMs: Date.now() + 3_600_000,
  });
  return id;
}

type Version = { root?: string };

async function start(version: Version): Promise<{ api: ApiService; worker: ServiceUnderTest }> {
  const [api, worker] = await Promise.all([services.startApi(version), services.startWorker(version)]);
  load.aim([api.url]);
  await sleep(phaseMs);
  return { api, worker };
}

/** The new one comes before the old one goes. */
async function replaceWorker(old: ServiceUnderTest, version: Version): Promise<void> {
  await services.startWorker(version);
  await sleep(phaseMs);
  expect(await services.end(old)).toBe(0);
  await sleep(phaseMs);
}

/** For a while both versions answer; then the one before goes, and the other one takes its port. */
async function replaceApi(old: ApiService, version: Version): Promise<ApiService> {
  const beside = await services.startApi(version);
  load.aim([old.url, beside.url]);
  await sharePossessions(old, beside);
  await sharePossessions(beside, old);
  await sleep(phaseMs);
  load.aim([]);
  await sleep(drainMs);
  expect(await services.end(old)).toBe(0);
  const next = await services.startApi({ ...version, port: old.port });
  load.aim([next.url, beside.url]);
  await sleep(phaseMs);
  return next;
}

/** What one version keeps for a tenant, the other one can use, change and remove. */
async function sharePossessions(one: ApiService, other: ApiService): Promise<void> {
  const { call, serverErrors } = watchCalls();
  const colours = [
    { name: 'Brick', hex: '#8f3b2e', sku: 'B-1' },
    { name: 'Moss', hex: '#5a6b3b' },
  ];
  expect((await call('PUT', `${one.url}/v1/palettes/house`, { body: colours })).status).toBe(201);
  expect((await call('GET', `${other.url}/v1/palettes/house`)).json).toMatchObject({ size: 2, colours });
  const match = (api: ApiService) => call('GET', `${api.url}/v1/colours/match?hex=8f3b2f&palette=house&count=1`);
  expect((await match(other)).json).toMatchObject({ matches: [{ sku: 'B-1' }] });
  const changed = [{ name: 'Clay', hex: '#8f3b2e' }];
  expect((await call('PUT', `${other.url}/v1/palettes/house`, { body: changed })).status).toBe(200);
  expect((await match(one)).json).toMatchObject({ matches: [{ name: 'Clay' }] });
  expect((await call('DELETE', `${other.url}/v1/palettes/house`)).status).toBe(204);

  const wanted = { name: 'shop', scopes: ['thumbnails'] };
  const made = await call('POST', `${one.url}/v1/keys`, { body: wanted, headers: asAdmin });
  const headers = { authorization: `Bearer ${made.json.key}` };
  const token = await call('POST', `${other.url}/v1/tokens`, { body: {}, headers });
  expect([token.status, token.json.tenant]).toEqual([200, 'shop']);
  const listed = await call('GET', `${other.url}/v1/keys`, { headers: asAdmin });
  expect(listed.json).toMatchObject({ data: [{ id: made.json.id }] });
  expect((await call('DELETE', `${other.url}/v1/keys/${made.json.id}`, { headers: asAdmin })).status).toBe(204);
  expect((await call('POST', `${one.url}/v1/tokens`, { body: {}, headers })).status).toBe(401);
  expect(serverErrors).toEqual([]);
}

/** Every id, whoever has made its record, ends as it should, by what the API that runs now tells. */
async function finish(api: ApiService): Promise<void> {
  await load.stop();
  expect({ serverErrors: load.serverErrors, complaints: load.complaints }).toEqual({
    serverErrors: [],
    complaints: [],
  });
  const { call, serverErrors } = watchCalls();
  const wrong: string[] = [];
  for (const one of load.followed) wrong.push(...(await wrongWith(one, api, call)));
  expect(wrong).toEqual([]);
  expect(serverErrors).toEqual([]);
  expect(new Set(load.followed.map(({ what }) => what)).size).toBeGreaterThanOrEqual(12);
}

/**
 * Version 0.1.0 counts nothing. One look of the reconciliation later what is kept is counted right, whoever has made it: so
 * nothing is left of it when all is deleted.
 */
async function requireRightCounters({ url }: ApiService): Promise<void> {
  const { call, serverErrors } = watchCalls();
  const shard = openShard(services.redis);
  const nothing = { eraseBlob: async () => undefined, listBlobs: async function* () {} };
  const reconciliation = createReconciliation({ shard, ...nothing });
  expect((await reconciliation.run()).counters).toBeGreaterThan(0);
  // What ends meanwhile, as uploads do some seconds after their jobs, may change under the hands of one look.
  await until('all counters are right', async () => (await reconciliation.run()).counters === 0);
  const names = await services.redis.keys(keys.job('????????-*-????????????'));
  const { json } = await call('GET', `${url}/v1/limits`);
  expect(json).toMatchObject({ quotas: { jobs: { used: names.length } } });
  for (const name of names) await call('DELETE', `${url}/v1/thumbnails/${name.split(':').at(-1)}`);
  expect((await call('GET', `${url}/v1/limits`)).json).toMatchObject({
    quotas: { jobs: { used: 0 }, disk_bytes: { used: 0 } },
  });
  expect(serverErrors).toEqual([]);
}

type Call = ReturnType<typeof watchCalls>['call'];

async function wrongWith({ id, what, end }: Followed, { url }: ApiService, call: Call): Promise<string[]> {
  const own = `${url}/v1/thumbnails/${id}`;
  if (end.status === 'gone') {
    await until(`${what} ${id} is gone`, async () => (await call('GET', own)).status === 410);
    const left = () => services.redis.exists(...end.blobs.map(keys.referrers));
    await until(`the files of ${what} ${id} are gone`, async () => (await left()) === 0);
    return [];
  }
  const { status, json } = await call('GET', `${own}?wait=20`);
  const told = JSON.stringify(json);
  if (status !== 200 || json.status !== end.status) return [`${what} ${id} is ${status} ${told}`];
  if (end.status === 'failed') return told.includes(`"code":"${end.code}"`) ? [] : [`${what} ${id} is ${told}`];
  if (end.status === 'cancelled' || end.rendition === null) return [];
  const { width, height, format } = end.rendition;
  const size = `"width":${width},"height":${height},"format":"${format}"`;
  if (!told.includes(size)) return [`${what} ${id} is not ${size}: ${told}`];
  const file = await call('GET', `${own}/file`);
  const sha256 = createHash('sha256').update(file.bytes).digest('hex');
  return told.includes(`"sha256":"${sha256}"`) ? [] : [`the file of ${what} ${id} is ${file.status} ${sha256}`];
}
