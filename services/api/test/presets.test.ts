/** Presets: what their file may say, and how requests name them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTestFolder } from '@tintype/testkit';
import { readPresets } from '../src/presets/presets.ts';
import { type ApiUnderTest, form, startApiUnderTest } from './api-under-test.ts';

const presets = {
  avatar: { width: 64, height: 64, format: 'webp', colours: { count: 3 } },
  card: { width: 400, fit: 'inside', sizes: [{ name: 'one' }, { name: 'two', dpr: 2 }] },
  grey: { grayscale: true, position: 'north' },
};

let folder: string;
const fileWith = async (name: string, content: unknown) => {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
let file: string;
let open: ApiUnderTest;
let closed: ApiUnderTest;
beforeAll(async () => {
  folder = await makeTestFolder();
  file = await fileWith('presets.json', { presets });
  open = await startApiUnderTest({ PRESETS_FILE: file });
  closed = await startApiUnderTest({ PRESETS_FILE: file, ONLY_PRESETS: 'true' });
});
afterAll(async () => {
  await open.stop();
  await closed.stop();
});

const url = 'http://example.org/a.png';
const post = ({ app }: ApiUnderTest, options: object) =>
  app.inject({ method: 'POST', url: '/v1/thumbnails', payload: { url, ...options } });

describe('how a request is filled', () => {
  test.each([
    [{ url }, { url }],
    [
      { url, preset: 'avatar' },
      { url, ...presets.avatar },
    ],
    [
      { width: 10, preset: 'avatar', colours: { region: 'edges' } },
      { ...presets.avatar, width: 10, colours: { count: 3, region: 'edges' } },
    ],
    [
      { preset: 'card', sizes: [{ name: 'x', preset: 'grey', width: 9 }] },
      { width: 400, fit: 'inside', sizes: [{ name: 'x', ...presets.grey, width: 9 }] },
    ],
    [{ preset: 7 }, { preset: 7 }],
    [{ preset: '', sizes: [{ name: 'a', preset: '' }] }, { sizes: [{ name: 'a' }] }],
    ['text', 'text'],
  ])('when %j comes, then it is %j', (request, filled) => {
    expect(readPresets(file, false).fill(request)).toEqual(filled);
  });

  test.each([
    [{ preset: 'avatra' }, '/preset', 'did you mean avatar?'],
    [{ preset: 'constructor' }, '/preset', 'there are avatar, card, grey'],
    [{ sizes: [{ name: 'a', preset: 'xyz' }] }, '/sizes/0/preset', 'is no preset'],
    [{ sizes: [{ name: 'a', preset: 'card' }] }, '/sizes/0/preset', 'says sizes'],
    [{ sizes: [{ name: 'a', preset: 'avatar' }] }, '/sizes/0/preset', 'says colours'],
  ])('when %j comes, then it is refused at %s: %s', async (request, pointer, words) => {
    const response = await post(open, request);
    expect([response.statusCode, response.json().errors]).toEqual([
      422,
      [{ pointer, detail: expect.stringContaining(words) }],
    ]);
  });
});

test('when a preset is named as JSON, in a form or in the URL, then it is taken, and its list tells it', async () => {
  expect((await post(open, { preset: 'card' })).statusCode).toBe(202);
  const png = Buffer.from('iVBORw0KGgo=', 'base64');
  const parts = form({ name: 'preset', value: 'avatar' }, { name: 'file', value: png, filename: 'a.png' });
  expect((await open.app.inject({ method: 'POST', url: '/v1/thumbnails', ...parts })).statusCode).toBe(202);
  const raw = { method: 'POST', headers: { 'content-type': 'image/png' }, payload: png } as const;
  expect((await open.app.inject({ ...raw, url: '/v1/thumbnails?preset=grey' })).statusCode).toBe(202);
  expect((await open.app.inject({ ...raw, url: '/v1/thumbnails?preset=gray' })).json().detail).toMatch(/mean grey\?/);
  const list = (await open.app.inject('/v1/presets')).json();
  expect(list).toEqual({ data: Object.entries(presets).map(([name, options]) => ({ name, options })), next: null });
});

test('when only presets are taken, then options are refused with the names that there are', async () => {
  expect((await post(closed, {})).statusCode).toBe(202);
  expect((await post(closed, { preset: 'avatar', metadata: { a: 1 }, expires_in_seconds: 60 })).statusCode).toBe(202);
  expect((await post(closed, { sizes: [{ name: 'a', preset: 'grey' }] })).statusCode).toBe(202);
  for (const options of [{ width: 10 }, { preset: 'grey', blur: 1 }, { sizes: [{ name: 'a', width: 3 }] }]) {
    const response = await post(closed, options);
    expect([response.statusCode, response.json()]).toMatchObject([
      403,
      { code: 'forbidden', detail: 'Only presets are taken here: avatar, card, grey.' },
    ]);
  }
});

test('when a link names a preset, then it is short, and what no link can show, or nobody may ask for, is refused', async () => {
  const sign = ({ app }: ApiUnderTest, options: object) =>
    app.inject({ method: 'POST', url: '/v1/links', payload: { url, ...options } });
  const link = (await sign(open, { preset: 'avatar' })).json();
  expect(link.url).toMatch(/\?preset=avatar&url=[^&]+$/);
  expect((await sign(closed, { preset: 'grey' })).statusCode).toBe(200);
  for (const [options, status, words] of [
    [{ preset: 'card' }, 422, 'says sizes'],
    [{ preset: 'avatra' }, 422, 'did you mean avatar?'],
    [{ preset: 'avatar', width: 3 }, 403, 'Only presets'],
  ] as const) {
    const api = status === 403 ? closed : open;
    const query = Object.fromEntries(Object.entries({ url, ...options }).map(([name, value]) => [name, String(value)]));
    for (const answer of [await sign(api, options), await api.app.inject({ url: '/v1/images', query })])
      expect([answer.statusCode, answer.json().detail]).toEqual([status, expect.stringContaining(words)]);
  }
});

test.each([
  ['is no JSON', '{"presets": {', /PRESETS_FILE=.*is no JSON/],
  [
    'has a word that nobody knows',
    { presets: { avatar: { widht: 3 } } },
    /avatar\/widht is not a known field; did you mean width\?/,
  ],
  ['has an impossible value', { presets: { avatar: { width: 0 } } }, /avatar\/width must be >= 1/],
  [
    'has options that mean nothing together',
    { presets: { a: { fit: 'fill', position: 'north' } } },
    /\/presets\/a\/position is for/,
  ],
  ['has names that are none', { presets: { 'a b': {} } }, /PRESETS_FILE=.*a b/],
  ['is no list of presets', [], /PRESETS_FILE=/],
])('when the file %s, then the start ends in one line that says so', async (_what, content, message) => {
  const path = await fileWith('wrong.json', content);
  expect(() => readPresets(path, false)).toThrow(message);
});

test('when there is no such file, or only presets are taken and there are none, then the start says so', async () => {
  expect(() => readPresets(join(folder, 'nowhere.json'), false)).toThrow(/PRESETS_FILE=.*ENOENT/);
  expect(() => readPresets(undefined, true)).toThrow(/ONLY_PRESETS/);
});

test('when a batch names presets, in its defaults or in an item, then they count for it as for a single picture', async () => {
  const url = 'https://example.org/a.jpg';
  const post = (api: ApiUnderTest, payload: object) => api.app.inject({ method: 'POST', url: '/v1/batches', payload });
  const name = (await open.app.inject('/v1/presets')).json().data[0].name;
  const codesOf = async (api: ApiUnderTest, payload: object) => {
    const { items } = (await post(api, payload)).json();
    return items.map(({ error }: { error: { code: string } | null }) => error?.code ?? null);
  };
  expect(await codesOf(open, { items: [{ url }, { url, preset: 'none' }], defaults: { preset: name } })).toEqual([
    null,
    'invalid_option',
  ]);
  expect(
    await codesOf(closed, {
      items: [
        { url, preset: name },
        { url, width: 50 },
      ],
    }),
  ).toEqual([null, 'forbidden']);
  const refused = (await post(closed, { items: [{ url }], defaults: { width: 50 } })).json();
  expect([refused.code, refused.errors[0].pointer]).toEqual(['forbidden', '/defaults/width']);
});
