/** How a picture is read: which frame of it, and how whole it must be. */
import { expect, test } from '@jest/globals';
import { parse, readOptionsOf, ThumbnailRequest, UploadFields } from '../src/index.ts';

const url = 'https://example.org/a.gif';

test('when options are the usual ones, then nothing is left of them', () => {
  expect(readOptionsOf({ frame: 0, on_damage: 'refuse' })).toEqual({});
  expect(readOptionsOf({ frame: 'middle', on_damage: 'accept' })).toEqual({ frame: 'middle', on_damage: 'accept' });
});

test.each([-1, 1.5, 'first', '2', null, 1_000_000])('when the frame is %p, then it is an invalid option', (frame) => {
  expect(() => parse(ThumbnailRequest, { url, frame })).toThrow(
    expect.objectContaining({
      code: 'invalid_option',
      errors: expect.arrayContaining([{ pointer: '/frame', detail: 'must be one of middle' }]),
    }),
  );
});

test('when a form names a frame, then its text becomes a number, unless it is none', () => {
  expect(parse(UploadFields, { frame: '3' }, { convert: true }).frame).toBe(3);
  expect(parse(UploadFields, { frame: 'middle' }, { convert: true }).frame).toBe('middle');
  for (const frame of ['', '1.5', 'last', 'true']) {
    expect(() => parse(UploadFields, { frame }, { convert: true })).toThrow(
      expect.objectContaining({ code: 'invalid_option' }),
    );
  }
});
