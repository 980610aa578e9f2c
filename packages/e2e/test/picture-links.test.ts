/** Links that make pictures, by two APIs and a worker: made once for all who ask, kept, looked at again, and signed. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keysOf } from '@tintype/redis';
import { flatPng, type Origin, photograph, startOrigin } from '@tintype/testkit';
import sharp from 'sharp';
import { bodyOf } from './calls.ts';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { until } from './watched-calls.ts';

let services: OwnServices;
let origin: Origin;
let apis: ApiService[];
let hasty: ApiService;
beforeAll(async () => {
  [services, origin] = await Promise.all([openOwnServices(), startOrigin()]);
  const [one, other, third] = await Promise.all([
    services.startApi(),
    services.startApi(),
    services.startApi({ env: { IMAGE_WAIT_MS: '0', IMAGE_TTL_SECONDS: '1' } }),
    services.startWorker({ env: { FETCH_ALLOW: origin.host } }),
  ]);
  apis = [one, other];
  hasty = third;
  origin.serve('/photo.jpg', await photograph(1200, 800));
});
afterAll(async () => {
  await services.stop();
  await origin.close();
});

type Asked = { api?: ApiService | undefined; headers?: Record<string, string>; method?: string };
function ask(source: string, options: Record<string, string> = {}, { api = apis[0], headers, method }: Asked = {}) {
  const query = new URLSearchParams({ url: source.startsWith('/') ? origin.url(source) : source, ...options });
  return fetch(`${api?.url}/v1/images?${query}`, { ...(headers && { headers }), ...(method && { method }) });
}
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());
const jobs = async () => Number(await services.redis.zcard(keysOf(0).expiry));

test('when many ask for a new picture at once, over two APIs, then it is downloaded and made once, and all have it', async () => {
  const before = await jobs();
  const clients = Array.from({ length: 100 }, (_, at) => ask('/photo.jpg', { width: '200' }, { api: apis[at % 2] }));
  const answers = await Promise.all(clients);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const files = await Promise.all(answers.map(bytesOf));
  expect(new Set(files.map((file) => file.toString('base64'))).size).toBe(1);
  expect(await sharp(files[0]).metadata()).toMatchObject({ format: 'jpeg', width: 200, height: 100 });
  expect(origin.requests('/photo.jpg')).toBe(1);
  expect((await jobs()) - before).toBe(1);
});

test.each([
  ['max-age=600', 300, 600],
  ['max-age=5', 30, 60],
  ['max-age=31536000', 80_000, 86_400],
])('when its source says %s, then the picture may be kept for %i to %i seconds', async (said, least, most) => {
  const path = `/fresh-${said.slice(8)}.png`;
  origin.serve(path, await flatPng('#336699'), { headers: { 'cache-control': said } });
  const { headers } = await ask(path);
  const [, seconds] = /max-age=(\d+)/.exec(headers.get('cache-control') ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThan(least);
  expect(Number(seconds)).toBeLessThanOrEqual(most);
});

test('when it is there, then it is told from another one, cut, and shown on pages of others, and no job is made', async () => {
  const before = await jobs();
  const first = await ask('/photo.jpg', { width: '200' });
  const { etag = '', ...headers } = Object.fromEntries(first.headers);
  expect(headers).toMatchObject({
    'content-type': 'image/jpeg',
    'cross-origin-resource-policy': 'cross-origin',
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
  });
  expect(headers.vary?.toLowerCase()).toContain('accept');
  const [, seconds] = /^public, max-age=(\d+)$/.exec(headers['cache-control'] ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThan(80_000);
  expect(Number(seconds)).toBeLessThanOrEqual(86_400);
  const file = await bytesOf(first);
  const unchanged = await ask('/photo.jpg', { width: '200' }, { headers: { 'if-none-match': etag } });
  expect([unchanged.status, (await bytesOf(unchanged)).length]).toEqual([304, 0]);
  const part = await ask('/photo.jpg', { width: '200' }, { headers: { range: 'bytes=0-9' }, api: apis[1] });
  expect([part.status, await bytesOf(part)]).toEqual([206, file.subarray(0, 10)]);
  const head = await ask('/photo.jpg', { width: '200' }, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).toEqual([
    200,
    String(file.length),
    etag,
  ]);
  const otherwise = await ask('/photo.jpg', { height: '100', width: '200', fit: 'cover', format: 'auto' });
  expect([otherwise.headers.get('etag'), await jobs()]).toEqual([etag, before]);
});

test('when a browser takes WebP, then it is WebP, unless another format is asked for', async () => {
  const typeFor = async (accept: string, options: Record<string, string> = {}) => {
    const answer = await ask('/photo.jpg', options, { headers: { accept } });
    return [answer.headers.get('content-type'), answer.headers.get('vary')];
  };
  const chrome = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';
  expect(await typeFor(chrome)).toEqual(['image/webp', 'accept']);
  expect(await typeFor('image/png,image/*;q=0.8,*/*;q=0.5')).toEqual(['image/jpeg', 'accept']);
  expect(await typeFor('image/webp;q=0, */*')).toEqual(['image/jpeg', 'accept']);
  expect(await typeFor(chrome, { format: 'png' })).toEqual(['image/png', null]);
});

describe('what has no picture', () => {
  test.each([
    ['a source that is not there', '/none.jpg', 422, 'source_status'],
    ['a private address', 'http://10.0.0.1/a.jpg', 403, 'source_forbidden_address'],
    ['no picture', '/text', 415, 'not_an_image'],
  ])(
    'when the link is to %s, then its problem is told with its status, and once for all',
    async (_what, source, status, code) => {
      origin.serve('/text', Buffer.from('this is no picture'));
      const [before, asked] = [await jobs(), origin.requests(source)];
      for (const api of apis) {
        const answer = await ask(source, {}, { api });
        expect([
          answer.status,
          answer.headers.get('cross-origin-resource-policy'),
          answer.headers.get('cache-control'),
        ]).toEqual([status, 'cross-origin', 'no-store']);
        expect(await bodyOf(answer)).toMatchObject({ status, code });
      }
      expect((await jobs()) - before).toBe(1);
      expect(origin.requests(source) - asked).toBeLessThanOrEqual(1);
    },
  );

  test('when the link names a colour instead, then that is shown in the shape of the picture, and kept by nobody', async () => {
    const answer = await ask('/none.jpg', { fallback: '#3366cc', width: '300', height: '100' });
    expect([answer.status, Object.fromEntries(answer.headers)]).toEqual([
      200,
      expect.objectContaining({
        'content-type': 'image/png',
        'cache-control': 'no-store',
        'retry-after': expect.stringMatching(/^\d+$/),
        'fallback-reason': 'source_status',
        'cross-origin-resource-policy': 'cross-origin',
      }),
    ]);
    const { data, info } = await sharp(await bytesOf(answer))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([16, 5, 3]);
    expect(data.equals(Buffer.from('3366cc'.repeat(16 * 5), 'hex'))).toBe(true);
  });

  test('when it is not ready in time, then a placeholder or a 503 says so, and the picture is made all the same', async () => {
    origin.serve('/late.png', await flatPng('#008080'));
    const late = await ask('/late.png', { fallback: 'none' }, { api: hasty });
    expect([late.status, Number(late.headers.get('retry-after'))]).toEqual([503, expect.any(Number)]);
    expect(await bodyOf(late)).toMatchObject({ code: 'picture_late', retryable: true });
    origin.serve('/later.png', await flatPng('#0080ff'));
    const placeholder = await ask('/later.png', {}, { api: hasty });
    expect([
      placeholder.status,
      placeholder.headers.get('content-type'),
      placeholder.headers.get('fallback-reason'),
    ]).toEqual([200, 'image/png', 'picture_late']);
    expect(await bytesOf(placeholder)).toHaveLength(
      (await bytesOf(await ask('/none.jpg', { fallback: '#cccccc' }))).length,
    );
    await until(
      'it is made',
      async () => (await ask('/later.png', { fallback: 'none' }, { api: hasty })).status === 200,
    );
  });
});

test('when a source has changed, then the old picture is shown until the new one is there, which takes its place', async () => {
  origin.serve('/changing.png', await flatPng('#ff0000'));
  const first = await ask('/changing.png', { format: 'png' });
  const before = await jobs();
  origin.serve('/changing.png', await flatPng('#0000ff'));
  const seen = new Set<string | null>();
  await until('it has changed', async () => {
    const answer = await ask('/changing.png', { format: 'png' }, { api: hasty });
    expect(answer.status).toBe(200);
    seen.add(answer.headers.get('etag'));
    return answer.headers.get('etag') !== first.headers.get('etag');
  });
  expect(seen).toContain(first.headers.get('etag'));
  const { dominant } = await sharp(await bytesOf(await ask('/changing.png', { format: 'png' }))).stats();
  expect(dominant.b).toBeGreaterThan(dominant.r);
  await until('the old one is gone', async () => (await jobs()) <= before);
});

test('when the job of a picture was deleted, or its file is gone, then it is made again', async () => {
  const fileName = /filename="([^.]+)\./;
  const first = await ask('/photo.jpg', { width: '64' });
  const [, id = ''] = fileName.exec(first.headers.get('content-disposition') ?? '') ?? [];
  expect((await fetch(`${apis[0]?.url}/v1/thumbnails/${id}`, { method: 'DELETE' })).status).toBe(204);
  const again = await ask('/photo.jpg', { width: '64' });
  expect([again.status, again.headers.get('etag')]).toEqual([200, first.headers.get('etag')]);
  expect(again.headers.get('content-disposition')).not.toContain(id);
  const [, sha256 = ''] = /"(.*)"/.exec(again.headers.get('etag') ?? '') ?? [];
  const file = (await readdir(services.dataDir, { recursive: true })).find((path) => path.endsWith(sha256.slice(4)));
  await rm(join(services.dataDir, file ?? 'no such file'));
  const anew = await ask('/photo.jpg', { width: '64' }, { api: apis[1] });
  expect([anew.status, anew.headers.get('etag')]).toEqual([200, first.headers.get('etag')]);
});

test('when a link has an option with parts, then each may stand by itself, and what is signed says so', async () => {
  const body = JSON.stringify({
    url: origin.url('/photo.jpg'),
    crop: { x: 0, y: '50%', width: 400, height: 200 },
    width: 40,
  });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  const { url } = await bodyOf(await fetch(`${apis[0]?.url}/v1/links`, init));
  expect([...new URL(String(url)).searchParams.keys()]).toEqual([
    ...['crop.height', 'crop.width', 'crop.x', 'crop.y'],
    ...['url', 'width'],
  ]);
  const crop = JSON.stringify({ x: 0, y: '50%', width: 400, height: 200 });
  const answers = [await fetch(String(url)), await ask('/photo.jpg', { crop, width: '40' })];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(new Set(answers.map(({ headers }) => headers.get('etag'))).size).toBe(1);
  const several = await ask('/photo.jpg', { sizes: '[{"name":"a"}]' });
  expect(await bodyOf(several)).toMatchObject({ status: 400, errors: [{ pointer: '/sizes' }] });
});

test.each([
  ['no url', 'width=100', 400, 'invalid_request', '/url'],
  ['url twice', 'url=http://a.example/1.jpg&url=http://a.example/2.jpg', 400, 'invalid_request', '/url'],
  ['an option twice', 'url=http://a.example/1.jpg&width=1&width=2', 400, 'invalid_request', '/width'],
  ['an option that nobody knows', 'url=http://a.example/1.jpg&widht=1', 400, 'invalid_request', '/widht'],
  ['an option of jobs', 'url=http://a.example/1.jpg&priority=high', 400, 'invalid_request', '/priority'],
  ['a side of nothing', 'url=http://a.example/1.jpg&width=0', 422, 'invalid_option', '/width'],
  ['no colour', 'url=http://a.example/1.jpg&fallback=blue', 422, 'invalid_option', '/fallback'],
  ['no URL', 'url=file:///etc/passwd', 400, 'invalid_request', '/url'],
])('when the link has %s, then it is told so, and nothing is made', async (_what, query, status, code, pointer) => {
  const before = await jobs();
  const answer = await fetch(`${apis[0]?.url}/v1/images?${query}`);
  expect(await bodyOf(answer)).toMatchObject({ status, code, errors: [{ pointer }] });
  expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect(await jobs()).toBe(before);
});

test('when all of this is over, then no API has logged anything that is wrong', () => {
  const lines = [...apis, hasty].flatMap(({ log }) => log);
  // A machine that has far too much to do connects to Redis too late: that says nothing of links.
  const usual = /AUTH is off|"picture_late"|"Redis is away"/;
  expect(lines.filter((line) => /"level":"(warn|error)"/.test(line) && !usual.test(line))).toEqual([]);
});
