/** Cancel, delete, retry and timeline through HTTP, before any worker has touched a job. */
import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { flatPng } from '@tintype/testkit';
import { type ApiUnderTest, form, startApiUnderTest, unknownId } from './api-under-test.ts';

const keyOf = (name: string) => `${name}-0123456789abcdef`;
let api: ApiUnderTest;
beforeAll(async () => {
  const keys = ['mine', 'theirs'].map((name) => `${name}:${keyOf(name)}:thumbnails`).join(',');
  api = await startApiUnderTest({ AUTH: 'required', API_KEYS: keys });
});
afterAll(() => api.stop());

const call = (method: 'GET' | 'POST' | 'DELETE', path: string, key = 'mine') =>
  api.app.inject({ method, url: `/v1/thumbnails${path}`, headers: { 'x-api-key': keyOf(key) } });

async function submit(): Promise<string> {
  const payload = { url: 'https://example.org/a.jpg' };
  const headers = { 'x-api-key': keyOf('mine') };
  return (await api.app.inject({ method: 'POST', url: '/v1/thumbnails', payload, headers })).json().id;
}

test('when a waiting thumbnail is cancelled, then it says so everywhere, and cancelling again answers the same', async () => {
  const id = await submit();
  const first = await call('POST', `/${id}/cancel`);
  expect([first.statusCode, first.json()]).toMatchObject([
    200,
    { id, status: 'cancelled', attempts: 0, error: { code: 'cancelled' }, completed_at: expect.any(String) },
  ]);
  expect(first.json().links).not.toHaveProperty('cancel');
  const again = await call('POST', `/${id}/cancel`);
  expect([again.statusCode, again.json()]).toEqual([200, first.json()]);
  expect((await call('GET', `/${id}`)).json()).toEqual(first.json());
  const file = await call('GET', `/${id}/file`);
  expect([file.statusCode, file.json()]).toMatchObject([404, { code: 'not_found', detail: 'The job was cancelled.' }]);
  const retry = await call('POST', `/${id}/retry`);
  expect([retry.statusCode, retry.json().code]).toEqual([409, 'conflict']);
});

test('when somebody waits for a thumbnail that is cancelled, then the answer comes at once', async () => {
  const id = await submit();
  const waiting = call('GET', `/${id}?wait=30`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await call('POST', `/${id}/cancel`);
  expect((await waiting).json().status).toBe('cancelled');
});

test('when a thumbnail is deleted, then its file and everything of it are gone, and deleting again answers the same', async () => {
  const picture = await flatPng('#123456');
  const sha256 = createHash('sha256').update(picture).digest('hex');
  const { payload, headers } = form({ name: 'file', value: picture, filename: 'a.png' });
  const submitted = await api.app.inject({
    method: 'POST',
    url: '/v1/thumbnails',
    payload,
    headers: { ...headers, 'x-api-key': keyOf('mine') },
  });
  const { id } = submitted.json();
  const path = `${api.folder}/${sha256.slice(0, 2)}/${sha256}`;
  await access(path);
  const first = await call('DELETE', `/${id}`);
  expect([first.statusCode, first.body]).toEqual([204, '']);
  await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
  for (const gone of ['', '/file', '/timeline']) {
    const response = await call('GET', `/${id}${gone}`);
    expect([response.statusCode, response.json().code]).toEqual([410, 'expired']);
  }
  expect((await call('POST', `/${id}/cancel`)).statusCode).toBe(410);
  expect((await call('DELETE', `/${id}`)).statusCode).toBe(204);
});

test('when a cancelled thumbnail is deleted, then it is gone too', async () => {
  const id = await submit();
  await call('POST', `/${id}/cancel`);
  expect((await call('DELETE', `/${id}`)).statusCode).toBe(204);
  expect((await call('GET', `/${id}`)).statusCode).toBe(410);
});

describe.each([
  ['POST', '/cancel'],
  ['DELETE', ''],
  ['POST', '/retry'],
  ['GET', '/timeline'],
] as const)('%s /v1/thumbnails/{id}%s', (method, action) => {
  test.each([unknownId, 'nonsense'])('when the id is %s, then it is 404', async (id) => {
    const response = await call(method, `/${id}${action}`);
    expect([response.statusCode, response.json().code]).toEqual([404, 'not_found']);
  });

  test('when it is another tenant’s, then it is 404 and stays as it is', async () => {
    const id = await submit();
    expect((await call(method, `/${id}${action}`, 'theirs')).statusCode).toBe(404);
    expect((await call('GET', `/${id}`)).json().status).toBe('queued');
  });
});

test('when nothing has failed, then a bulk retry says that it retried nothing; a made-up code is refused', async () => {
  const none = await call('POST', '/retry?code=source_timeout');
  expect([none.statusCode, none.json()]).toEqual([200, { code: 'source_timeout', retried: 0, remaining: 0 }]);
  expect((await call('POST', '/retry?code=bad_luck')).statusCode).toBe(422);
  expect((await call('POST', '/retry')).statusCode).toBe(400);
});

test('when nobody has begun a thumbnail, then its timeline has no attempts', async () => {
  const id = await submit();
  const { statusCode, json } = await call('GET', `/${id}/timeline`);
  expect([statusCode, json()]).toEqual([
    200,
    { id, status: 'queued', created_at: expect.stringMatching(/Z$/), attempts: [] },
  ]);
});
