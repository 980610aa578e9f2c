import { expect, test } from '@jest/globals';
import { familyNames, generatePicture } from '../src/families.ts';

test('when a picture is generated twice, then it is the same file, and with another seed another one', async () => {
  const one = await generatePicture(1, 'noise', 0);
  expect((await generatePicture(1, 'noise', 0)).bytes.equals(one.bytes)).toBe(true);
  expect((await generatePicture(2, 'noise', 0)).bytes.equals(one.bytes)).toBe(false);
});

test('every family draws a picture whose colours are known and whose shares add up to one', async () => {
  for (const family of familyNames) {
    const { picture, truth, bytes } = await generatePicture(3, family, 1);
    expect(bytes.length).toBeGreaterThan(0);
    expect(picture.data).toHaveLength(picture.width * picture.height * picture.channels);
    expect(truth.palette.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  }
});
