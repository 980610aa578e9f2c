import { expect, test } from '@jest/globals';
import { parseSourceUrl, renditionOf } from '../src/index.ts';

test('when a URL has a fragment or odd spelling, then it is written as it will be fetched', () => {
  expect(parseSourceUrl('HTTPS://Example.ORG:443/a b.jpg#top')).toBe('https://example.org/a%20b.jpg');
});

test.each([
  '',
  'a.jpg',
  '//example.org/a.jpg',
  'ftp://example.org/a.jpg',
  'file:///etc/passwd',
  'data:image/png;base64,AA',
  'http://',
  'https://user:secret@example.org/',
])('when the URL is %j, then it is refused', (url) => {
  expect(() => parseSourceUrl(url)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
});

test('when two requests mean the same picture, then their options are equal', () => {
  expect(renditionOf({ background: '#FFAA00' })).toEqual(renditionOf({ background: '#ffaa00', width: 100 }));
});
