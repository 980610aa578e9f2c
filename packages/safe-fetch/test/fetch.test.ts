/** What a fetch gives back, how it follows redirects, and what the statuses of a source mean. */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Origin, startOrigin } from '@tintype/testkit';
import { createSafeFetch, parseAllowList, type SafeFetch } from '../src/index.ts';

const picture = randomBytes(200_000);
let origin: Origin;
let fetcher: SafeFetch;

beforeAll(async () => {
  origin = await startOrigin();
  origin.serve('/photo.jpg', picture);
  origin.serve('/empty', Buffer.alloc(0), { contentType: 'image/png' });
  fetcher = createSafeFetch({
    allow: parseAllowList(origin.host),
    ports: [80, 443],
    maxBytes: picture.length,
    timeoutMs: 5_000,
    userAgent: 'Tintype/test',
  });
});
afterAll(() => Promise.all([fetcher.close(), origin.close()]));

const redirectTo = (to: string, status = 302) => origin.url(`/redirect?status=${status}&to=${encodeURIComponent(to)}`);

describe('a picture', () => {
  test('when the source answers 200, then bytes, hash, type and URL come back', async () => {
    expect(await fetcher.get(origin.url('/photo.jpg?a=%20b#part'))).toMatchObject({
      bytes: picture,
      sha256: createHash('sha256').update(picture).digest('hex'),
      contentType: 'image/jpeg',
      finalUrl: origin.url('/photo.jpg?a=%20b'),
    });
  });

  test('when the request goes out, then it has our headers and no others', async () => {
    await fetcher.get(origin.url('/photo.jpg?headers'));

    expect(origin.headersOf('/photo.jpg?headers')).toEqual({
      host: origin.host,
      connection: 'keep-alive',
      accept: 'image/*',
      'accept-encoding': 'identity',
      'user-agent': 'Tintype/test',
    });
  });

  test('when the body is empty, then no bytes come back', async () => {
    expect(await fetcher.get(origin.url('/empty'))).toMatchObject({ bytes: Buffer.alloc(0), contentType: 'image/png' });
  });

  test('when the taker has no room, then nothing more is read and no time runs until it has', async () => {
    const withShortLimits = createSafeFetch({
      allow: parseAllowList(origin.host),
      ports: [80],
      maxBytes: 8_000_000,
      timeoutMs: 1000,
      idleTimeoutMs: 800,
      userAgent: 'Tintype/test',
    });
    origin.serve('/large', Buffer.alloc(8_000_000, 7));
    const pieces: number[] = [];
    const room = Promise.withResolvers<void>();
    const fetching = withShortLimits.get(origin.url('/large'), {
      onBody(bytes) {
        pieces.push(bytes);
        return pieces.length === 1 ? room.promise : null;
      },
    });
    await sleep(1500);
    const taken = pieces.length;
    room.resolve();
    expect((await fetching).bytes.length).toBe(8_000_000);
    expect(taken).toBe(1);
    await withShortLimits.close();
  });

  test('when the same source is fetched again, then its connection is used again', async () => {
    await fetcher.get(origin.url('/photo.jpg'));
    const before = origin.connections();
    for (let i = 0; i < 3; i++) await fetcher.get(origin.url('/photo.jpg'));

    expect(origin.connections()).toBe(before);
  });
});

describe('URLs', () => {
  test.each([
    '',
    'photo.jpg',
    'http://',
    'http://[::1',
    'http://256.256.256.256/',
    'http://user:secret@example.com/',
    'http://u@example.com/',
  ])('when the URL is "%s", then the request is invalid and nothing of it is repeated', async (url) => {
    const error = await fetcher.get(url).catch((thrown) => thrown);

    expect(error).toMatchObject({ code: 'invalid_request', retryable: false });
    expect(error.message).toMatch(/^The URL /);
    expect(error.message).not.toContain('secret');
  });
});

describe('redirects', () => {
  test.each([301, 302, 303, 307, 308])('when the status is %i, then the target is fetched', async (status) => {
    const { finalUrl } = await fetcher.get(redirectTo('/photo.jpg#part', status));

    expect(finalUrl).toBe(origin.url('/photo.jpg'));
  });

  test('when targets are relative, absolute or without scheme, then each is resolved', async () => {
    for (const to of ['photo.jpg', './x/../photo.jpg', `//${origin.host}/photo.jpg`, origin.url('/photo.jpg')]) {
      expect(await fetcher.get(redirectTo(to))).toMatchObject({ finalUrl: origin.url('/photo.jpg') });
    }
  });

  test('when a target is raw UTF-8, then it is read as such', async () => {
    origin.serve('/caf%C3%A9.jpg', picture);

    expect(await fetcher.get(redirectTo('/café.jpg'))).toMatchObject({ finalUrl: origin.url('/caf%C3%A9.jpg') });
  });

  test('when a redirect sets a cookie, then nothing of it reaches the target', async () => {
    await fetcher.get(redirectTo('/photo.jpg?clean'));

    const names = Object.keys(origin.headersOf('/photo.jpg?clean') ?? {});
    expect(names.sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  });

  test('when there are five redirects, then the picture comes; a sixth is one too many', async () => {
    const nested = (depth: number): string =>
      depth === 0 ? '/photo.jpg' : `/redirect?to=${encodeURIComponent(nested(depth - 1))}`;

    expect(await fetcher.get(origin.url(nested(5)))).toMatchObject({ finalUrl: origin.url('/photo.jpg') });
    await expect(fetcher.get(origin.url(nested(6)))).rejects.toMatchObject({
      code: 'source_status',
      message: 'The source redirected more than 5 times.',
      retryable: false,
    });
  });

  test('when a source redirects to itself, then it is asked six times', async () => {
    await expect(fetcher.get(origin.url('/loop'))).rejects.toMatchObject({ code: 'source_status' });
    expect(origin.requests('/loop')).toBe(6);
  });

  test('when a redirect has no Location, or none that can be parsed, then the status is the problem', async () => {
    const message = 'The source answered 302 without a usable Location.';

    await expect(fetcher.get(origin.url('/redirect'))).rejects.toMatchObject({ code: 'source_status', message });
    await expect(fetcher.get(redirectTo('http://['))).rejects.toMatchObject({ code: 'source_status', message });
  });

  test('when a redirect carries credentials, then it is refused', async () => {
    await expect(fetcher.get(redirectTo(`http://user:secret@${origin.host}/photo.jpg`))).rejects.toMatchObject({
      code: 'source_forbidden_address',
      message: 'The source redirected to a URL with credentials.',
    });
  });
});

describe('statuses', () => {
  test.each([
    [204, false],
    [206, false],
    [304, false],
    [400, false],
    [401, false],
    [404, false],
    [410, false],
    [429, true],
    [500, true],
    [503, true],
  ])('when the source answers %i, then it is a status problem, retryable %s', async (status, retryable) => {
    await expect(fetcher.get(origin.url(`/status/${status}`))).rejects.toMatchObject({
      code: 'source_status',
      message: `The source answered ${status}.`,
      retryable,
      retryAfterSeconds: undefined,
    });
  });

  test('when the source says how long to wait, then the problem says so too', async () => {
    await expect(fetcher.get(origin.url('/status/429?retry-after=7'))).rejects.toMatchObject({ retryAfterSeconds: 7 });
  });

  test('when an error goes away, then a later fetch succeeds', async () => {
    const url = origin.url('/status/503?times=1&then=/photo.jpg');

    await expect(fetcher.get(url)).rejects.toMatchObject({ retryable: true });
    expect(await fetcher.get(url)).toMatchObject({ bytes: picture });
  });
});
