/** Large PNGs and lossless WebPs: made in a child, and the same there as anywhere. */
import { describe, expect, test } from '@jest/globals';
import { makePicture } from '@tintype/picture';
import { photograph } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { order, runnerWith } from './runner-with-children.ts';

const kinds: [kind: string, width: number, height: number, encode: (picture: Sharp) => Sharp][] = [
  ['PNG of 20 megapixels', 5000, 4000, (one) => one.png({ compressionLevel: 1 })],
  ['PNG of 20 megapixels with alpha', 5000, 4000, (one) => one.ensureAlpha(0.5).png({ compressionLevel: 1 })],
  ['lossless WebP of 6 megapixels', 3000, 2000, (one) => one.webp({ lossless: true, effort: 0 })],
  [
    'lossless WebP of 6 megapixels with alpha',
    3000,
    2000,
    (one) => one.ensureAlpha(0.5).webp({ lossless: true, effort: 0 }),
  ],
];

describe.each(kinds)('a %s', (_, width, height, encode) => {
  test('is made in a child, and is what makePicture makes of it', async () => {
    const small = sharp(await photograph(500, 400)).resize(width, height, { kernel: 'nearest', fit: 'fill' });
    const bytes = await encode(small).toBuffer();
    const { made, make, limits } = runnerWith({});
    const inChild = await make(bytes);
    expect(made.inChildren).toBe(1);
    const here = await makePicture(bytes, order, limits);
    expect(inChild.facts).toEqual(here.facts);
    expect(inChild.facts).toMatchObject({ width, height });
    expect(inChild.colours).toEqual(here.colours);
    expect(inChild.placeholder).toBe(here.placeholder);
    expect(inChild.renditions[0]?.bytes).toEqual(here.renditions[0]?.bytes);
  });

  test('is near to a full decode', async () => {
    const small = sharp(await photograph(500, 400)).resize(width, height, { kernel: 'nearest', fit: 'fill' });
    const bytes = await encode(small).toBuffer();
    const [thumbnail] = (await runnerWith({}).make(bytes)).renditions;
    const shown = await sharp(thumbnail?.bytes).removeAlpha().raw().toBuffer();
    const meant = await sharp(bytes).removeAlpha().resize(20, 20).raw().toBuffer();
    for (const [at, value] of meant.entries()) expect(Math.abs(value - (shown[at] ?? 0))).toBeLessThan(8);
  });
});
