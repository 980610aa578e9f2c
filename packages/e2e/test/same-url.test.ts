/** The same URL again: what its source says of its picture decides whether it is asked, downloaded, or neither. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Thumbnail } from '@tintype/contracts';
import { flatPng, type Origin, type ServeOptions, startOrigin, startTintype, type Tintype } from '@tintype/testkit';
import { makeThumbnail } from './calls.ts';

const secret = 'Bearer of-the-operator';
const keyOf = { one: 'the-secret-of-the-first', two: 'the-secret-of-the-second' };
const keys = { API_KEYS: `one:${keyOf.one}:thumbnails:one,two:${keyOf.two}:thumbnails:two`, AUTH: 'required' };

let tintype: Tintype;
let origin: Origin;
let elsewhere: Origin;
/** For this one there are headers in the settings. */
let guarded: Origin;
beforeAll(async () => {
  [origin, elsewhere, guarded] = await Promise.all([startOrigin(), startOrigin(), startOrigin()]);
  tintype = await startTintype({
    apiEnv: keys,
    workerEnv: {
      FETCH_ALLOW: [origin, elsewhere, guarded].map(({ host }) => host).join(),
      SOURCE_CACHE: 'true',
      FETCH_USER_AGENT: 'Acme thumbnails (+https://example.org/bot)',
      FETCH_HEADERS: JSON.stringify({ [guarded.url('')]: { Authorization: secret, Referer: 'https://example.org/' } }),
    },
  });
});
afterAll(async () => {
  await tintype.stop();
  for (const one of [origin, elsewhere, guarded]) await one.close();
});

let paths = 0;
/** A URL of its own for each test. */
const newPath = () => `/picture-${++paths}.jpg`;
/** Pictures that no other path has. */
const picture = (path: string, at: 0 | 1) => {
  const [n] = /\d+/.exec(path) ?? [];
  return flatPng(`#${(2 * Number(n) + at).toString(16).padStart(6, '0')}`);
};
const serve = async (path: string, at: 0 | 1, headers: ServeOptions['headers'] = {}, more: ServeOptions = {}) =>
  origin.serve(path, await picture(path, at), { headers, ...more });
const make = (path: string, options: object = {}, key = keyOf.one) =>
  makeThumbnail(tintype.url, { url: origin.url(path), ...options }, key);
/** What was found out of a picture, without what is of the job. */
const foundIn = ({ renditions, colours, source }: Thumbnail) => ({
  sha256: source.sha256,
  files: renditions?.map(({ sha256 }) => sha256),
  colours,
});
const askedFor = (path: string, name: string) => origin.headersOf(path)?.[name];

describe('a source with validators', () => {
  test.each([
    ['a tag', { etag: '"one"' }, { 'if-none-match': '"one"' }],
    ['a weak tag', { etag: 'W/"one"' }, { 'if-none-match': 'W/"one"' }],
    [
      'a date',
      { 'last-modified': 'Sat, 28 Nov 2015 16:00:00 GMT' },
      { 'if-modified-since': 'Sat, 28 Nov 2015 16:00:00 GMT' },
    ],
  ])(
    'when it has %s and the picture is the same, then it is asked, sends nothing, and the work serves',
    async (_, headers, asked) => {
      const path = newPath();
      await serve(path, 0, headers);
      const first = await make(path);
      expect(askedFor(path, Object.keys(asked)[0] ?? '')).toBeUndefined();
      for (const requests of [2, 3]) {
        const again = await make(path);
        expect([first.cache, again.cache, origin.requests(path)]).toEqual(['miss', 'hit', requests]);
        expect(origin.headersOf(path)).toMatchObject(asked);
        expect(foundIn(again)).toEqual(foundIn(first));
        expect(Object.keys(again.timings ?? {})).toEqual(['queued_ms', 'fetch_ms', 'recall_ms', 'total_ms']);
      }
    },
  );

  test('when the picture changes, then the new one is seen, and asked by its own tag from then on', async () => {
    const path = newPath();
    await serve(path, 0, { etag: '"one"' });
    const first = await make(path);
    await serve(path, 1, { etag: '"two"' });
    const changed = await make(path);
    expect([askedFor(path, 'if-none-match'), changed.cache]).toEqual(['"one"', 'miss']);
    expect(changed.source.sha256).not.toBe(first.source.sha256);
    expect(foundIn(await make(path))).toEqual(foundIn(changed));
    expect(askedFor(path, 'if-none-match')).toBe('"two"');
  });

  test('when another size is wanted, then the bytes are, and nothing is asked about', async () => {
    const path = newPath();
    await serve(path, 0, { etag: '"one"' });
    await make(path);
    const other = await make(path, { width: 40 });
    expect([askedFor(path, 'if-none-match'), other.cache, other.renditions?.[0]?.width]).toEqual([
      undefined,
      'miss',
      40,
    ]);
    // Both sizes are known now, whoever has heard from the source last.
    for (const options of [{}, { width: 40 }]) {
      expect([(await make(path, options)).cache, askedFor(path, 'if-none-match')]).toEqual(['hit', '"one"']);
    }
  });

  test('when another tenant names the URL, then it knows nothing of what the first one has heard', async () => {
    const path = newPath();
    await serve(path, 0, { etag: '"one"', 'cache-control': 'max-age=600' });
    await make(path);
    const other = await make(path, {}, keyOf.two);
    expect([askedFor(path, 'if-none-match'), other.cache, origin.requests(path)]).toEqual([undefined, 'miss', 2]);
  });

  test('when the first job is deleted, then nothing of it is known any more', async () => {
    const path = newPath();
    await serve(path, 0, { etag: '"one"', 'cache-control': 'max-age=600' });
    const first = await make(path);
    const headers = { 'x-api-key': keyOf.one };
    expect((await fetch(first.links.self, { method: 'DELETE', headers })).status).toBe(204);
    expect([(await make(path)).cache, askedFor(path, 'if-none-match')]).toEqual(['miss', undefined]);
  });
});

describe('a source that lies', () => {
  test('when it says 304 for other bytes, then it is believed as long as the work is kept, and no longer', async () => {
    const path = newPath();
    await serve(path, 0, { etag: '"one"' });
    const first = await make(path);
    await serve(path, 1, { etag: '"one"' }, { notModified: (asked) => asked['if-none-match'] !== undefined });
    expect(foundIn(await make(path))).toEqual(foundIn(first));
    expect((await make(path, { width: 41 })).source.sha256).not.toBe(first.source.sha256);
    expect((await make(path)).source.sha256).not.toBe(first.source.sha256);
  });

  test('when its tag stays while it sends other bytes, then the bytes count', async () => {
    const path = newPath();
    await serve(path, 0, { etag: '"one"' });
    const first = await make(path);
    await serve(path, 1, { etag: '"one"' }, { notModified: () => false });
    expect((await make(path)).source.sha256).not.toBe(first.source.sha256);
  });

  test('when it says 304 without having been asked, then that is a failure', async () => {
    const path = newPath();
    await serve(path, 0, { etag: '"one"' }, { notModified: () => true });
    expect((await make(path)).error?.code).toBe('source_status');
  });

  test.each([
    ['the 304 is about another tag', 304, { etag: '"other"' }],
    ['the condition is refused', 412, {}],
  ])('when %s, then it is asked once more, without conditions', async (_, status, headers) => {
    const path = newPath();
    await serve(path, 0, { etag: '"one"' });
    await make(path);
    await serve(path, 1, { ...headers }, { notModified: (asked) => asked['if-none-match'] !== undefined && status });
    expect([(await make(path)).cache, origin.requests(path)]).toEqual(['miss', 3]);
  });

  test.each([
    ['without quotes', 'one'],
    ['longer than a tag is', `"${'x'.repeat(9000)}"`],
    ['of bytes that are no ASCII', '"\u00e9"'],
    ['with a tab', '"a\tb"'],
    ['that are two', '"a", "b"'],
  ])('when its tag is one %s, then it is not kept', async (_, etag) => {
    const path = newPath();
    await serve(path, 0, { etag });
    await make(path);
    expect([(await make(path)).cache, askedFor(path, 'if-none-match')]).toEqual(['hit', undefined]);
  });
});

describe('a source that says how long its picture is fresh', () => {
  test('when it is, then nobody asks it; another size is downloaded all the same', async () => {
    const path = newPath();
    await serve(path, 0, { etag: '"one"', 'cache-control': 'public, max-age=600' });
    const first = await make(path);
    const freshMs = Date.parse(first.source.fresh_until ?? '') - Date.parse(first.completed_at ?? '');
    expect(freshMs / 1000).toBeGreaterThan(500);
    expect(freshMs / 1000).toBeLessThanOrEqual(600);
    await serve(path, 1, { etag: '"two"' });
    const again = await make(path);
    expect([again.cache, again.source.fresh_until, origin.requests(path)]).toEqual([
      'hit',
      first.source.fresh_until,
      1,
    ]);
    expect([(await make(path, { width: 40 })).cache, origin.requests(path)]).toEqual(['miss', 2]);
    expect((await make(path)).source.sha256).not.toBe(first.source.sha256);
  });

  test('when it says no-store, then nothing is kept, and what was known is forgotten', async () => {
    const path = newPath();
    await serve(path, 0, { etag: '"one"', 'cache-control': 'no-store, max-age=600' });
    expect((await make(path)).source.fresh_until).toBeUndefined();
    expect([(await make(path)).cache, askedFor(path, 'if-none-match')]).toEqual(['hit', undefined]);

    await serve(path, 0, { etag: '"one"', 'cache-control': 'no-cache' });
    await make(path);
    await serve(path, 0, { etag: '"one"', 'cache-control': 'no-store' });
    await make(path);
    expect(askedFor(path, 'if-none-match')).toBe('"one"');
    await make(path);
    expect(askedFor(path, 'if-none-match')).toBeUndefined();
  });

  test.each(['no-cache', 'private, max-age=600', 'max-age=0', 'max-age=600'])(
    'when it says %s, then it is asked each time',
    async (cacheControl) => {
      const path = newPath();
      const isOnlyOld = cacheControl === 'max-age=600';
      await serve(path, 0, { etag: '"one"', 'cache-control': cacheControl, ...(isOnlyOld && { age: '600' }) });
      expect((await make(path)).source.fresh_until).toBeUndefined();
      expect([(await make(path)).cache, origin.requests(path)]).toEqual(['hit', 2]);
    },
  );
});

describe('redirects', () => {
  test('when the same URL leads to the same one, then that one is asked; no other ever sees its tag', async () => {
    const [path, other] = [newPath(), newPath()];
    await serve(path, 0, { etag: '"one"' });
    const first = await makeThumbnail(
      tintype.url,
      { url: elsewhere.url(`/redirect?to=${encodeURIComponent(origin.url(path))}`) },
      keyOf.one,
    );
    const again = await makeThumbnail(tintype.url, { url: first.url ?? '' }, keyOf.one);
    expect([again.cache, askedFor(path, 'if-none-match')]).toEqual(['hit', '"one"']);
    expect(elsewhere.headersOf('/redirect')).not.toHaveProperty('if-none-match');

    // The address that was asked for now has a picture of its own.
    elsewhere.serve('/redirect', await picture(other, 1), { headers: { etag: '"one"' } });
    const changed = await makeThumbnail(tintype.url, { url: first.url ?? '' }, keyOf.one);
    elsewhere.remove('/redirect');
    expect(changed.source.sha256).not.toBe(first.source.sha256);
    expect(elsewhere.headersOf('/redirect')).not.toHaveProperty('if-none-match');
  });
});

describe('what sources are told of us', () => {
  test('when a host has headers in the settings, then it gets them, and the one that it redirects to does not', async () => {
    const path = newPath();
    elsewhere.serve(path, await picture(path, 0));
    const url = guarded.url(`/redirect?to=${encodeURIComponent(elsewhere.url(path))}`);
    expect((await makeThumbnail(tintype.url, { url }, keyOf.one)).status).toBe('completed');
    const named = { 'user-agent': 'Acme thumbnails (+https://example.org/bot)' };
    expect(guarded.headersOf('/redirect')).toMatchObject({
      ...named,
      authorization: secret,
      referer: 'https://example.org/',
    });
    expect(elsewhere.headersOf(path)).toMatchObject(named);
    for (const name of ['authorization', 'referer']) expect(elsewhere.headersOf(path)).not.toHaveProperty(name);
  });

  test('when it is asked with an Authorization, then its answer is fresh only where it says that it is public', async () => {
    for (const [cacheControl, requests] of [
      ['max-age=600', 2],
      ['public, max-age=600', 1],
    ] as const) {
      const path = newPath();
      guarded.serve(path, await picture(path, 0), { headers: { 'cache-control': cacheControl } });
      for (const _ of [1, 2]) await makeThumbnail(tintype.url, { url: guarded.url(path) }, keyOf.one);
      expect(guarded.requests(path)).toBe(requests);
    }
  });

  test('when the worker tells its settings, then nothing of the headers is in its log', () => {
    const log = tintype.workers.flatMap((worker) => worker.log).join('\n');
    expect(log).toContain('FETCH_HEADERS');
    expect(log).not.toContain('of-the-operator');
  });
});
