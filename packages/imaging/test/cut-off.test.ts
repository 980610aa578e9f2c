/** Files that end too early: taken where every pixel is there, refused where one is missing. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { photograph } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { decodePicture, HoldsLoop } from '../src/index.ts';

const size = { width: 30, height: 20 };
const outcomeOf = (bytes: Buffer) =>
  decodePicture(bytes, size, 5000).then(
    ({ data }) => data,
    (err) => err.code,
  );

test('when nothing is missing of a JPEG but its end marker, then it is taken', async () => {
  const bytes = readFileSync(new URL('fixtures/jpeg-without-eoi.jpg', import.meta.url));
  expect(await outcomeOf(bytes)).toHaveLength(30 * 20 * 3);
});

describe.each<[string, (picture: Sharp) => Sharp]>([
  ['a JPEG', (picture) => picture.jpeg()],
  ['a progressive JPEG', (picture) => picture.jpeg({ progressive: true })],
  ['a grey JPEG', (picture) => picture.greyscale().jpeg()],
])('%s', (_, encode) => {
  test('without its end marker is the same as with it', async () => {
    const whole = await encode(sharp(await photograph(300, 200))).toBuffer();
    expect(await outcomeOf(whole.subarray(0, -2))).toEqual(await outcomeOf(whole));
    expect(await outcomeOf(whole.subarray(0, -1))).toEqual(await outcomeOf(whole));
  });

  test.each([20, 300, 2000])('of which %d bytes are missing is refused', async (missing) => {
    const whole = await encode(sharp(await photograph(300, 200))).toBuffer();
    expect(await outcomeOf(whole.subarray(0, -missing))).toBe('corrupt_image');
  });
});

test('when only the last chunk of a PNG is missing, then it is taken; without pixels it is refused', async () => {
  const whole = await sharp(await photograph(300, 200))
    .png()
    .toBuffer();
  expect(await outcomeOf(whole.subarray(0, -12))).toEqual(await outcomeOf(whole));
  expect(await outcomeOf(whole.subarray(0, -200))).toBe('corrupt_image');
});

test('when the loop must not be held, then a JPEG whose blocks would have to be counted is not decoded', async () => {
  const bytes = readFileSync(new URL('fixtures/jpeg-without-eoi.jpg', import.meta.url));
  await expect(decodePicture(bytes, size, 5000, { mustNotHoldLoop: true })).rejects.toThrow(HoldsLoop);
});
