/** Defaults are filled in as the library of schemas does it, only sooner. */
import { expect, test } from '@jest/globals';
import Type from 'typebox';
import { Default } from 'typebox/value';
import { defaultsOf } from '../src/defaults.ts';
import { MatchQuery, Rendition, ThumbnailRequest } from '../src/index.ts';

const Nested = Type.Object({
  list: Type.Optional(Type.Array(Type.Object({ size: Type.Integer({ default: 3 }) }))),
  choice: Type.Optional(Type.Union([Type.Object({ depth: Type.Integer({ default: 2 }) }), Type.Enum(['all'])])),
  inner: Type.Object({ tags: Type.Array(Type.String(), { default: ['a'] }) }, { default: {} }),
});
const values = [
  ...[undefined, null, 7, 'text', {}, { url: 'http://127.0.0.1/a.jpg' }],
  ...[{ width: 30, format: null }, { width: 'x', colours: {} }, { colours: { count: 3 } }, { colours: null }],
  ...[{ list: [{}, { size: 1 }, 4] }, { list: {} }, { choice: {} }, { choice: 'all' }, { inner: { tags: [] } }],
  ...[{ hex: '#102030' }, { unknown: { width: 1 } }],
];

/** Not `structuredClone`, whose lists are none of Jest's. */
const copyOf = (value: unknown): unknown => (value === undefined ? value : JSON.parse(JSON.stringify(value)));

test.each([
  ['a request', ThumbnailRequest],
  ['a rendition', Rendition],
  ['a query', MatchQuery],
  ['lists, choices and objects with defaults of their own', Nested],
])('when defaults are filled into %s, then the result is what the library makes', (_what, schema) => {
  const fill = defaultsOf(schema);
  for (const value of values) expect(fill?.(copyOf(value))).toEqual(Default(schema, copyOf(value)));
});

test('when a default is filled in twice, then neither value has a part of the other', () => {
  const fill = defaultsOf(Nested);
  const [one, other] = [fill?.({}), fill?.({})];
  expect(one).toEqual({ inner: { tags: ['a'] } });
  expect(Object(one).inner).not.toBe(Object(other).inner);
});

test('when a schema has no default, then there is nothing to fill in', () => {
  expect(defaultsOf(Type.Object({ name: Type.String() }))).toBeNull();
});
