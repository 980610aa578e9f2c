/** Handing in and looking up, before any worker has touched a job. */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { flatPng } from '@tintype/testkit';
import { type ApiUnderTest, form, startApiUnderTest, unknownId } from './api-under-test.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApiUnderTest({ PUBLIC_URL: 'https://pictures.example.org/' });
});
afterAll(() => api.stop());

const post = (payload: object, headers = {}) =>
  api.app.inject({ method: 'POST', url: '/v1/thumbnails', payload, headers });

test('when a URL is handed in, then the answer is 202 with the whole resource and where to poll', async () => {
  const response = await post({ url: 'https://example.org/a.jpg', metadata: { order: 7 }, expires_in_seconds: 60 });
  const body = response.json();
  expect(response.statusCode).toBe(202);
  const self = `https://pictures.example.org/v1/thumbnails/${body.id}`;
  expect(response.headers).toMatchObject({ location: self, 'retry-after': '1' });
  expect(body).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
    status: 'queued',
    url: 'https://example.org/a.jpg',
    resized_url: `${self}/file`,
    source: { kind: 'url' },
    queue: { position: expect.any(Number), priority: 'normal' },
    attempts: 0,
    error: null,
    metadata: { order: 7 },
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    expires_at: expect.stringMatching(/Z$/),
    links: { self, file: `${self}/file`, cancel: `${self}/cancel` },
  });
  expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBeLessThanOrEqual(60_000);
});

describe('a picture as the whole body', () => {
  const send = async (type: string | null, more: object = {}, query = '?width=50&metadata={"a":"b"}') =>
    api.app.inject({
      method: 'POST',
      url: `/v1/thumbnails${query}`,
      payload: await flatPng('#123456'),
      headers: { ...(type !== null && { 'content-type': type }), ...more },
    });

  test.each(['image/png', 'IMAGE/JPEG; q=1', 'application/octet-stream', 'application/x-www-form-urlencoded', null])(
    'when it comes as %s, then it is an upload with the options of the URL',
    async (type) => {
      const response = await send(type);
      expect([response.statusCode, response.json()]).toMatchObject([
        202,
        { url: null, source: { kind: 'upload' }, metadata: { a: 'b' } },
      ]);
      expect(await readdir(`${api.folder}/incoming`)).toEqual([]);
    },
  );

  test('when it comes again under its key, then it is the same job; with other options it is refused', async () => {
    const key = { 'idempotency-key': 'a-bare-picture' };
    const [first, again] = [await send('image/png', key), await send(null, key)];
    expect([again.statusCode, again.headers['idempotent-replayed'], again.json().id]).toEqual([
      202,
      'true',
      first.json().id,
    ]);
    expect((await send('image/png', key, '?width=60')).json().code).toBe('idempotency_mismatch');
    expect(await readdir(`${api.folder}/incoming`)).toEqual([]);
  });
});

test('when a form has a file without a name, fields that were left empty and a button, then it is taken', async () => {
  const fields = ['width', 'quality', 'colours', 'colours.count', 'metadata'].map((name) => ({ name, value: '' }));
  const button = { name: 'submit', value: 'Send' };
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/thumbnails',
    ...form(...fields, { name: 'file', value: await flatPng('#008080') }, button),
  });
  expect([response.statusCode, response.json()]).toMatchObject([202, { source: { kind: 'upload' }, metadata: {} }]);
});

test('when a form has its picture under another name, without one of its own, and no file for another field, then it is taken', async () => {
  const empty = { name: 'other', value: '', filename: '', type: 'application/octet-stream' };
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/thumbnails',
    ...form(empty, { name: 'image', value: await flatPng('#008080'), type: 'image/png' }, empty),
  });
  expect([response.statusCode, response.json()]).toMatchObject([202, { source: { kind: 'upload' } }]);
  expect(await readdir(`${api.folder}/incoming`)).toEqual([]);
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
])('when JSON comes as %s, then it is read', async (encoding, pack) => {
  const payload = pack(JSON.stringify({ url: 'https://example.org/a.jpg', format: 'jpg', metadata: { encoding } }));
  const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
  const response = await post(payload, { ...headers, 'content-length': String(payload.length) });
  expect([response.statusCode, response.json().metadata]).toEqual([202, { encoding }]);
});

test('when a file is handed in, then it is in the storage under its hash and the job names it', async () => {
  const picture = await flatPng('#008080');
  const sha256 = createHash('sha256').update(picture).digest('hex');
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/thumbnails',
    ...form(
      { name: 'width', value: '50' },
      { name: 'file', value: picture, filename: 'x.gif' },
      { name: 'metadata', value: '{"a":"b"}' },
    ),
  });
  expect(response.statusCode).toBe(202);
  expect(response.json()).toMatchObject({
    url: null,
    source: { kind: 'upload', sha256, bytes: picture.length },
    metadata: { a: 'b' },
  });
  expect(await readFile(`${api.folder}/${sha256.slice(0, 2)}/${sha256}`)).toEqual(picture);
  expect(await readdir(`${api.folder}/incoming`)).toEqual([]);
});

test('when one id is looked up, then the answer is the resource; with several, a list of those that exist', async () => {
  const ids = [];
  for (let i = 0; i < 2; i += 1) ids.push((await post({ url: 'https://example.org/a.jpg' })).json().id);
  const one = await api.app.inject(`/v1/thumbnails?id=${ids[0]}`);
  expect([one.json().id, one.headers['retry-after']]).toEqual([ids[0], '1']);
  const several = await api.app.inject(`/v1/thumbnails?id=${ids[1]}&id=${unknownId}&id=${ids[0]}&id=nonsense`);
  expect(several.json()).toMatchObject({ data: [{ id: ids[1] }, { id: ids[0] }], next: null });
});

test('when a thumbnail is due, then it is 410 before any sweep comes by', async () => {
  const { id } = (await post({ url: 'https://example.org/a.jpg', expires_in_seconds: 1 })).json();
  await new Promise((resolve) => setTimeout(resolve, 1010));
  const response = await api.app.inject(`/v1/thumbnails/${id}`);
  expect([response.statusCode, response.json().code]).toEqual([410, 'expired']);
});

test('when nothing has changed, then a poll with the ETag is 304', async () => {
  const { id } = (await post({ url: 'https://example.org/a.jpg' })).json();
  const first = await api.app.inject(`/v1/thumbnails/${id}`);
  const again = await api.app.inject({
    url: `/v1/thumbnails/${id}`,
    headers: { 'if-none-match': String(first.headers.etag) },
  });
  expect([first.statusCode, again.statusCode, again.body]).toEqual([200, 304, '']);
});

test('when the picture is asked for too early, then it is 409 with a time to come back', async () => {
  const { id } = (await post({ url: 'https://example.org/a.jpg' })).json();
  const file = await api.app.inject(`/v1/thumbnails/${id}/file`);
  expect([file.statusCode, file.json().code, file.headers['retry-after']]).toEqual([409, 'not_ready', '1']);
  const image = await api.app.inject({ url: `/v1/thumbnails/${id}`, headers: { accept: 'image/*' } });
  expect([image.statusCode, image.json().status]).toEqual([202, 'queued']);
});

test.each([
  ['?wait=1', {}],
  ['', { prefer: 'respond-async, wait=1' }],
])(
  'when a client waits (%j) and nobody works, then it is answered after its time with what there is',
  async (query, headers) => {
    const { id } = (await post({ url: 'https://example.org/a.jpg' })).json();
    const response = await api.app.inject({ url: `/v1/thumbnails/${id}${query}`, headers });
    expect([response.statusCode, response.json().status, response.headers['preference-applied']]).toEqual([
      200,
      'queued',
      'wait=1',
    ]);
  },
);

test('when the request names its id, then it comes back; a harmful one is replaced', async () => {
  const mine = await api.app.inject({ url: '/livez', headers: { 'x-request-id': 'order-17.a' } });
  const harmful = await api.app.inject({ url: '/livez', headers: { 'x-request-id': 'a"b{}' } });
  expect(mine.headers['x-request-id']).toBe('order-17.a');
  expect(harmful.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

test('when the Host header is forged, then no link follows it', async () => {
  const response = await post({ url: 'https://example.org/a.jpg' }, { host: 'evil.example' });
  expect(response.body).not.toContain('evil.example');
});

test('when several are looked up, then what goes with one alone is refused', async () => {
  for (const extra of ['wait=1', 'include=base64']) {
    const answer = await api.app.inject(`/v1/thumbnails?id=${unknownId}&id=x&${extra}`);
    expect([answer.statusCode, answer.json().detail]).toEqual([400, expect.stringContaining('goes with one id')]);
  }
});
