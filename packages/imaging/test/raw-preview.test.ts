/** Camera raw: refused by its name, or the largest picture for people that is in it. */
import { describe, expect, test } from '@jest/globals';
import { photograph } from '@tintype/testkit';
import sharp from 'sharp';
import { decodePicture, previewOfRaw, readHeader } from '../src/index.ts';
import { tiffOf } from './tiff-file.ts';

const on = ['raw'] as const;
const jpegOf = async (width: number, height: number) =>
  sharp(await photograph(width, height))
    .jpeg()
    .toBuffer();
const signature = Buffer.from('FUJIFILMCCD-RAW 0201', 'latin1');
const sensor = Buffer.alloc(5000, 0x5a);

/** A digital negative that is held by orientation 6, with these behind it. */
const negative = (...parts: Buffer[]) =>
  Buffer.concat([
    tiffOf(
      [
        {
          photometric: 2,
          pixel: [1, 2, 3],
          more: [
            [50_706, 1],
            [274, 6],
          ],
        },
      ],
      {},
    ),
    ...parts,
  ]);

describe('when previews are switched on', () => {
  test.each([
    [
      'a file of its own kind',
      async () => Buffer.concat([signature, await jpegOf(90, 60), sensor, await jpegOf(300, 200), sensor]),
    ],
    ['the largest first', async () => Buffer.concat([signature, await jpegOf(300, 200), await jpegOf(90, 60), sensor])],
  ])('then the largest is taken of %s', async (_what, make) => {
    const preview = previewOfRaw(await make(), on);
    expect((await readHeader(preview, on)).facts).toMatchObject({ format: 'jpeg', width: 300, height: 200 });
    const [shown, meant] = await Promise.all(
      [preview, await jpegOf(300, 200)].map((one) => decodePicture(one, { width: 30, height: 20 }, 5000)),
    );
    expect(shown?.data).toEqual(meant?.data);
  });

  test('then it stands upright, as the raw file says', async () => {
    const preview = previewOfRaw(negative(await jpegOf(300, 200)), on);
    expect((await readHeader(preview, on)).facts).toMatchObject({ width: 200, height: 300 });
  });

  test('then what a preview says of itself counts for more', async () => {
    const turned = await sharp(await jpegOf(300, 200))
      .withMetadata({ orientation: 1 })
      .jpeg()
      .toBuffer();
    expect((await readHeader(previewOfRaw(negative(turned), on), on)).facts).toMatchObject({ width: 300, height: 200 });
  });

  test('then one without a preview, or with one that shows nothing, is refused by that name', async () => {
    const tiny = await jpegOf(8, 8);
    for (const bytes of [Buffer.concat([signature, sensor]), negative(sensor), negative(tiny)]) {
      expect(() => previewOfRaw(bytes, on)).toThrow(/camera raw file without a JPEG preview/);
    }
  });

  test('then other files are as they are', async () => {
    const tiff = tiffOf([{ photometric: 2, pixel: [1, 2, 3] }], {});
    for (const bytes of [tiff, await jpegOf(90, 60)]) expect(previewOfRaw(bytes, on)).toBe(bytes);
  });
});

test('when previews are not switched on, then camera raw is refused, with how to switch them on', async () => {
  for (const bytes of [Buffer.concat([signature, await jpegOf(300, 200)]), negative(await jpegOf(300, 200))]) {
    expect(previewOfRaw(bytes, ['heic'])).toBe(bytes);
    await expect(readHeader(bytes)).rejects.toMatchObject({
      code: 'unsupported_format',
      message: expect.stringContaining('FORMATS=+raw-preview'),
    });
  }
});
