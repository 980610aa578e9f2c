import { expect, test } from '@jest/globals';
import { isThumbnailId, maxShards, newThumbnailId, shardOf, thumbnailIdTimeMs } from '../src/index.ts';

test.each([0, 1, 7, maxShards - 1])(
  'when an id is made for shard %i, then it is a UUIDv7 that tells the shard',
  (shard) => {
    const id = newThumbnailId(shard);
    expect(isThumbnailId(id)).toBe(true);
    expect(shardOf(id)).toBe(shard);
  },
);

test('when ids are made a millisecond apart, then they sort by time and carry it', () => {
  const earlier = newThumbnailId(0, 1_700_000_000_000);
  const later = newThumbnailId(0, 1_700_000_000_001);
  expect(earlier < later).toBe(true);
  expect([thumbnailIdTimeMs(earlier), thumbnailIdTimeMs(later)]).toEqual([1_700_000_000_000, 1_700_000_000_001]);
});

test('when many ids are made in one millisecond, then all differ', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => newThumbnailId(0, 1))).size).toBe(10_000);
});

test.each([
  '',
  '1',
  'a/../b',
  '0198f3a0-0000-4000-8000-000000000000',
  `${newThumbnailId()} `,
  newThumbnailId().toUpperCase(),
  ':',
  'x'.repeat(5000),
])('when a text is %j, then it is no id', (text) => {
  expect(isThumbnailId(text)).toBe(false);
});
