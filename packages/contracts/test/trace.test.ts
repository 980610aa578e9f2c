import { expect, test } from '@jest/globals';
import { newThumbnailId, traceparentOf } from '../src/index.ts';

test('when a request has a UUID, then its trace has the same digits, and is valid', () => {
  expect(traceparentOf('8f3aaff2-47db-49bf-b9ab-b0e7182d4ab2')).toBe(
    '00-8f3aaff247db49bfb9abb0e7182d4ab2-b9abb0e7182d4ab2-00',
  );
  expect(traceparentOf(newThumbnailId())).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});

test.each([
  '',
  'order-17',
  '00000000-0000-0000-0000-000000000000',
  '8F3AAFF2-47DB-49BF-B9AB-B0E7182D4AB2',
  '8f3aaff2-47db-49bf-b9ab-b0e7182d4ab2\n',
])('when an id that a client chose is %j, then no trace follows from it', (id) => {
  expect(traceparentOf(id)).toBeUndefined();
});
