/** Headers, read without libvips where that is possible. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { photograph } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { readHeader, readJpegHeaderByLibvips } from '../src/index.ts';

describe('the header of a JPEG', () => {
  test.each<[string, (picture: Sharp) => Sharp]>([
    ['baseline', (picture) => picture.jpeg()],
    ['progressive', (picture) => picture.jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
    ['on its side', (picture) => picture.withMetadata({ orientation: 6 }).jpeg()],
    ['grey', (picture) => picture.greyscale().jpeg()],
  ])('when it is %s, then it is read without libvips and says the same', async (_, encode) => {
    const bytes = await encode(sharp(await photograph(300, 200))).toBuffer();
    const { autoOrient, hasAlpha, ...theirs } = await sharp(bytes).metadata();
    const { facts, jpeg } = await readHeader(bytes);
    expect(facts).toEqual({ format: 'jpeg', width: autoOrient.width, height: autoOrient.height, hasAlpha });
    expect(jpeg).toMatchObject({ width: theirs.width, height: theirs.height, isProgressive: theirs.isProgressive });
    expect(jpeg?.components.length).toBe(theirs.channels);
  });

  test('when a baseline file has a scan for each component, then it is held whole, as libvips says', async () => {
    const bytes = await readFile(new URL('../../raster/test/jpegs/separate-scans.jpg', import.meta.url));
    const header = await readHeader(bytes);
    expect(header.jpeg).toMatchObject({ isProgressive: false, hasSeveralScans: true });
    expect((await sharp(bytes).metadata()).isProgressive).toBe(true);
    const byLibvips = await readJpegHeaderByLibvips(bytes);
    expect(header.isHeldWhole).toBe(true);
    expect([header.isHeldWhole, header.decodeBytes]).toEqual([byLibvips.isHeldWhole, byLibvips.decodeBytes]);
  });
});

describe('a low-overhead header', () => {
  /** The brand of the codec stands in the place of a version. */
  const fileOf = (codec: string) => Buffer.from(`\0\0\0\x10ftypmif3${codec}\0\0\0\x10mini\0\0\0\0\0\0\0\0`, 'latin1');

  test.each([
    ['avif', 'An AVIF with a low-overhead header'],
    ['heic', 'A HEIF file with a low-overhead header'],
  ])('when a file of %s has one, then it is refused by that name', async (codec, name) => {
    await expect(readHeader(fileOf(codec), ['heic'])).rejects.toMatchObject({
      code: 'unsupported_format',
      message: expect.stringContaining(name),
    });
  });
});
