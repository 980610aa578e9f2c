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

test('when an AVIF has a low-overhead header, then it is refused by that name', async () => {
  const head = Buffer.from([0, 0, 0, 16, ...Buffer.from('ftypmif3avif'), 0, 0, 0, 40, ...Buffer.from('mini')]);
  await expect(readHeader(Buffer.concat([head, Buffer.alloc(32, 1)]))).rejects.toMatchObject({
    code: 'unsupported_format',
    message: expect.stringContaining('low-overhead header (mini)'),
  });
});
