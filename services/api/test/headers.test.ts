/** Small parsers of request headers and settings. */
import { expect, test } from '@jest/globals';
import { readSettings } from '@tintype/runtime';
import { apiSettings, completeSettings, listOf } from '../src/config.ts';
import { matchesEtag } from '../src/http/etags.ts';
import { parseRange } from '../src/http/send-file.ts';
import { waitSecondsOf } from '../src/http/waiting.ts';
import { parseSettingsKeys } from '../src/keys/settings-keys.ts';

test.each([
  ['bytes=0-4', { start: 0, end: 4 }],
  ['bytes=5-', { start: 5, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-30', { start: 0, end: 9 }],
  ['bytes=0-99', { start: 0, end: 9 }],
  ['bytes=9-9', { start: 9, end: 9 }],
  ['bytes=10-', 'outside'],
  ['bytes=-0', 'outside'],
  ['bytes=4-2', 'whole'],
  ['bytes=-', 'whole'],
  ['bytes=0-1,3-4', 'whole'],
  ['bytes=a-b', 'whole'],
  ['items=0-1', 'whole'],
])('when ten bytes are asked for by %s, then %j', (header, range) => {
  expect(parseRange(header, 10)).toEqual(range);
});

test.each([
  [undefined, false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['*', true],
  ['"b"', false],
  ['', false],
])('when If-None-Match is %j, then matching "a" is %s', (header, matches) => {
  expect([matchesEtag(header, '"a"'), matchesEtag(header, 'W/"a"')]).toEqual([matches, matches]);
});

test.each([
  [undefined, undefined, 0],
  [10, undefined, 10],
  [0, 'wait=5', 0],
  [1000, undefined, 30],
  [undefined, 'wait=5', 5],
  [undefined, 'respond-async, wait=7', 7],
  [undefined, 'wait="8"; foo', 8],
  [undefined, 'wait = 9', 9],
  [undefined, ['respond-async', 'wait=6'], 6],
  [undefined, 'wait=soon', 0],
  [undefined, 'await=5', 0],
  [undefined, 'wait=99999', 30],
])('when the query says %j and Prefer %j, then we wait %i seconds', (query, prefer, seconds) => {
  expect(waitSecondsOf(query, prefer)).toBe(seconds);
});

test('when keys are given, then a secret finds its name, scopes and tenant, and nothing else does', () => {
  const find = parseSettingsKeys(listOf('shop:0123456789abcdef:thumbnails+colours, ops:fedcba9876543210:admin:staff'));
  expect(find('0123456789abcdef')).toEqual({
    kind: 'key',
    id: 'settings:shop',
    tenant: 'shop',
    scopes: new Set(['thumbnails', 'colours']),
  });
  expect(find('fedcba9876543210')).toMatchObject({ tenant: 'staff' });
  for (const wrong of ['', 'shop', '0123456789abcde', '0123456789abcdef ']) expect(find(wrong)).toBeNull();
});

test.each([
  'shop',
  'shop:short:thumbnails',
  'shop:0123456789abcdef',
  ':0123456789abcdef:x',
  'shop:0123456789abcdef:thumbnial',
])('when a key is %j, then the error names the entry, not the secret', (text) => {
  expect(() => parseSettingsKeys(['ok:0123456789abcdef:thumbnails', text])).toThrow(/API_KEYS: entry 2/);
  expect(() => parseSettingsKeys([text])).not.toThrow(/0123456789abcdef/);
});

test.each([
  ['has the form of a token', 'shop:0123.4567.89abcdefgh:thumbnails'],
  ['has a character that no header can carry', 'shop:0123456789abcde\u2713:thumbnails'],
  ['ends with a space, which no header keeps', 'shop:0123456789abcdefg :thumbnails'],
  ['was cut at a colon', 'shop:0123456789abcdef:thumbnails:shop:more'],
  ['is that of another entry', 'shop:fedcba9876543210:thumbnails'],
])('when a secret %s, then the setting is refused: it would never work', (_what, text) => {
  const entries = ['other:fedcba9876543210:colours', text];
  expect(() => parseSettingsKeys(entries)).toThrow(/API_KEYS: entry 2 \(shop\)/);
  expect(() => parseSettingsKeys(entries)).not.toThrow(/0123|fedc/);
});

const complete = (env: Record<string, string>) => completeSettings(readSettings(apiSettings, env));

test('when production says nothing else, then what development leaves open is closed', () => {
  expect(complete({ NODE_ENV: 'production' })).toMatchObject({
    AUTH: 'required',
    COMPAT_ROUTES: false,
    SAMPLES: false,
  });
  expect(complete({})).toMatchObject({
    AUTH: 'off',
    COMPAT_ROUTES: true,
    SAMPLES: true,
    PUBLIC_URL: 'http://localhost:3000',
  });
  expect(complete({ NODE_ENV: 'production', AUTH: 'off', SAMPLES: 'true' })).toMatchObject({
    AUTH: 'off',
    SAMPLES: true,
  });
});

test.each([
  [{ HOST: '0.0.0.0', PORT: '80' }, 'http://localhost:80'],
  [{ HOST: '192.0.2.7' }, 'http://192.0.2.7:3000'],
  [{ PUBLIC_URL: 'https://pictures.example.org/base/' }, 'https://pictures.example.org/base'],
])('when the settings are %j, then links begin with %s', (env, publicUrl) => {
  expect(complete(env).PUBLIC_URL).toBe(publicUrl);
});
