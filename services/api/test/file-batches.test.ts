/** Several files in one form: a batch of uploads, of which nothing is kept that is refused. */
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { batchItemId } from '@tintype/contracts';
import { connectProducer, disconnect, keysOf, type RedisConnection } from '@tintype/redis';
import { flatPng } from '@tintype/testkit';
import { type ApiUnderTest, type FormPart, form, startApiUnderTest } from './api-under-test.ts';

let api: ApiUnderTest;
let redis: RedisConnection;
let pictures: Buffer[];
beforeAll(async () => {
  api = await startApiUnderTest({ UPLOAD_MAX_BYTES: 2000, BATCH_UPLOAD_MAX_BYTES: 5000, QUOTA_DISK_BYTES: 100_000 });
  redis = connectProducer(api.redis.url);
  pictures = await Promise.all(['#112233', '#445566', '#778899'].map((colour) => flatPng(colour)));
});
afterAll(async () => {
  await disconnect(redis);
  await api.stop();
});

const png = { name: 'file', filename: 'a.png', type: 'image/png' };
const fileOf = (value: Buffer | string | undefined): FormPart => ({ ...png, value: value ?? '' });
const field = (name: string, value: string): FormPart => ({ name, value });
/** A picture by its first bytes, as large as is wanted. */
const padded = (bytes: number) =>
  Buffer.concat([pictures[0] ?? Buffer.alloc(0), Buffer.alloc(bytes)]).subarray(0, bytes);

async function send(parts: FormPart[], more: Record<string, string> = {}) {
  const { payload, headers } = form(...parts);
  return api.app.inject({ method: 'POST', url: '/v1/thumbnails', payload, headers: { ...headers, ...more } });
}

/** Files that are kept, and those that are still coming in. */
async function filesKept(): Promise<string[]> {
  const names = await readdir(api.folder, { recursive: true });
  return names.filter((name) => /[0-9a-f]{64}$|^incoming\/./.test(name)).sort();
}

test('when a form has several files, then they are a batch with the options of its fields; one is a thumbnail', async () => {
  const several = [field('width', '50'), ...pictures.map(fileOf), field('metadata', '{"set":"a"}')];
  const response = await send(several);
  const batch = response.json();
  expect([response.statusCode, response.headers.location]).toEqual([202, batch.links.self]);
  expect(batch).toMatchObject({ counts: { total: 3, queued: 3 }, metadata: { set: 'a' } });
  expect(batch.items.map(({ source }: { source: { kind: string } }) => source.kind)).toEqual([
    'upload',
    'upload',
    'upload',
  ]);
  const stored = JSON.parse((await redis.hget(keysOf(0).job(batchItemId(batch.id, 2)), 'data')) ?? '');
  expect(stored).toMatchObject({ batch: batch.id, options: { width: 50 }, metadata: { set: 'a' } });
  expect(await filesKept()).toHaveLength(3);
  expect((await send([fileOf(pictures[0])])).json()).toMatchObject({ status: 'queued', source: { kind: 'upload' } });
  await api.app.inject({ method: 'DELETE', url: `/v1/batches/${batch.id}` });
  expect(await filesKept()).toHaveLength(1);
});

test('when one of several files is no picture, then it is an item with its problem, wherever it stands', async () => {
  const before = await filesKept();
  const response = await send([
    fileOf('no picture'),
    fileOf(pictures[1]),
    fileOf('x'.repeat(1500)),
    fileOf(pictures[2]),
  ]);
  expect(response.statusCode).toBe(202);
  const { id, items, counts } = response.json();
  expect(counts).toMatchObject({ total: 4, queued: 2, failed: 2 });
  expect(items.map((item: { error: { code: string } | null }) => item.error?.code ?? null)).toEqual([
    'not_an_image',
    null,
    'not_an_image',
    null,
  ]);
  expect((await send([fileOf('no picture')])).json().code).toBe('not_an_image');
  await api.app.inject({ method: 'DELETE', url: `/v1/batches/${id}` });
  expect(await filesKept()).toEqual(before);
});

test('when the same files come again under their key, then they are the same batch; others are refused', async () => {
  const key = { 'idempotency-key': 'several-files' };
  const parts = [fileOf(pictures[0]), fileOf('no picture'), fileOf(pictures[1])];
  const [first, again] = [await send(parts, key), await send(parts, key)];
  expect([again.json().id, again.headers['idempotent-replayed']]).toEqual([first.json().id, 'true']);
  expect((await send(parts.slice(0, 2), key)).json().code).toBe('idempotency_mismatch');
  expect((await filesKept()).filter((name) => name.startsWith('incoming'))).toEqual([]);
  await api.app.inject({ method: 'DELETE', url: `/v1/batches/${first.json().id}` });
});

test('when a form is refused whole, then nothing of it is kept, in storage or in Redis', async () => {
  const before = [await filesKept(), (await redis.keys('*batch:*')).length];
  const refusals: [FormPart[], number, string][] = [
    [[fileOf(pictures[0]), fileOf(padded(2001)), fileOf(pictures[1])], 413, 'payload_too_large'],
    [[fileOf(padded(1999)), fileOf(padded(1998)), fileOf(padded(1997))], 413, 'payload_too_large'],
    [[fileOf(pictures[0]), fileOf(pictures[1]), field('width', '0')], 422, 'invalid_option'],
    [
      [fileOf(pictures[0]), fileOf(pictures[1]), field('metadata', JSON.stringify({ a: 'x'.repeat(2050) }))],
      422,
      'invalid_option',
    ],
    [Array.from({ length: 501 }, () => ({ name: 'file', value: 'x', filename: 'a' })), 400, 'invalid_request'],
  ];
  for (const [parts, status, code] of refusals) {
    const refused = await send(parts);
    expect([refused.statusCode, refused.json().code]).toEqual([status, code]);
  }
  expect([await filesKept(), (await redis.keys('*batch:*')).length]).toEqual(before);
});

test('when the tenant may keep only some of the files, then the others have that as their problem, and are not kept', async () => {
  const small = await startApiUnderTest({ QUOTA_DISK_BYTES: 2 * (pictures[0]?.length ?? 0) + 10 });
  const key = { 'idempotency-key': 'more-than-fits' };
  const { payload, headers } = form(...pictures.map(fileOf));
  const post = (more = {}) =>
    small.app.inject({ method: 'POST', url: '/v1/thumbnails', payload, headers: { ...headers, ...more } });
  expect((await post()).json().code).toBe('quota_exceeded');
  const names = async () =>
    (await readdir(small.folder, { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name));
  expect(await names()).toEqual([]);
  const { counts } = (await post(key)).json();
  expect(counts).toMatchObject({ total: 3, queued: 2, failed: 1 });
  expect(await names()).toHaveLength(2);
  await small.stop();
});
