/** A service that asks for keys, from the first key to the picture in a page that has none. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sniffFormat } from '@tintype/contracts';
import { startTintype, type Tintype } from '@tintype/testkit';
import { bodyOf, pictureUrlOf, thumbnailIn } from './calls.ts';

const root = 'a-key-that-only-the-operator-has';
let tintype: Tintype;
beforeAll(async () => {
  tintype = await startTintype({ apiEnv: { AUTH: 'required', API_KEYS: `root:${root}:admin`, SAMPLES: 'true' } });
});
afterAll(() => tintype.stop());

const call = (path: string, key: string, body: object) =>
  fetch(`${tintype.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });

test('when an operator makes a key, a shop a token, and a page uses it, then the page can show the picture without either', async () => {
  const { key } = await bodyOf(await call('/v1/keys', root, { name: 'shop', scopes: ['thumbnails'] }));
  const { token } = await bodyOf(await call('/v1/tokens', String(key), {}));
  const made = await call('/v1/thumbnails?wait=10', String(token), { url: `${tintype.url}/samples/photo.jpg` });
  const thumbnail = await thumbnailIn(made);
  expect([made.status, thumbnail.status]).toEqual([200, 'completed']);
  expect(made.headers.get('ratelimit')).toMatch(/^"requests";r=\d+;t=\d+, "jobs";r=\d+;t=\d+$/);

  const picture = await fetch(pictureUrlOf(thumbnail));
  expect([picture.status, picture.headers.get('content-type'), picture.headers.get('cache-control')]).toEqual([
    200,
    'image/jpeg',
    expect.stringMatching(/^private, .*immutable$/),
  ]);
  expect(picture.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect(sniffFormat(Buffer.from(await picture.arrayBuffer()))).toBe('jpeg');
  expect((await fetch(thumbnail.links.self)).status).toBe(401);
});
