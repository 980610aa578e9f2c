/** Whatever comes in is answered with a documented problem, never with a 500. */

import { readdir } from 'node:fs/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { flatPng } from '@tintype/testkit';
import type { InjectOptions } from 'fastify';
import { type ApiUnderTest, form, startApiUnderTest, unknownId } from './api-under-test.ts';

let api: ApiUnderTest;
let picture: Buffer;
beforeAll(async () => {
  [api, picture] = await Promise.all([startApiUnderTest({ UPLOAD_MAX_BYTES: 20_000 }), flatPng('#008080')]);
});
afterAll(() => api.stop());

const json = (payload: string, type = 'application/json'): InjectOptions => ({
  method: 'POST',
  url: '/v1/thumbnails',
  payload,
  headers: { 'content-type': type },
});
const upload = (...parts: Parameters<typeof form>): InjectOptions => ({
  method: 'POST',
  url: '/v1/thumbnails',
  ...form(...parts),
});
const file = (value: Buffer | string) => ({ name: 'file', value, filename: 'a.png' });

async function problemOf(options: InjectOptions) {
  const response = await api.app.inject(options);
  const body = response.json();
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({ status: response.statusCode, request_id: response.headers['x-request-id'] });
  expect(body.type).toBe(`http://localhost:3000/docs/errors#${body.code}`);
  expect(response.body).not.toMatch(/node_modules|\.ts:|at \w+ \(/);
  return {
    status: response.statusCode,
    code: body.code,
    pointers: (body.errors ?? []).map((e: { pointer: string }) => e.pointer),
    detail: body.detail,
  };
}

const raw = (query: string): InjectOptions => ({
  method: 'POST',
  url: `/v1/thumbnails${query}`,
  headers: { 'content-type': 'image/png' },
  payload: picture,
});
const packed = (payload: string | Buffer, encoding: string, type = 'application/json'): InjectOptions => ({
  method: 'POST',
  url: '/v1/thumbnails',
  headers: { 'content-type': type, 'content-encoding': encoding },
  payload,
});
const latin1 = (text: string) => Buffer.from(text, 'latin1');
/** Members of no bytes, one after the other. */
const emptyMembers = Buffer.concat(Array.from({ length: 5000 }, () => gzipSync('')));

test.each<[string, InjectOptions, number, string]>([
  ['malformed JSON', json('{"url":'), 400, 'invalid_request'],
  ['an empty JSON body', json(''), 400, 'invalid_request'],
  ['no body at all', { method: 'POST', url: '/v1/thumbnails' }, 400, 'invalid_request'],
  ['no body for an old route', { method: 'POST', url: '/thumbnail' }, 400, 'invalid_request'],
  ['no form for an old route', { method: 'POST', url: '/thumbnails' }, 415, 'unsupported_media_type'],
  ['JSON that is no object', json('[]'), 400, 'invalid_request'],
  ['JSON null', json('null'), 400, 'invalid_request'],
  ['no URL', json('{}'), 400, 'invalid_request'],
  ['a URL that is none', json('{"url":"picture.jpg"}'), 400, 'invalid_request'],
  ['another scheme', json('{"url":"file:///etc/passwd"}'), 400, 'invalid_request'],
  ['credentials in the URL', json('{"url":"https://user:pass@example.org/"}'), 400, 'invalid_request'],
  ['a method that is not offered', { method: 'QUERY', url: '/readyz' }, 405, 'method_not_allowed'],
  [
    'a body for nobody',
    { method: 'POST', url: '/nothing', payload: '<x/>', headers: { 'content-type': 'text/xml' } },
    404,
    'not_found',
  ],
  ['a truth for a number', { url: `/v1/thumbnails?id=${unknownId}&wait=true` }, 400, 'invalid_request'],
  ['nothing for a number', { url: `/v1/thumbnails?id=${unknownId}&wait=` }, 400, 'invalid_request'],
  ['a part of a number for a whole one', { url: `/v1/thumbnails?id=${unknownId}&wait=0.5` }, 400, 'invalid_request'],
  ['arrays without end', json(`${'['.repeat(30_000)}${']'.repeat(30_000)}`), 400, 'invalid_request'],
  ['objects without end', json(`${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`), 400, 'invalid_request'],
  ['a path that climbs, escaped', { url: '/docs/static/..%2f..%2fpackage.json' }, 404, 'not_found'],
  ['an unknown field', json('{"url":"https://example.org/a.jpg","widht":1}'), 400, 'invalid_request'],
  ['a number as text', json('{"url":"https://example.org/a.jpg","width":"100"}'), 400, 'invalid_request'],
  ['a poisoned prototype', json('{"url":"https://example.org/a.jpg","__proto__":{"x":1}}'), 400, 'invalid_request'],
  ['a width of 0', json('{"url":"https://example.org/a.jpg","width":0}'), 422, 'invalid_option'],
  ['a huge width', json('{"url":"https://example.org/a.jpg","width":100000}'), 422, 'invalid_option'],
  ['an unknown fit', json('{"url":"https://example.org/a.jpg","fit":"stretch"}'), 422, 'invalid_option'],
  ['a bad background', json('{"url":"https://example.org/a.jpg","background":"red;}"}'), 422, 'invalid_option'],
  [
    'too much metadata',
    json(JSON.stringify({ url: 'https://example.org/a.jpg', metadata: { a: 'x'.repeat(3000) } })),
    422,
    'invalid_option',
  ],
  ['nested metadata', json('{"url":"https://example.org/a.jpg","metadata":{"a":{"b":1}}}'), 400, 'invalid_request'],
  [
    'a body too large',
    json(JSON.stringify({ url: `https://example.org/${'a'.repeat(70_000)}` })),
    413,
    'payload_too_large',
  ],
  ['another media type', json('<url/>', 'application/xml'), 415, 'unsupported_media_type'],
  ['a body that says it is a picture', json('xx', 'image/png'), 415, 'not_an_image'],
  ['no bytes of a picture', json('', 'image/png'), 415, 'not_an_image'],
  [
    'JSON that says it is a form',
    json('{"url":"x"}', 'application/x-www-form-urlencoded'),
    415,
    'unsupported_media_type',
  ],
  ['an unknown option in the URL', raw('?widht=5'), 400, 'invalid_request'],
  ['an option out of range in the URL', raw('?width=0'), 422, 'invalid_option'],
  ['JSON that is not packed', packed('{}', 'gzip'), 400, 'invalid_request'],
  ['JSON that is packed and cut off', packed(gzipSync('{}').subarray(0, 15), 'gzip'), 400, 'invalid_request'],
  ['JSON in an unknown coding', packed('{}', 'zstd'), 415, 'unsupported_media_type'],
  [
    'JSON in a coding whose decoder takes megabytes',
    packed(brotliCompressSync('{}'), 'br'),
    415,
    'unsupported_media_type',
  ],
  ['a packed picture', packed('xx', 'gzip', 'image/png'), 415, 'unsupported_media_type'],
  [
    'JSON too large when it is unpacked',
    packed(gzipSync(Buffer.alloc(100_000, ' ')), 'gzip'),
    413,
    'payload_too_large',
  ],
  ['packed bytes out of which nothing comes', packed(emptyMembers, 'gzip'), 413, 'payload_too_large'],
  ['a form without a boundary', json('xx', 'multipart/form-data'), 400, 'invalid_request'],
  ['a form of garbage', json('garbage', 'multipart/form-data; boundary=x'), 400, 'invalid_request'],
  ['a form without a file', upload({ name: 'width', value: '5' }), 400, 'invalid_request'],
  ['an empty file', upload(file('')), 415, 'not_an_image'],
  ['a text file', upload(file('hello')), 415, 'not_an_image'],
  ['an SVG', upload(file('<svg xmlns="http://www.w3.org/2000/svg"/>')), 415, 'unsupported_format'],
  [
    'a file over the limit',
    upload(file(Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(30_000)]))),
    413,
    'payload_too_large',
  ],
  ['an unknown id', { url: `/v1/thumbnails/${unknownId}` }, 404, 'not_found'],
  ['something that is no id', { url: '/v1/thumbnails/..%2Fetc%2Fpasswd' }, 404, 'not_found'],
  ['an id of 5 000 characters', { url: `/v1/thumbnails/${'x'.repeat(5000)}` }, 400, 'invalid_request'],
  ['a file of an unknown id', { url: `/v1/thumbnails/${unknownId}/file` }, 404, 'not_found'],
  ['a look-up without id', { url: '/v1/thumbnails/lookup' }, 400, 'invalid_request'],
  [
    'a look-up of 101 ids',
    { url: `/v1/thumbnails?${Array.from({ length: 101 }, () => `id=${unknownId}`).join('&')}` },
    400,
    'invalid_request',
  ],
  ['a wait that is no number', { url: `/v1/thumbnails/${unknownId}?wait=soon` }, 400, 'invalid_request'],
  ['another method', { method: 'PUT', url: '/v1/thumbnails' }, 405, 'method_not_allowed'],
  ['another path', { url: '/v2/thumbnails' }, 404, 'not_found'],
  ['a broken escape in the path', { url: '/v1/thumbnails/%' }, 400, 'invalid_request'],
])('when %s comes in, then it is a documented problem', async (_name, options, status, code) => {
  expect(await problemOf(options)).toMatchObject({ status, code });
});

test.each<[string, InjectOptions, string]>([
  ['too long a body', json(`"${'a'.repeat(70_000)}"`), 'more than 65536 bytes. A picture is sent as a file of a form'],
  [
    'JSON cut off in its packing',
    packed(gzipSync('{}').subarray(0, 15), 'gzip'),
    'is not gzip, as its Content-Encoding',
  ],
  ['a long body, packed', packed(gzipSync(Buffer.alloc(100_000)), 'gzip'), 'more than 65536 bytes'],
  ['JSON in Latin-1', { ...json(''), payload: latin1('{"url":"https://example.org/caf\xe9.jpg"}') }, 'is not UTF-8'],
  [
    'CSV in Latin-1',
    {
      method: 'PUT',
      url: '/v1/palettes/mine',
      payload: latin1('name,hex\ncaf\xe9,#4b3621\n'),
      headers: { 'content-type': 'text/csv; charset=iso-8859-1' },
    },
    'is not UTF-8',
  ],
  ['a form with a URL', upload({ name: 'url', value: 'https://example.org/a.jpg' }), 'A URL is handed in as JSON.'],
  ['a form without a chosen file', upload({ name: 'file', value: '', filename: '' }), 'send it as the part file'],
  [
    'a background of three digits',
    json('{"url":"https://example.org/a.jpg","background":"#088"}'),
    'must be # and six hex digits, like #008080, or transparent',
  ],
  ['a header that is no type', json('xx', 'image'), 'application/json or multipart/form-data or image/*'],
  ['a name twice in the URL', { url: '/v1/stats?window=15m&window=1h' }, '/window must not come more than once'],
  ['a number twice in the URL', { url: '/v1/thumbnails?limit=1&limit=2' }, '/limit must not come more than once'],
  [
    'a misspelt name in the URL',
    { url: `/v1/thumbnails/${unknownId}?wiat=10` },
    '/wiat is not known in the URL; did you mean wait?',
  ],
  [
    'a misspelt name in the URL of a match',
    { url: '/v1/colours/match?hex=008080&pallete=xkcd' },
    'did you mean palette?',
  ],
  ['a misspelt code', { method: 'POST', url: '/v1/thumbnails/retry?cdoe=internal_error' }, 'did you mean code?'],
  ['ids in one word', { url: `/v1/thumbnails?id=${unknownId},${unknownId}` }, 'Several ids are written ?id=…&id=….'],
  [
    'ids in one word for many',
    { url: `/v1/thumbnails/lookup?id=${unknownId},x` },
    'Several ids are written ?id=…&id=….',
  ],
  [
    'a wait in JSON',
    json('{"url":"https://example.org/a.jpg","wait":10}'),
    '/wait is not a field of the body: write it into the URL, as ?wait=….',
  ],
  [
    'a wait in a form',
    upload({ name: 'wait', value: '10' }, file(latin1('\x89PNG\r\n\x1a\n'))),
    'write it into the URL, as ?wait=…',
  ],
  [
    'a method for nothing here',
    { method: 'PUT', url: '/v1/thumbnails' },
    'PUT is not taken here: use GET or HEAD or POST.',
  ],
])('when %s comes in, then the answer says what to do', async (_name, options, step) => {
  expect((await problemOf(options)).detail).toContain(step);
});

test.each(['utm_source=mail', '_=1795884193', 'v=2', 'waiting_list=1', 'ext=.jpg'])(
  'when a cache or a campaign adds %s to the URL, then that changes nothing',
  async (added) => {
    const picture = await problemOf({ url: `/v1/thumbnails/${unknownId}?${added}` });
    expect(picture).toMatchObject({ status: 404, code: 'not_found' });
  },
);

test.each([
  ['a field', '{"url":"https://example.org/a.jpg","__proto__":1}'],
  ['a field of metadata', '{"url":"https://example.org/a.jpg","metadata":{"__proto__":"a"}}'],
  ['a field of an option', '{"url":"https://example.org/a.jpg","colours":{"__proto__":{"count":3}}}'],
  ['a constructor', '{"url":"https://example.org/a.jpg","constructor":{"prototype":{"x":1}}}'],
])('when %s would change a prototype, then it is refused by its name, in forms too', async (_what, text) => {
  const { url: _url, ...fields }: Record<string, unknown> = JSON.parse(text);
  expect((await problemOf(json(text))).detail).toMatch(/__proto__|constructor/);
  const parts = Object.entries(fields).map(([name, value]) => ({ name, value: JSON.stringify(value) }));
  const inForm = await problemOf(upload(...parts, file(picture)));
  expect(inForm).toMatchObject({ code: 'invalid_request', detail: expect.stringMatching(/__proto__|constructor/) });
  expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
});

test('when no body comes to a route that needs none, then its type does not matter', async () => {
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    const headers = { 'content-type': type };
    const cancel = await problemOf({ method: 'POST', url: `/v1/thumbnails/${unknownId}/cancel`, headers });
    const erase = await problemOf({ method: 'DELETE', url: `/v1/thumbnails/${unknownId}`, headers });
    expect([cancel.code, erase.code]).toEqual(['not_found', 'not_found']);
  }
});

test('when a file comes with metadata that is too large, then it is refused and the file is not kept', async () => {
  const metadata = JSON.stringify({ a: 'x'.repeat(3000) });
  expect(await problemOf(upload(file(picture), { name: 'metadata', value: metadata }))).toMatchObject({
    status: 422,
    pointers: ['/metadata'],
  });
  expect(await readdir(`${api.folder}/incoming`)).toEqual([]);
});

test.each([
  ['a form', () => upload(file(picture)), 'must be a field of the form, not in the URL'],
  ['JSON', () => json('{"url":"https://example.org/a.jpg"}'), 'must be a field of the JSON, not in the URL'],
] as const)('when options of %s stand in the URL, then none is passed over', async (_what, options, detail) => {
  const url = '/v1/thumbnails?width=50&colours.count=3&wait=0&wiat=1';
  const response = await api.app.inject({ ...options(), url });
  expect(response.json()).toMatchObject({
    status: 400,
    errors: [
      { pointer: '/width', detail },
      { pointer: '/colours.count', detail },
      { pointer: '/wiat', detail: 'is not known in the URL; did you mean wait?' },
    ],
  });
  expect(await readdir(`${api.folder}/incoming`)).toEqual([]);
});

test('when bytes are asked for with several ids, then it is refused', async () => {
  const url = `/v1/thumbnails?id=${unknownId}&id=${unknownId}&include=base64`;
  expect(await problemOf({ url })).toMatchObject({ status: 400, code: 'invalid_request' });
});

test('when several files come in a form that takes one, then it is refused and none is kept', async () => {
  const several = { ...upload(file(picture), file(picture)), url: '/v1/colours/match' };
  expect(await problemOf(several)).toMatchObject({ status: 400, code: 'invalid_request' });
  expect(await readdir(`${api.folder}/incoming`)).toEqual([]);
});

test('when fields of a form are wrong, then they are named and the file is not kept', async () => {
  const problem = await problemOf(
    upload(file(picture), { name: 'width', value: 'wide' }, { name: 'hight', value: '1' }),
  );
  expect(problem).toMatchObject({ status: 400, pointers: expect.arrayContaining(['/width', '/hight']) });
  expect(await problemOf(upload(file(picture), { name: 'metadata', value: '{' }))).toMatchObject({
    pointers: ['/metadata'],
  });
  expect(await readdir(`${api.folder}/incoming`)).toEqual([]);
});

test.each([
  ['POST', '/v1/thumbnails'],
  ['POST', '/v1/colours/match'],
  ['PUT', '/v1/palettes/mine'],
] as const)('when a body of plain text comes to %s %s, then it is no media type for that', async (method, url) => {
  const headers = { 'content-type': 'text/plain' };
  const payload = '[{"name":"Petrol","hex":"#005f6a"}]';
  expect(await problemOf({ method, url, headers, payload })).toMatchObject({ code: 'unsupported_media_type' });
});

test.each([
  ['POST', '/v1/counter', 'application/json'],
  ['POST', '/v1/links', 'application/json'],
  ['POST', '/v1/batches', 'application/json'],
  ['PUT', '/v1/palettes/mine', 'application/json or text/csv'],
] as const)('when a form comes to %s %s, which takes none, then it is told to send %s', async (method, url, types) => {
  const { payload, headers } = form({ name: 'digit', value: '7' });
  const problem = await problemOf({ method, url, headers, payload });
  expect(problem).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  expect(problem.detail).toContain(`Send the body as ${types},`);
});

test.each([
  ['/v1/thumbnails', 'GET, HEAD, POST'],
  ['/v1/thumbnails/lookup', 'GET, HEAD'],
  ['/v1/thumbnails/retry', 'POST'],
  [`/v1/thumbnails/${unknownId}`, 'GET, HEAD, DELETE'],
])('when a method does not fit %s, then Allow lists those that do: %s', async (url, allow) => {
  const response = await api.app.inject({ method: 'PUT', url });
  expect([response.statusCode, response.headers.allow]).toEqual([405, allow]);
});

test('when a form is cut off in the middle of the file, then it is refused and nothing is kept', async () => {
  const { payload, headers } = form(file(picture));
  const cut = await problemOf({ method: 'POST', url: '/v1/thumbnails', headers, payload: payload.subarray(0, 200) });
  expect(cut).toMatchObject({ status: 400, code: 'invalid_request' });
  expect(await readdir(`${api.folder}/incoming`)).toEqual([]);
});
