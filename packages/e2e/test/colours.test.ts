/** Colours of pictures through the whole service: matching, regions, other formats. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  flatPng,
  type Origin,
  photograph,
  startOrigin,
  startTintype,
  type Tintype,
  transparentPng,
} from '@tintype/testkit';
import sharp from 'sharp';
import { bodyOf, uploadThumbnail } from './calls.ts';

let tintype: Tintype;
let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
  tintype = await startTintype({ workerEnv: { FETCH_ALLOW: origin.host } });
  origin.serve('/teal.png', await flatPng('#008080'));
  origin.serve('/disc.png', await transparentPng());
  origin.serve('/text', Buffer.from('hello'));
});
afterAll(async () => {
  await tintype.stop();
  await origin.close();
});

const match = (path: string, query = '') =>
  fetch(`${tintype.url}/v1/colours/match?url=${encodeURIComponent(origin.url(path))}${query}`);

/** A white picture with a blue square in the middle. */
function square(): Promise<Buffer> {
  const blue = { create: { width: 144, height: 144, channels: 3, background: '#0000ff' } } as const;
  return sharp({ create: { width: 240, height: 240, channels: 3, background: '#ffffff' } })
    .composite([{ input: blue, left: 48, top: 48 }])
    .removeAlpha()
    .png()
    .toBuffer();
}

test('when a picture is matched by URL, then its colour and the nearest CSS colours answer; again, without a second extraction', async () => {
  const first = await match('/teal.png', '&count=2');
  expect([first.status, await bodyOf(first)]).toEqual([
    200,
    expect.objectContaining({
      url: origin.url('/teal.png'),
      of: 'dominant',
      colour: expect.objectContaining({ hex: '#008080', share: 1, name: 'teal' }),
      background: expect.objectContaining({ hex: '#008080', confidence: 1 }),
      palette: [expect.objectContaining({ hex: '#008080' })],
      matches: [
        { name: 'teal', hex: '#008080', distance: 0, within_tolerance: true },
        expect.objectContaining({ name: 'darkcyan' }),
      ],
      metric: 'ciede2000',
      cache: 'miss',
    }),
  ]);
  expect(await bodyOf(await match('/teal.png'))).toMatchObject({ cache: 'hit', colour: { hex: '#008080' } });
});

test('when the background is asked for, then it is matched; a transparent one has no match', async () => {
  origin.serve('/square.png', await square());
  expect(await bodyOf(await match('/square.png', '&of=background&count=1'))).toMatchObject({
    colour: { hex: '#ffffff' },
    matches: [{ name: 'white' }],
  });
  expect(await bodyOf(await match('/disc.png', '&of=background'))).toMatchObject({
    background: 'transparent',
    colour: null,
    matches: [],
  });
});

test.each([
  ['/status/404', 422, 'source_status'],
  ['/text', 415, 'not_an_image'],
])('when the source is %s, then the answer is %i %s', async (path, status, code) => {
  const response = await match(path);
  expect([response.status, (await bodyOf(response)).code]).toEqual([status, code]);
});

test('when a picture is uploaded to be matched, then form fields are options', async () => {
  const form = new FormData();
  form.set('palette', 'basic16');
  form.set('count', '1');
  form.set('file', new Blob([await flatPng('#fe0102')]), 'red.png');
  const response = await fetch(`${tintype.url}/v1/colours/match`, { method: 'POST', body: form });
  expect([response.status, await bodyOf(response)]).toEqual([
    200,
    expect.objectContaining({
      url: null,
      colour: expect.objectContaining({ hex: '#fe0102' }),
      matches: [expect.objectContaining({ name: 'red' })],
    }),
  ]);
});

test('when the old address is called with HTTP Basic, then it answers the same', async () => {
  const response = await fetch(`${tintype.url}/colours/match?url=${encodeURIComponent(origin.url('/teal.png'))}`, {
    headers: { authorization: `Basic ${Buffer.from('user:password').toString('base64')}` },
  });
  expect(await bodyOf(response)).toMatchObject({ colour: { hex: '#008080' }, matches: [{ name: 'teal' }, {}, {}, {}] });
});

test.each<[string, string, string[]]>([
  ['the middle', '{"region":"centre"}', ['#0000ff']],
  ['the edges', '{"region":"edges"}', ['#ffffff']],
  ['a box', '{"region":{"x":0.35,"y":0.35,"w":0.3,"h":0.3}}', ['#0000ff']],
  ['one colour', '{"count":1}', ['#ffffff']],
])('when colours are asked for of %s, then they are of it', async (_what, colours, expected) => {
  const thumbnail = await uploadThumbnail(tintype.url, await square(), { colours });
  expect(thumbnail.colours?.palette.map(({ hex }) => hex)).toEqual(expected);
  expect(thumbnail.colours?.transparent_share).toBe(0);
});

test('when colours are asked for in another format, then Accept decides', async () => {
  const { id } = await uploadThumbnail(tintype.url, await photograph(300, 200, 3));
  const as = (accept: string) => fetch(`${tintype.url}/v1/thumbnails/${id}/colours`, { headers: { accept } });
  expect((await bodyOf(await as('*/*'))).palette).toHaveLength(5);
  const css = await as('text/css');
  expect(css.headers.get('content-type')).toBe('text/css; charset=utf-8');
  expect(await css.text()).toMatch(
    /^:root {\n {2}--colour-dominant: #[0-9a-f]{6};\n[\s\S]* {2}--colour-5: #[0-9a-f]{6};\n}\n$/,
  );
  const strip = await (await as('image/svg+xml')).text();
  expect(strip).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 600 100"/);
  expect(strip.match(/<rect [^>]*fill="#[0-9a-f]{6}"/g)).toHaveLength(5);
  expect(await (await as('application/x-gimp-palette')).text()).toMatch(
    /^GIMP Palette\nName: Tintype\nColumns: 5\n#\n( *\d+ +\d+ +\d+\t\w+\n){5}( *\d+ +\d+ +\d+\t[a-z]+(-[a-z]+)? \w+\n){1,6}$/,
  );
  expect((await as('audio/ogg')).status).toBe(400);
});

test('when a picture has swatches, then they come with its colours, in CSS under the names that are asked for', async () => {
  const drawn = await sharp(await square())
    .resize(120, 120, { kernel: 'nearest' })
    .png()
    .toBuffer();
  const { id, colours } = await uploadThumbnail(tintype.url, drawn);
  const blue = { hex: '#0000ff', rgb: [0, 0, 255], oklch: [0.452, 0.3132, 264.05], name: 'blue' };
  const nothing = { light_vibrant: null, dark_vibrant: null, muted: null, light_muted: null, dark_muted: null };
  expect(colours?.swatches).toEqual({ vibrant: blue, ...nothing });
  const response = await fetch(`${tintype.url}/v1/thumbnails/${id}/colours?prefix=brand&selector=.card%20h2`, {
    headers: { accept: 'text/css' },
  });
  expect(await response.text()).toMatch(
    /^\.card h2 {\n {2}--brand-dominant: [\s\S]*\n {2}--brand-vibrant: #0000ff;\n[\s\S]*}\n$/,
  );
});

test.each([
  ['the background', { 'colours.ignore': 'background' }],
  ['a name', { 'colours.ignore': 'White' }],
  ['JSON', { colours: '{"ignore":["#fff","black"],"tolerance":2}' }],
])('when %s is ignored, then the rest has all shares', async (_what, fields) => {
  const { colours } = await uploadThumbnail(tintype.url, await square(), fields);
  expect(colours).toMatchObject({
    dominant: { hex: '#0000ff', share: 1 },
    palette: [{ hex: '#0000ff', share: 1 }],
    background: { hex: '#ffffff' },
    accent: null,
    transparent_share: 0,
  });
});

test('when everything is ignored, then there is nothing but the background', async () => {
  const { colours } = await uploadThumbnail(tintype.url, await flatPng('#008080'), { 'colours.ignore': 'teal' });
  expect(colours).toMatchObject({
    dominant: null,
    palette: [],
    average: null,
    text: null,
    background: { hex: '#008080' },
  });
});

test('when colours are ignored under other names, then it is the same work; with another tolerance or count it is not', async () => {
  const picture = await photograph(300, 200, 11);
  const cacheOf = async (colours: string) => (await uploadThumbnail(tintype.url, picture, { colours })).cache;
  expect(await cacheOf('{"ignore":["white","background"]}')).toBe('miss');
  expect(await cacheOf('{"ignore":["background","#FFFFFF"],"tolerance":10}')).toBe('hit');
  expect(await cacheOf('{"ignore":["background","#ffffff"],"tolerance":11}')).toBe('miss');
  expect(await cacheOf('{"ignore":["background","#ffffff"],"count":16}')).toBe('miss');
});

test('when sixteen colours are asked for, then a many-coloured picture has more than eight, for a match too', async () => {
  const { data, info } = await sharp({ create: { width: 160, height: 160, channels: 3, background: '#000' } })
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let pixel = 0; pixel < 160 * 160; pixel++) {
    const place = Math.floor((pixel % 160) / 40) + 4 * Math.floor(pixel / 160 / 40);
    data.set([(place * 97) % 256, (place * 59 + 40) % 256, (place * 151 + 90) % 256], pixel * 3);
  }
  const png = await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .png()
    .toBuffer();
  expect((await uploadThumbnail(tintype.url, png, { 'colours.count': '16' })).colours?.palette).toHaveLength(16);
  origin.serve('/many.png', png);
  expect(await bodyOf(await match('/many.png', '&colours=16&count=2'))).toMatchObject({
    palette: { length: 16 },
    matches: { length: 2 },
  });
});

test('when the background is ignored for a match, then the colour of the rest is matched', async () => {
  origin.serve('/square.png', await square());
  expect(await bodyOf(await match('/square.png', '&ignore=background&ignore=black&colours=1&count=1'))).toMatchObject({
    colour: { hex: '#0000ff', share: 1 },
    matches: [{ name: 'blue' }],
    palette: [{ hex: '#0000ff' }],
    background: { hex: '#ffffff' },
  });
});
