/** The main job against real processes: a picture in by URL or upload, its thumbnail and colours out. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  flatPng,
  isLongForm,
  type Origin,
  photograph,
  startOrigin,
  startTintype,
  type Tintype,
  transparentPng,
} from '@tintype/testkit';
import sharp from 'sharp';
import { bodyOf, download, makeThumbnail, pictureUrlOf, thumbnailIn, uploadThumbnail } from './calls.ts';

let tintype: Tintype;
let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
  tintype = await startTintype({
    workerEnv: { FETCH_ALLOW: origin.host, FETCH_TIMEOUT_MS: '1500', FETCH_MAX_BYTES: '2000000' },
  });
});
afterAll(async () => {
  await tintype.stop();
  await origin.close();
});

describe('a picture comes out', () => {
  test('when a photograph is handed in by URL, then its thumbnail, colours and facts come out as the contract says', async () => {
    const photo = await photograph(1200, 800);
    origin.serve('/photo.jpg', photo);
    const thumbnail = await makeThumbnail(tintype.url, { url: origin.url('/photo.jpg'), metadata: { order: 'a-17' } });
    expect(thumbnail).toMatchObject({
      status: 'completed',
      url: origin.url('/photo.jpg'),
      source: { kind: 'url', bytes: photo.length, width: 1200, height: 800, format: 'jpeg', has_alpha: false },
      renditions: [{ name: 'default', width: 100, height: 100, format: 'jpeg' }],
      cache: 'miss',
      attempts: 1,
      error: null,
      metadata: { order: 'a-17' },
    });
    expect(await sharp(await download(pictureUrlOf(thumbnail))).metadata()).toMatchObject({
      format: 'jpeg',
      width: 100,
      height: 100,
    });
    const shares = thumbnail.colours?.palette.map(({ share }) => share) ?? [];
    expect(Math.round(10_000 * shares.reduce((sum, share) => sum + share, 0))).toBe(10_000);
  });

  test('when a flat picture is uploaded, then its colour is exact and has its name', async () => {
    const thumbnail = await uploadThumbnail(tintype.url, await flatPng('#008080'));
    expect(thumbnail.colours).toMatchObject({
      dominant: { hex: '#008080', rgb: [0, 128, 128], share: 1, name: 'teal' },
      background: { hex: '#008080', confidence: 1 },
      palette: [{ hex: '#008080', share: 1 }],
      transparent_share: 0,
    });
  });

  test('when a picture has transparency, then it stays, and what is hidden has no colour', async () => {
    const thumbnail = await uploadThumbnail(tintype.url, await transparentPng());
    expect(thumbnail).toMatchObject({ source: { format: 'png', has_alpha: true }, renditions: [{ format: 'webp' }] });
    expect(thumbnail.colours).toMatchObject({ background: 'transparent', dominant: { hex: '#eb6e34' } });
    expect((await sharp(await download(pictureUrlOf(thumbnail))).metadata()).hasAlpha).toBe(true);
  });

  test('when options are given as form fields, then they count', async () => {
    const fields = { width: '64', height: '32', fit: 'fill', format: 'png', metadata: '{"a":1}' };
    const thumbnail = await uploadThumbnail(tintype.url, await photograph(300, 200), fields);
    expect(thumbnail).toMatchObject({ renditions: [{ width: 64, height: 32, format: 'png' }], metadata: { a: 1 } });
  });

  test('when the bytes are asked for with the resource, then they are the file', async () => {
    const made = await uploadThumbnail(tintype.url, await flatPng('#ff0000'));
    const { id } = made;
    const withBytes = await thumbnailIn(await fetch(`${tintype.url}/v1/thumbnails/${id}?include=base64`));
    expect(Buffer.from(withBytes.renditions?.[0]?.base64 ?? '', 'base64')).toEqual(await download(pictureUrlOf(made)));
  });

  test('when an image is accepted instead of JSON, then the resource’s address answers with the picture', async () => {
    const { links } = await uploadThumbnail(tintype.url, await flatPng('#ff0000'));
    const response = await fetch(links.self, { headers: { accept: 'image/*' } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  });

  // In the short form `documents.test.ts` has the same sample fetched by workers of the same settings.
  if (isLongForm) {
    test('when the sample of the API itself is named, then workers may fetch it', async () => {
      const own = await startTintype();
      try {
        const thumbnail = await makeThumbnail(own.url, { url: `${own.url}/samples/photo.jpg` });
        expect(thumbnail).toMatchObject({ status: 'completed', source: { width: 1600, height: 1067 } });
      } finally {
        await own.stop();
      }
    });
  }
});

describe('several sizes', () => {
  const sizes = [
    { name: 'large', width: 300, height: 200, fit: 'inside' },
    { name: 'small', width: 40, height: 40 },
    { name: 'turned', width: 40, height: 60, rotate: 90, format: 'png' },
  ];

  test('when a picture is wanted in several sizes, then each has its file by its name, and the first one is the usual', async () => {
    const made = await uploadThumbnail(tintype.url, await photograph(600, 400, 11), {
      sizes: JSON.stringify(sizes),
      quality: '60',
    });
    expect(made.renditions).toMatchObject([
      { name: 'large', width: 300, height: 200, format: 'jpeg' },
      { name: 'small', width: 40, height: 40, format: 'jpeg' },
      { name: 'turned', width: 40, height: 60, format: 'png' },
    ]);
    const [large, small, turned] = await Promise.all((made.renditions ?? []).map(({ url }) => download(url)));
    expect(await download(pictureUrlOf(made))).toEqual(large);
    expect([small, turned].map((bytes) => bytes?.length)).toEqual(made.renditions?.slice(1).map(({ bytes }) => bytes));
    const withBytes = await thumbnailIn(await fetch(`${made.links.self}?include=base64`));
    expect(withBytes.renditions?.map(({ base64 }) => base64)).toEqual(
      [large, small, turned].map((bytes) => bytes?.toString('base64')),
    );
    const unknown = await fetch(`${made.links.file}?name=huge`);
    expect([unknown.status, await bodyOf(unknown)]).toMatchObject([
      404,
      { detail: 'There is no rendition "huge"; there are large, small, turned.' },
    ]);
  });

  test('when a size was made before, then only the others are work', async () => {
    const picture = await photograph(300, 300, 12);
    await uploadThumbnail(tintype.url, picture, { width: '40', height: '40' });
    const again = { sizes: JSON.stringify([{ name: 'any', width: 40, height: 40 }]) };
    expect(await uploadThumbnail(tintype.url, picture, again)).toMatchObject({
      cache: 'hit',
      renditions: [{ name: 'any', width: 40 }],
    });
  });

  test('when options are said field by field, in a form or in the URL, then they mean the same', async () => {
    const picture = await photograph(300, 300, 13);
    const fields = { 'position.x': '0.2', 'position.y': '1', 'crop.x': '10%', 'crop.y': '0', 'crop.width': '90%' };
    const said = {
      ...fields,
      'crop.height': '120',
      rotate: '90',
      dpr: '1.5',
      padding: '4',
      grayscale: 'true',
      trim: '3',
    };
    const inForm = await uploadThumbnail(tintype.url, picture, said);
    const response = await fetch(`${tintype.url}/v1/thumbnails?wait=20&${new URLSearchParams(said)}`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: new Uint8Array(picture),
    });
    const inUrl = await thumbnailIn(response);
    expect(inForm.renditions).toMatchObject([{ width: 162, height: 162 }]);
    expect(inUrl.cache).toBe('hit');
  });

  test.each([
    [{ sizes: [{ name: 'a' }, { name: 'a' }] }, 422, '/sizes/1/name'],
    [{ sizes: Array.from({ length: 13 }, (_, at) => ({ name: `${at}` })) }, 422, '/sizes'],
    [{ sizes: [{ name: 'a', position: 'north', fit: 'fill' }] }, 422, '/sizes/0/position'],
    [{ sizes: [{ width: 10 }] }, 400, '/sizes/0/name'],
    [{ sizes: [{ name: 'a', widht: 10 }] }, 400, '/sizes/0/widht'],
    [{ crop: { x: 0, y: 0, width: '120%', height: 10 } }, 422, '/crop/width'],
    [{ max_bytes: 10 }, 422, '/max_bytes'],
    [{ rotate: 45 }, 422, '/rotate'],
  ])('when %j is asked for, then it is refused at the door: %i %s', async (options, status, pointer) => {
    const response = await fetch(`${tintype.url}/v1/thumbnails`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: 'http://example.org/a.jpg', ...options }),
    });
    const { errors } = await bodyOf(response);
    expect([response.status, Array.isArray(errors) ? errors[0] : errors]).toMatchObject([status, { pointer }]);
  });
});

describe('the same work', () => {
  test('when the same bytes come again with the same options, then the work is reused under an id of its own', async () => {
    const picture = await photograph(400, 300, 5);
    const first = await uploadThumbnail(tintype.url, picture);
    origin.serve('/again.jpg', picture);
    const second = await makeThumbnail(tintype.url, { url: origin.url('/again.jpg') });
    expect([first.cache, second.cache]).toEqual(['miss', 'hit']);
    expect(second.id).not.toBe(first.id);
    expect(second.colours).toEqual(first.colours);
    expect(await download(pictureUrlOf(second))).toEqual(await download(pictureUrlOf(first)));
  });

  test('when the options differ, then it is other work', async () => {
    const picture = await photograph(400, 300, 6);
    await uploadThumbnail(tintype.url, picture);
    expect(await uploadThumbnail(tintype.url, picture, { width: '50' })).toMatchObject({
      cache: 'miss',
      renditions: [{ width: 50 }],
    });
  });
});

describe('the file', () => {
  test('when it is fetched, then it can be cached for ever, is inert, and is told by its hash', async () => {
    const made = await uploadThumbnail(tintype.url, await photograph(300, 300, 7));
    const [pictureUrl, { renditions }] = [pictureUrlOf(made), made];
    const response = await fetch(pictureUrl);
    const etag = `"${renditions?.[0]?.sha256}"`;
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag,
      'cache-control': expect.stringMatching(/^public, max-age=25\d{5}, immutable$/),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'content-length': String(renditions?.[0]?.bytes),
    });
    expect((await fetch(pictureUrl, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await fetch(pictureUrl, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    const head = await fetch(pictureUrl, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(renditions?.[0]?.bytes)]);
  });

  test.each([
    ['bytes=0-9', 206, 0, 10],
    ['bytes=5-', 206, 5, undefined],
    ['bytes=-4', 206, -4, undefined],
    ['bytes=0-0', 206, 0, 1],
    ['bytes=10-5', 200, 0, undefined],
    ['lines=1-2', 200, 0, undefined],
  ])('when %s is asked for, then %i with exactly those bytes', async (range, status, start, end) => {
    const pictureUrl = pictureUrlOf(await uploadThumbnail(tintype.url, await flatPng('#00ff00')));
    const whole = await download(pictureUrl);
    const response = await fetch(pictureUrl, { headers: { range } });
    expect(response.status).toBe(status);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(whole.subarray(start, end));
  });

  test('when the range lies outside, then it is 416 with the length', async () => {
    const made = await uploadThumbnail(tintype.url, await flatPng('#00ff00'));
    const [pictureUrl, { renditions }] = [pictureUrlOf(made), made];
    const response = await fetch(pictureUrl, { headers: { range: 'bytes=999999-' } });
    expect([response.status, response.headers.get('content-range')]).toEqual([
      416,
      `bytes */${renditions?.[0]?.bytes}`,
    ]);
    expect(await response.json()).toMatchObject({ code: 'range_not_satisfiable' });
  });
});

describe('bad sources', () => {
  const sources: [path: string, code: string][] = [
    ['/status/404', 'source_status'],
    ['/status/403', 'source_status'],
    ['/never', 'source_timeout'],
    ['/slow-headers', 'source_timeout'],
    ['/drip', 'source_timeout'],
    ['/loop', 'source_status'],
    ['/text', 'not_an_image'],
    ['/empty', 'not_an_image'],
    ['/svg', 'unsupported_format'],
    ['/truncated', 'corrupt_image'],
    ['/huge', 'source_too_large'],
    ['/endless', 'source_too_large'],
  ];
  const made = new Map<string, Awaited<ReturnType<typeof makeThumbnail>>>();
  // At once: most of them are waited for.
  beforeAll(async () => {
    const photo = await photograph(300, 200, 8);
    origin.serve('/text', Buffer.from('hello'));
    origin.serve('/empty', Buffer.alloc(0));
    origin.serve('/svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'));
    origin.serve('/truncated', photo.subarray(0, photo.length / 2));
    origin.serve('/huge', Buffer.concat([photo, Buffer.alloc(2_500_000)]));
    const make = async (path: string) =>
      void made.set(path, await makeThumbnail(tintype.url, { url: origin.url(path) }));
    await Promise.all(sources.map(([path]) => make(path)));
  });

  test.each(sources)('when the source is %s, then the job fails as %s and the file says so', async (path, code) => {
    const thumbnail = made.get(path);
    if (!thumbnail) throw new Error(`${path} was not handed in`);
    expect([thumbnail.status, thumbnail.error?.code]).toEqual(['failed', code]);
    expect(JSON.stringify(thumbnail.error)).not.toMatch(/node_modules|\.ts:|undici|vips/i);
    const file = await fetch(thumbnail.links.file);
    expect([file.status, (await bodyOf(file)).code]).toEqual([404, 'not_found']);
  });

  test.each([
    'http://127.0.0.1/a.jpg',
    'http://localhost/a.jpg',
    'http://[::1]/a.jpg',
    'http://169.254.169.254/latest/meta-data/',
    'http://2130706433/a.jpg',
    'http://10.0.0.1/a.jpg',
    'http://example.org:22/a.jpg',
  ])('when the URL is %s, then it is forbidden', async (url) => {
    const thumbnail = await makeThumbnail(tintype.url, { url });
    expect([thumbnail.status, thumbnail.error?.code]).toEqual(['failed', 'source_forbidden_address']);
  });

  test('when a source redirects to a private address, then it is forbidden', async () => {
    const url = origin.url(`/redirect?to=${encodeURIComponent('http://127.0.0.1:1/a.jpg')}`);
    expect((await makeThumbnail(tintype.url, { url })).error?.code).toBe('source_forbidden_address');
  });

  test('when a source is busy twice and then answers, then the job is done at its third attempt', async () => {
    origin.serve('/late.jpg', await photograph(200, 200, 9));
    const thumbnail = await makeThumbnail(tintype.url, { url: origin.url('/status/503?times=2&then=/late.jpg') });
    expect(thumbnail).toMatchObject({ status: 'completed', attempts: 3 });
  });

  test('when hosts never answer, then others do not wait for them and no worker has died', async () => {
    const never = Array.from({ length: 10 }, (_, i) => makeThumbnail(tintype.url, { url: origin.url(`/never?${i}`) }));
    const good = await uploadThumbnail(tintype.url, await flatPng('#123456'));
    expect(good.status).toBe('completed');
    for (const { error } of await Promise.all(never)) expect(error?.code).toBe('source_timeout');
    expect(tintype.workers[0]?.log.filter((line) => /uncaughtException|unhandledRejection/.test(line))).toEqual([]);
    const health = await bodyOf(await fetch(`${tintype.url}/health`));
    expect(health.status).toBe('ok');
  });
});

describe('life and end', () => {
  test('when a thumbnail expires, then everything of it is 410', async () => {
    const made = await uploadThumbnail(tintype.url, await photograph(200, 200, 10), {
      expires_in_seconds: '1',
    });
    for (;;) {
      const response = await fetch(`${tintype.url}/v1/thumbnails/${made.id}`);
      if (response.status !== 200) {
        expect([response.status, (await bodyOf(response)).code]).toEqual([410, 'expired']);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect((await fetch(pictureUrlOf(made))).status).toBe(410);
  });

  test('when jobs have ended, then the metrics count them by outcome and time each step', async () => {
    await uploadThumbnail(tintype.url, await flatPng('#654321'));
    for (;;) {
      const metrics = await (await fetch(`${tintype.url}/metrics`)).text();
      const counted = /tintype_jobs_total\{outcome="completed",code=""\} [1-9]/.test(metrics);
      const timed = /tintype_step_seconds_total\{step="decode"\} \d/.test(metrics);
      if (counted && timed && metrics.includes('outcome="failed",code="source_status"')) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
});
