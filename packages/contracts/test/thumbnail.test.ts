import { expect, test } from '@jest/globals';
import { colourOptionsOf, fits, parseSourceUrl, renditionOf, StoredColours } from '../src/index.ts';

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

test('when colours are to be found in the same way, then their options are equal, and defaults are left out', () => {
  expect(colourOptionsOf({ count: 5, region: 'all', ignore: [], tolerance: 3 })).toEqual({});
  const ignore = ['#ffffff', 'background', '#000000'];
  expect(colourOptionsOf({ ignore, tolerance: 10 })).toEqual(
    colourOptionsOf({ ignore: [...ignore.toReversed(), 'background'] }),
  );
  expect(colourOptionsOf({ ignore, tolerance: 5 })).not.toEqual(colourOptionsOf({ ignore }));
});

test.each([
  ['none, as before there were any', undefined, true],
  ['six of them', 'A'.repeat(24), true],
  ['five of them', 'A'.repeat(20), false],
  ['something else', { vibrant: '#ff6347' }, false],
])(
  'when colours are stored with swatches that are %s, then they are readable: %j → %j',
  (_what, swatches, isReadable) => {
    const colours = {
      ...{ dominant: null, background: null, average: null, accent: null, palette: [] },
      ...{ text: null, contrast: null, scheme: null, transparentShare: 0 },
      ...(swatches !== undefined && { swatches }),
    };
    expect(fits(StoredColours, colours)).toBe(isReadable);
  },
);
