/** Presets: what their file may say, and how requests name them. */
import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTurns } from '@tintype/runtime';
import { makeTestFolder } from '@tintype/testkit';
import { readBatchBody } from '../src/batches/batch-request.ts';
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

test.each([
  [{ preset: 'avatar' }, { width: 64, height: 64, format: 'webp' }],
  [
    { preset: 'avatar', width: 10 },
    { width: 10, height: 64, format: 'webp' },
  ],
  [{ preset: 'grey' }, { width: 50, height: 100, format: 'png', grayscale: true, position: 'north' }],
  [{ preset: '' }, { width: 50, height: 100, format: 'png' }],
  [{}, { width: 50, height: 100, format: 'png', fit: 'inside', sizes: [{ name: 'one' }, { name: 'two', dpr: 2 }] }],
])('when an item %j is in a batch with defaults, then it is %j', async (item, made) => {
  const defaults = { preset: 'card', width: 50, format: 'png' };
  const { fill } = readPresets(file, false);
  const work = createTurns().begin({ tenant: 'a', hasGone: () => false });
  const { items } = await readBatchBody({ items: [{ url, ...item }], defaults }, fill, work);
  expect(items).toEqual([expect.objectContaining(made)]);
  expect('sizes' in Object(items[0])).toBe('sizes' in made);
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
  const data = Object.entries(presets).map(([name, options]) => ({ name, options }));
  expect(list).toEqual({ data, watermarks: [], next: null });
});

test.each(['preset=avatar&preset=grey', 'width=1&width=2', 'crop.x=1&crop.x=2&crop.width=9'])(
  'when %s comes in a form or in the URL of a picture, then nobody guesses which is meant',
  async (query) => {
    const png = Buffer.from('iVBORw0KGgo=', 'base64');
    const fields = [...new URLSearchParams(query)].map(([name, value]) => ({ name, value }));
    const raw = { headers: { 'content-type': 'image/png' }, payload: png, url: `/v1/thumbnails?${query}` };
    const parts = { ...form(...fields, { name: 'file', value: png, filename: 'a.png' }), url: '/v1/thumbnails' };
    const detail = 'must not come more than once';
    const pointer = `/${fields[0]?.name.replace('.', '/')}`;
    for (const sent of [raw, parts]) {
      const refused = await open.app.inject({ method: 'POST', ...sent });
      expect([refused.statusCode, refused.json()]).toMatchObject([
        400,
        { code: 'invalid_request', detail: `${pointer} ${detail}.`, errors: [{ pointer, detail }] },
      ]);
    }
  },
);

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

/** A chunk of PNG, with its sum. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** RGBA, 8 bits each. */
function pngOf(width: number, height: number, ...others: Buffer[]): Buffer {
  return pngWith(
    headerOf(width, height),
    ...others,
    chunk('IDAT', deflateSync(Buffer.alloc(height * (1 + 4 * width)))),
  );
}

function pngWith(header: Buffer, ...others: Buffer[]): Buffer {
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), ...others, chunk('IEND', Buffer.alloc(0))]);
}

function headerOf(width: number, height: number, depth = 8): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, 6, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return header;
}

const noise = (bytes: number) => chunk('IDAT', Buffer.alloc(bytes, 'nonsense'));
const rowsOf = (bytes: number) => chunk('IDAT', deflateSync(Buffer.alloc(bytes)));

function webpOf(kind: string, data: Buffer): Buffer {
  const head = Buffer.from(`RIFF....WEBP${kind}....`, 'latin1');
  head.writeUInt32LE(head.length + data.length - 8, 4);
  head.writeUInt32LE(data.length, 16);
  return Buffer.concat([head, data]);
}

const lossy = webpOf('VP8 ', Buffer.from([0, 0, 0, 0x9d, 0x01, 0x2a, 40, 0, 20, 0]));
const lossless = webpOf('VP8L', Buffer.from([0x2f, 39, 192, 4, 0]));
/** The first chunk tells of 40 × 20 pixels, and further ones are behind it. */
function extended(flags: number, ...others: Buffer[]): Buffer {
  const first = webpOf('VP8X', Buffer.from([flags, 0, 0, 0, 39, 0, 0, 19, 0, 0]));
  const whole = Buffer.concat([first, ...others.map((file) => file.subarray(12))]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}
const changed = (bytes: Buffer, at: number, value: number) => {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
};

test.each([
  ['is not there', null, /\/watermarks\/logo \(logo\.png\): ENOENT/],
  ['is no picture', Buffer.from('<svg/>'), /neither PNG nor WebP/],
  ['is a JPEG', Buffer.from('ffd8ffe000104a46494600', 'hex'), /neither PNG nor WebP/],
  ['has too many bytes', Buffer.alloc(1_000_001), /more than 1000000 bytes/],
  ['has too many pixels', pngOf(1001, 1000), /1001 × 1000 pixels, which are more than 1000000/],
  ['has no pixels', pngOf(0, 10), /is damaged/],
  ['is an animated PNG', pngOf(40, 20, chunk('acTL', Buffer.alloc(8))), /is animated/],
  ['is an animated WebP', extended(0b10), /is animated/],
  ['is cut off', pngOf(40, 20).subarray(0, -5), /is damaged/],
  ['has a bit that is wrong', pngOf(40, 20).map((byte, at) => (at === 20 ? byte ^ 1 : byte)), /is damaged/],
  ['has no data', pngWith(headerOf(40, 20)), /is damaged/],
  ['has data that nobody can read', pngWith(headerOf(40, 20), noise(99)), /is damaged/],
  ['has too few rows', pngWith(headerOf(40, 20), rowsOf(19 * 161)), /is damaged/],
  ['has far too many rows', pngWith(headerOf(40, 20), rowsOf(10_000_000)), /is damaged/],
  ['has pixels of seven bits', pngWith(headerOf(40, 20, 7), rowsOf(20 * 161)), /is damaged/],
  ['is a WebP that is cut off', lossy.subarray(0, -1), /is damaged/],
  ['is a WebP without a picture', extended(0), /is damaged/],
  ['is a WebP whose picture is cut off', changed(lossy, 16, 12), /is damaged/],
  ['is a WebP whose picture has lost its mark', changed(lossy, 23, 0), /is damaged/],
  ['is a WebP whose lossless picture has lost its mark', changed(lossless, 20, 0), /is damaged/],
  ['is a WebP whose first part is longer than all', changed(lossy, 21, 1), /is damaged/],
  ['is a WebP of another size than it says', extended(0, changed(lossy, 26, 41)), /is damaged/],
])('when the file of a watermark %s, then the start ends in a line that names it', async (_what, bytes, message) => {
  const path = await fileWith('marks.json', { watermarks: { logo: { file: 'logo.png' } } });
  await rm(join(folder, 'logo.png'), { force: true });
  if (bytes) await writeFile(join(folder, 'logo.png'), bytes);
  expect(() => readPresets(path, false)).toThrow(message);
  expect(() => readPresets(path, false)).toThrow(/PRESETS_FILE=.*\/watermarks\/logo/);
});

test.each([
  [{ watermarks: { 'a b': { file: 'good.png' } } }, /a b/],
  [{ watermarks: { false: { file: 'good.png' } } }, /stands for none/],
  [{ watermarks: { logo: { path: 'good.png' } } }, /watermarks\/logo/],
  [{ watermarks: { logo: 'good.png' } }, /watermarks\/logo/],
  [{ watermarks: {}, presets: { a: { watermark: 'logo' } } }, /\/presets\/a\/watermark is no watermark/],
  [{ presets: { a: { watermark: { name: 'logo', scale: 2 } } } }, /presets\/a\/watermark/],
])('when the file of presets says %j, then the start says what is wrong', async (content, message) => {
  await writeFile(join(folder, 'good.png'), pngOf(40, 20));
  const path = await fileWith('marks.json', content);
  expect(() => readPresets(path, false)).toThrow(message);
});

test('when watermarks are PNG or WebP, then they are known by their sha256, and only presets may name them where that is so', async () => {
  const good = {
    good: pngOf(1000, 1000),
    lossy,
    flat: extended(0, lossy),
    lossless,
  };
  for (const [name, bytes] of Object.entries(good)) await writeFile(join(folder, name), bytes);
  const path = await fileWith('marks.json', {
    watermarks: Object.fromEntries(Object.keys(good).map((name) => [name, { file: name }])),
    presets: { marked: { watermark: 'good' } },
  });
  const { watermarks, fill, list } = readPresets(path, true);
  expect(list().watermarks.map(({ name }) => name)).toEqual(Object.keys(good));
  for (const [name, bytes] of Object.entries(good)) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect([watermarks.names.get(name), watermarks.bytesOf(sha256)]).toEqual([sha256, bytes]);
    expect(list().watermarks).toContainEqual({ name, sha256 });
  }
  expect(fill({ preset: 'marked' })).toEqual({ watermark: 'good' });
  expect(() => fill({ watermark: 'good' })).toThrow(/Only presets are taken here: marked/);
});
