/** Whose prepared palettes stay in memory when there is no room for all. */
import { expect, test } from '@jest/globals';
import { emptyPalette } from '@tintype/colour';
import type { PaletteEntry } from '@tintype/contracts';
import type { NamedPalette } from '../src/palettes/named-palette.ts';
import { createPaletteCache } from '../src/palettes/palette-cache.ts';

const palette = (name: string): NamedPalette => ({
  name,
  kind: 'own',
  etag: `${name}.0`,
  held: null,
  prepared: emptyPalette<PaletteEntry>(),
});
const megabyte = 2 ** 20;

test.each([
  ['many', 100, 10],
  ['large', 10, 4 * megabyte],
])('when a tenant asks for %s palettes, then its oldest ones go, and those of another stay', (_what, count, bytes) => {
  const cache = createPaletteCache();
  cache.keep('few', palette('only'), megabyte);
  for (let i = 0; i < count; i++) cache.keep('many', palette(`p${i}`), bytes);
  expect(cache.get('few', 'only')?.name).toBe('only');
  expect([cache.get('many', 'p0'), cache.get('many', `p${count - 1}`)?.name]).toEqual([undefined, `p${count - 1}`]);
});

test('when a palette is kept again, then the new one takes the room of the old one', () => {
  const cache = createPaletteCache();
  cache.keep('one', palette('other'), megabyte);
  for (let i = 0; i < 100; i++) cache.keep('one', { ...palette('same'), etag: `${i}` }, 10 * megabyte);
  expect([cache.get('one', 'other')?.etag, cache.get('one', 'same')?.etag]).toEqual(['other.0', '99']);
});
