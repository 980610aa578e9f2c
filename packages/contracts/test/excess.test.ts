import { expect, test } from '@jest/globals';
import { PaletteBody, PaletteEntry, Problem, parse, ThumbnailRequest } from '../src/index.ts';

const url = 'https://example.org/';
const words = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`w${i}`, []]));

function refusalOf(work: () => unknown) {
  try {
    work();
  } catch (err) {
    if (err instanceof Problem) return { code: err.code, errors: err.errors };
    throw err;
  }
  throw new Error('nothing was thrown');
}

test.each([
  [
    'a list',
    () => parse(PaletteBody, new Array(10_001).fill(1)),
    { code: 'invalid_option', errors: [{ pointer: '', detail: 'must not have more than 10000 items' }] },
  ],
  [
    'an object',
    () => parse(ThumbnailRequest, { url, metadata: words(2000) }),
    { code: 'invalid_option', errors: [{ pointer: '/metadata', detail: 'must not have more than 20 properties' }] },
  ],
  [
    'an object of known fields',
    () => parse(ThumbnailRequest, { url, ...words(2000) }),
    { code: 'invalid_request', errors: [{ pointer: '/w0', detail: 'is not a known field' }] },
  ],
  [
    'one kind of a union',
    () => parse(PaletteEntry, { name: 'a', hex: '#000000', list: new Array(2000).fill(1) }, { pointer: '/7' }),
    { code: 'invalid_option', errors: [{ pointer: '/7/list', detail: 'must not have more than 20 items' }] },
  ],
])(
  'when %s has far too many parts, then that alone is said, and not what is wrong with each',
  (_what, work, refusal) => {
    expect(refusalOf(work)).toEqual(refusal);
  },
);

test('when there are only a few parts, then what is wrong with each is named as ever', () => {
  const { errors } = refusalOf(() => parse(ThumbnailRequest, { url, width: 0, metadata: { a: [], ...words(3) } }));
  expect(errors?.map(({ pointer }) => pointer)).toEqual(expect.arrayContaining(['/width', '/metadata/a']));
});

test('when a value is part of another one, then its places are within that', () => {
  expect(refusalOf(() => parse(PaletteEntry, { name: 'a', hex: 'red' }, { pointer: '/3' })).errors).toEqual([
    { pointer: '/3/hex', detail: 'must be # and six hex digits, like #008080' },
  ]);
});
