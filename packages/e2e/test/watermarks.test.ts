/** Watermarks of running services: asked for in every way, made by a worker that has no file of presets, and changed meanwhile. */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { photograph, type ServiceUnderTest } from '@tintype/testkit';
import sharp from 'sharp';
import {
  bodyOf,
  download,
  endedThumbnail,
  makeThumbnail,
  pictureUrlOf,
  thumbnailIn,
  uploadThumbnail,
} from './calls.ts';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { until } from './watched-calls.ts';

const logoOf = (background: string) =>
  sharp({ create: { width: 40, height: 40, channels: 4, background } })
    .png()
    .toBuffer();

let services: OwnServices;
let api: ApiService;
let worker: ServiceUnderTest;
let picture: Buffer;
let env: Record<string, string>;
beforeAll(async () => {
  services = await openOwnServices();
  env = { PRESETS_FILE: `${services.dataDir}/presets.json`, SAMPLES: 'true' };
  await writeFile(`${services.dataDir}/logo.png`, await logoOf('#ff0000'));
  await writeFile(
    `${services.dataDir}/presets.json`,
    JSON.stringify({
      watermarks: { logo: { file: 'logo.png' } },
      presets: { marked: { width: 80, height: 80, watermark: { name: 'logo', position: 'northwest' } } },
    }),
  );
  api = await services.startApi({ env });
  picture = await photograph(320, 240, 91);
});
afterAll(() => services.stop());

/** Without the file of presets. */
async function startWorker(): Promise<void> {
  worker = await services.startWorker({ env: { FETCH_ALLOW: `localhost:${api.port}` } });
}

/** The colour at a part of the sides: `red` and `green` are those of the two logos. */
async function colourAt(url: string, x: number, y: number): Promise<'red' | 'green' | null> {
  const { data, info } = await sharp(await download(url))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * 3;
  const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
  if (red > 230 && green < 40 && blue < 40) return 'red';
  return green > 230 && red < 40 && blue < 40 ? 'green' : null;
}

async function submit(fields: Record<string, string>): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([picture]), 'picture');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const response = await fetch(`${api.url}/v1/thumbnails`, { method: 'POST', body: form });
  expect(response.status).toBe(202);
  return (await thumbnailIn(response)).id;
}

test('when the file changes while a job waits, then that job has the watermark that it asked for, and new ones the new one', async () => {
  const before = await submit({ watermark: 'logo' });
  await services.end(api);
  await writeFile(`${services.dataDir}/logo.png`, await logoOf('#00ff00'));
  api = await services.startApi({ env, port: api.port });
  const after = await submit({ watermark: 'logo' });
  await startWorker();
  const made = await Promise.all([before, after].map((id) => endedThumbnail(api.url, id)));
  expect(await Promise.all(made.map((one) => colourAt(pictureUrlOf(one), 0.9, 0.9)))).toEqual(['red', 'green']);
  expect(await Promise.all(made.map((one) => colourAt(pictureUrlOf(one), 0.1, 0.1)))).toEqual([null, null]);
});

test('when it is asked for in a form, in JSON, by a preset, in the URL or by a link, then it is upon the picture', async () => {
  const url = `${api.url}/samples/photo.jpg`;
  const watermark = { name: 'logo', position: 'northwest', opacity: 1 };
  const pointed = { name: 'logo', position: { x: 0, y: 0 } };
  const query = 'watermark=logo&watermark.position=northwest&watermark.scale=0.3';
  const raw = { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: picture };
  const made = await Promise.all([
    makeThumbnail(api.url, { url, watermark }),
    makeThumbnail(api.url, { url, preset: 'marked' }),
    uploadThumbnail(api.url, picture, { 'watermark.name': 'logo', 'watermark.position': 'northwest' }),
    uploadThumbnail(api.url, picture, { watermark: JSON.stringify(watermark) }),
    uploadThumbnail(api.url, picture, { watermark: 'logo', 'watermark.position.x': '0', 'watermark.position.y': '0' }),
    fetch(`${api.url}/v1/thumbnails?wait=20&${query}`, raw)
      .then(thumbnailIn)
      .then(({ id }) => endedThumbnail(api.url, id)),
  ]);
  const linkOf = async (body: object) => {
    const headers = { 'content-type': 'application/json' };
    const signed = await fetch(`${api.url}/v1/links`, { method: 'POST', headers, body: JSON.stringify(body) });
    return String((await bodyOf(signed)).url);
  };
  const links = [await linkOf({ url, watermark }), await linkOf({ url, watermark: pointed })];
  const shown = `${api.url}/v1/images?url=${encodeURIComponent(url)}&${query}`;
  for (const one of [...made.map(pictureUrlOf), ...links, shown]) {
    await until('the picture is there', async () => (await fetch(one)).headers.get('retry-after') === null);
    expect([one, await colourAt(one, 0.1, 0.1), await colourAt(one, 0.9, 0.9)]).toEqual([one, 'green', null]);
  }
});

test('when a size or a request says false, then there is none, and an unknown name is refused with those that there are', async () => {
  const sizes = [{ name: 'default' }, { name: 'bare', watermark: false }];
  const both = await uploadThumbnail(api.url, picture, { watermark: 'logo', sizes: JSON.stringify(sizes) });
  const file = `${api.url}/v1/thumbnails/${both.id}/file?name=`;
  expect([await colourAt(`${file}default`, 0.9, 0.9), await colourAt(`${file}bare`, 0.9, 0.9)]).toEqual([
    'green',
    null,
  ]);
  const bare = await uploadThumbnail(api.url, picture, { preset: 'marked', watermark: 'false' });
  expect(await colourAt(pictureUrlOf(bare), 0.1, 0.1)).toBeNull();
  const refused = await fetch(`${api.url}/v1/thumbnails?watermark=seal`, {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: picture,
  });
  expect([refused.status, await bodyOf(refused)]).toMatchObject([
    422,
    { code: 'invalid_option', errors: [{ pointer: '/watermark', detail: expect.stringContaining('there are logo') }] },
  ]);
});

test('when the picture must go to a process of its own, then that has the watermark too', async () => {
  const noise = await sharp(picture).gif().toBuffer();
  const made = await uploadThumbnail(api.url, noise, { watermark: 'logo', frame: 'middle' });
  expect(await colourAt(pictureUrlOf(made), 0.9, 0.9)).toBe('green');
});

test('when the watermark is gone from the storage, then the job waits for it as for any trouble of ours', async () => {
  const sha256 = createHash('sha256')
    .update(await readFile(`${services.dataDir}/logo.png`))
    .digest('hex');
  const path = `${services.dataDir}/blobs/${sha256.slice(0, 2)}/${sha256}`;
  const bytes = await readFile(path);
  await services.end(worker);
  await rm(path);
  const id = await submit({ watermark: 'logo', width: '77' });
  await startWorker();
  const read = async () => thumbnailIn(await fetch(`${api.url}/v1/thumbnails/${id}`));
  await until('an attempt has failed', async () => (await read()).last_error !== undefined);
  expect((await read()).last_error).toMatchObject({ code: 'dependency_unavailable' });
  await writeFile(path, bytes);
  expect(await colourAt(pictureUrlOf(await endedThumbnail(api.url, id)), 0.9, 0.9)).toBe('green');
});
