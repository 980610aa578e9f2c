import { expect, test } from '@jest/globals';
import { misspeltSettings } from '../src/index.ts';

const settings = ['AUTH', 'PORT', 'FETCH_ALLOW', 'FETCH_TIMEOUT_MS', 'REDIS_URL', 'TTL'];

test.each([
  ['AUHT', 'AUTH'],
  ['auth', 'AUTH'],
  ['FETCH_ALOW', 'FETCH_ALLOW'],
  ['FETCH-ALLOW', 'FETCH_ALLOW'],
  ['REDIS_URLS', 'REDIS_URL'],
  ['FETCH_TIMEOUT', 'FETCH_TIMEOUT_MS'],
  ['TINTYPE_PORT', 'PORT'],
  ['tintype_fetch_timeout', 'FETCH_TIMEOUT_MS'],
])('when a variable is called %s, then %s was meant', (name, meant) => {
  expect(misspeltSettings([name], settings)).toEqual([{ name, meant }]);
});

test('when names are settings, short, or further away, then nothing is said', () => {
  expect(
    misspeltSettings(
      ['AUTH', 'PORT', 'TTY', 'ROOT', 'REDIS_PORT', 'FETCH_ALOWE', 'HOME', 'FETCH', 'TINTYPE_HOME', 'FETCH_TIME'],
      settings,
    ),
  ).toEqual([]);
});
