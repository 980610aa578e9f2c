/** What a tenant keeps is counted, and refused when it is as much as may be; others do not notice. */
import { readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { fits, Limits } from '@tintype/contracts';
import { connectWorker, disconnect, keysOf, type RedisConnection } from '@tintype/redis';
import { flatPng } from '@tintype/testkit';
import { type ApiUnderTest, form, startApiUnderTest, unknownId } from './api-under-test.ts';
import { startCompletingWorker } from './completing-worker.ts';

const quota = { jobs: 100, redisBytes: 2_000_000, diskBytes: 100_000 };
const keyOf = (tenant: string) => ({ 'x-api-key': `a-secret-of-enough-length-${tenant}` });
const tenants = ['greedy', 'modest'];

let api: ApiUnderTest;
let redis: RedisConnection;
beforeAll(async () => {
  api = await startApiUnderTest({
    AUTH: 'required',
    RATE_LIMIT: 'off',
    QUOTA_JOBS: quota.jobs,
    QUOTA_REDIS_BYTES: quota.redisBytes,
    QUOTA_DISK_BYTES: quota.diskBytes,
    API_KEYS: tenants
      .map((tenant) => `${tenant}:${keyOf(tenant)['x-api-key']}:thumbnails+colours+admin:${tenant}`)
      .join(','),
  });
  redis = connectWorker(api.redis.url);
});
afterAll(async () => {
  await disconnect(redis);
  await api.stop();
});
beforeEach(async () => {
  await redis.flushall();
  for (const path of await filesKept()) await rm(path);
});

type Call = { tenant?: string; headers?: Record<string, string>; payload?: string | object | Buffer };

function call(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  { tenant = 'greedy', headers, payload }: Call = {},
) {
  return api.app.inject({ method, url, headers: { ...keyOf(tenant), ...headers }, ...(payload && { payload }) });
}

const postUrl = (more: Call & { body?: object } = {}) =>
  call('POST', '/v1/thumbnails', { ...more, payload: { url: 'https://example.org/a.jpg', ...more.body } });

async function upload(bytes: Buffer, more: Call = {}) {
  const { payload, headers } = form({ name: 'file', value: bytes, filename: 'a.png' });
  return call('POST', '/v1/thumbnails', { ...more, payload, headers: { ...headers, ...more.headers } });
}

const usedBy = async (tenant: string) => {
  const { quotas } = (await call('GET', '/v1/limits', { tenant })).json();
  return { jobs: quotas.jobs.used, redisBytes: quotas.redis_bytes.used, diskBytes: quotas.disk_bytes.used };
};

/** A picture of so many bytes: what stands behind its end is nobody's business here. */
const pictureOf = async (bytes: number, fill = 0) => {
  const picture = await flatPng('#008080');
  return Buffer.concat([picture, Buffer.alloc(bytes - picture.length, fill)]);
};

/** Everything that the storage keeps, receptions that were broken off included. */
async function filesKept(): Promise<string[]> {
  const all = await readdir(api.folder, { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

test('when 200 come at once and 100 may be kept, then exactly 100 are; a replay is answered, and who deletes has room', async () => {
  const repeated = { headers: { 'idempotency-key': 'the-first' } };
  const first = await postUrl(repeated);
  expect(first.statusCode).toBe(202);
  const answers = await Promise.all(Array.from({ length: 199 }, () => postUrl()));
  const taken = answers.filter(({ statusCode }) => statusCode === 202);
  const refused = answers.filter(({ statusCode }) => statusCode === 429);
  expect([taken.length, refused.length]).toEqual([99, 100]);
  const problem = refused[0]?.json();
  expect(problem).toMatchObject({ code: 'quota_exceeded', retryable: false });
  expect(problem.detail).toContain('100 of 100 jobs');
  expect(problem.detail).toContain('DELETE /v1/thumbnails/{id}');
  expect(refused[0]?.headers['retry-after']).toBeUndefined();
  expect((await usedBy('greedy')).jobs).toBe(100);

  const replayed = await postUrl(repeated);
  expect([replayed.statusCode, replayed.json().id]).toEqual([202, first.json().id]);
  expect((await postUrl({ tenant: 'modest' })).statusCode).toBe(202);

  expect((await call('DELETE', `/v1/thumbnails/${first.json().id}`)).statusCode).toBe(204);
  expect((await call('DELETE', `/v1/thumbnails/${first.json().id}`)).statusCode).toBe(204);
  expect((await usedBy('greedy')).jobs).toBe(99);
  expect([(await postUrl()).statusCode, (await postUrl()).statusCode]).toEqual([202, 429]);
});

test('when the disk’s quota is reached, then uploads are refused at once, half-way or at the end, and leave nothing', async () => {
  const first = await upload(await pictureOf(60_000));
  expect(first.statusCode).toBe(202);
  const kept = await filesKept();
  const midway = await upload(await pictureOf(60_000, 1));
  expect(midway.json()).toMatchObject({ status: 429, code: 'quota_exceeded' });
  expect(midway.json().detail).toContain('60000 of 100000 bytes of files');
  // One that may be a repeat is read to its end, and refused by the counter.
  const atEnd = await upload(await pictureOf(60_000, 2), { headers: { 'idempotency-key': 'another' } });
  expect(atEnd.json()).toMatchObject({ status: 429, code: 'quota_exceeded' });
  expect(await filesKept()).toEqual(kept);

  expect((await upload(await pictureOf(40_000, 3))).statusCode).toBe(202);
  expect((await usedBy('greedy')).diskBytes).toBe(100_000);
  for (const answer of [await upload(await flatPng('#000000')), await postUrl()]) {
    expect(answer.json()).toMatchObject({ status: 429, code: 'quota_exceeded' });
  }
  expect((await upload(await pictureOf(60_000), { tenant: 'modest' })).statusCode).toBe(202);
  await call('DELETE', `/v1/thumbnails/${first.json().id}`);
  expect((await usedBy('greedy')).diskBytes).toBe(40_000);
});

test('when an upload is repeated under its Idempotency-Key with everything used up, then it is answered as before', async () => {
  const repeated = { headers: { 'idempotency-key': 'an-upload' } };
  const picture = await pictureOf(100_000);
  const first = await upload(picture, repeated);
  const again = await upload(picture, repeated);
  expect([first.statusCode, again.statusCode, again.json().id]).toEqual([202, 202, first.json().id]);
  expect((await usedBy('greedy')).diskBytes).toBe(100_000);
});

test('when 50 uploads come at once, then not a byte more is kept than may be', async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, fill) => upload(await pictureOf(9_000, fill))),
  );
  expect(answers.filter(({ statusCode }) => statusCode === 202).length).toBe(11);
  expect(await filesKept()).toHaveLength(11);
  expect(await usedBy('greedy')).toMatchObject({ jobs: 11, diskBytes: 99_000 });
});

const colours = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `colour ${i} ${'x'.repeat(150)}`, hex: '#1e3a5f' }));
const putPalette = (name: string, count: number, tenant = 'greedy') =>
  call('PUT', `/v1/palettes/${name}`, { tenant, payload: colours(count) });

test('when palettes fill the quota, then another one, a larger one, a job and a key are refused, and a smaller one is not', async () => {
  expect((await putPalette('a', 4000)).statusCode).toBe(201);
  const used = (await usedBy('greedy')).redisBytes;
  expect(used).toBeGreaterThan(900_000);
  expect((await putPalette('b', 4000)).statusCode).toBe(201);
  expect((await usedBy('greedy')).redisBytes).toBe(2 * used);
  for (const answer of [await putPalette('c', 1000), await putPalette('a', 5000)]) {
    expect(answer.json()).toMatchObject({ status: 429, code: 'quota_exceeded' });
    expect(answer.json().detail).toContain('DELETE /v1/palettes/{name}');
  }
  expect((await call('GET', '/v1/palettes/a')).json().size).toBe(4000);
  expect((await putPalette('a', 3999)).statusCode).toBe(200);
  expect((await putPalette('c', 1000, 'modest')).statusCode).toBe(201);

  // Up to the last byte by jobs.
  let last = await postUrl();
  for (let n = 0; n < 100 && last.statusCode === 202; n += 1) last = await postUrl();
  expect(last.json().code).toBe('quota_exceeded');
  const makeKey = () =>
    call('POST', '/v1/keys', { tenant: 'modest', payload: { name: 'greedy', scopes: ['thumbnails'] } });
  const keys = await Promise.all(Array.from({ length: 20 }, makeKey));
  expect(keys.filter(({ statusCode }) => statusCode === 429).length).toBeGreaterThan(0);
  for (const key of keys) if (key.statusCode === 201) await call('DELETE', `/v1/keys/${key.json().id}`);
  for (const name of ['a', 'b']) expect((await call('DELETE', `/v1/palettes/${name}`)).statusCode).toBe(204);
  const { jobs, redisBytes } = await usedBy('greedy');
  expect([jobs > 0, redisBytes < 10_000 * jobs]).toEqual([true, true]);
});

test('when answers are remembered, then they count until they are forgotten, and a new key is refused when they are too many', async () => {
  const remembered = (key: string) =>
    call('POST', `/v1/thumbnails/${unknownId}/cancel`, { headers: { 'idempotency-key': key } });
  const usedMemory = async () => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  expect((await remembered('first')).statusCode).toBe(404);
  expect((await usedBy('greedy')).redisBytes).toBeGreaterThan(1000);
  const before = await usedMemory();
  let refused = await remembered('0');
  for (let n = 1; n < 3000 && refused.statusCode === 404; n += 1) refused = await remembered(String(n));
  expect(refused.json()).toMatchObject({ status: 429, code: 'quota_exceeded' });
  const again = await remembered('first');
  expect([again.statusCode, again.headers['idempotent-replayed']]).toEqual([404, 'true']);
  const taken = (await usedMemory()) - before;
  process.stderr.write(`remembered answers: ${taken} bytes are taken, ${quota.redisBytes} may be\n`);
  expect(taken).toBeLessThan(quota.redisBytes);

  // A day later: the hours before are not looked at any more.
  const answers = keysOf(0).answersPrefix;
  const hours = await redis.hgetall(`${answers}greedy`);
  await redis.del(`${answers}greedy`);
  for (const [hour, bytes] of Object.entries(hours)) await redis.hset(`${answers}greedy`, Number(hour) - 25, bytes);
  expect((await usedBy('greedy')).redisBytes).toBe(0);
  expect((await remembered('of-the-next-day')).statusCode).toBe(404);
  expect(await redis.hlen(`${answers}greedy`)).toBe(1);
});

test('when 21 requests with include=base64 come under Idempotency-Keys, then what is kept of each is some hundred bytes', async () => {
  const worker = await startCompletingWorker(api);
  const keptBytes = async () => {
    const sizes = await Promise.all((await redis.keys('*')).map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)));
    return sizes.reduce<number>((sum, size) => sum + Number(size ?? 0), 0);
  };
  const post = (n: number) =>
    call('POST', '/v1/thumbnails?wait=10&include=base64', {
      headers: { 'idempotency-key': `base64-${n}` },
      payload: { url: 'https://example.org/a.jpg' },
    });
  await post(-1);
  const [before, countedBefore] = [await keptBytes(), await usedBy('greedy')];
  for (let n = 0; n < 21; n += 1) expect((await post(n)).json().renditions[0].base64).toBeTruthy();
  const counted = (await usedBy('greedy')).redisBytes - countedBefore.redisBytes;
  const taken = (await keptBytes()) - before;
  process.stderr.write(`21 requests under Idempotency-Keys: ${taken} bytes are taken, ${counted} counted\n`);
  expect(counted).toBeLessThan(21 * 6000);
  expect([taken > 0, taken < counted]).toEqual([true, true]);
  await worker.stop();
});

test('when a tenant reads its limits, then they have what is set, what is used, and nothing of others', async () => {
  await postUrl({ tenant: 'modest' });
  const answer = await call('GET', '/v1/limits');
  expect(answer.json()).toMatchObject({
    tenant: 'greedy',
    quotas: {
      jobs: { used: 0, allowed: 100 },
      redis_bytes: { used: 0, allowed: 2_000_000 },
      disk_bytes: { used: 0, allowed: 100_000 },
    },
    rates: [],
    requests: { upload_bytes: 25 * 1024 * 1024 },
    formats: ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'],
    service: { queue_jobs: 100_000, redis_memory_part: 0.8, disk_free_part: 0.05, spared_part: 0.1 },
  });
  expect(fits(Limits, answer.json())).toBe(true);
  expect((await api.app.inject('/v1/limits')).statusCode).toBe(401);
});

test('when nothing was said of quotas, then they are a part of Redis’ memory and of the disk where keys are required, else none', async () => {
  const limit = 256 * 1024 * 1024;
  await redis.config('SET', 'maxmemory', limit);
  const allowedBy = async (settings: Record<string, string>) => {
    const other = await startApiUnderTest({ ...settings, REDIS_URL: api.redis.url });
    const headers = keyOf('modest');
    const { quotas } = (await other.app.inject({ url: '/v1/limits', headers })).json();
    await other.stop();
    return [quotas.jobs.allowed, quotas.redis_bytes.allowed, quotas.disk_bytes.allowed];
  };
  const { blocks, bsize } = await statfs(api.folder);
  const required = { AUTH: 'required', API_KEYS: `modest:${keyOf('modest')['x-api-key']}:thumbnails` };
  expect(await allowedBy(required)).toEqual([1_000_000, limit / 8, Math.floor((blocks * bsize) / 4)]);
  expect(await allowedBy({ ...required, QUOTA_JOBS: 'off', QUOTA_REDIS_BYTES: '5' })).toEqual([
    null,
    5,
    expect.any(Number),
  ]);
  expect(await allowedBy({ AUTH: 'off' })).toEqual([null, null, null]);
  await redis.config('SET', 'maxmemory', 0);
});
