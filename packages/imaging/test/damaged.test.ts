/** What is shown of pictures that are damaged or cut off, for whoever accepts that. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { photograph } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { decodePicture, readHeader } from '../src/index.ts';
import { tiffOf } from './tiff-file.ts';

const size = { width: 300, height: 200 };
const accept = { on_damage: 'accept' } as const;
let picture: Buffer;
beforeAll(async () => {
  picture = await photograph(300, 200);
});

/** Rows from the top that are as those of the whole picture, but for what follows of a neighbour's loss. */
function soundRows(shown: Uint8Array, whole: Uint8Array, channels: number): number {
  const rowBytes = size.width * channels;
  for (let row = 0; row < size.height; row += 1) {
    let difference = 0;
    for (let at = row * rowBytes; at < (row + 1) * rowBytes; at += 1) {
      difference += Math.abs((shown[at] ?? 0) - (whole[at] ?? 0));
    }
    if (difference > 2 * rowBytes) return row;
  }
  return size.height;
}

const kinds: [string, (picture: Sharp) => Sharp][] = [
  ['JPEG', (one) => one.jpeg()],
  ['grey JPEG', (one) => one.greyscale().jpeg()],
  ['PNG', (one) => one.png()],
  ['PNG with alpha', (one) => one.ensureAlpha(0.5).png()],
  ['PNG of 16 bits', (one) => one.toColourspace('rgb16').png()],
  ['PNG with a palette', (one) => one.png({ palette: true })],
  ['WebP', (one) => one.webp()],
  ['WebP with alpha', (one) => one.ensureAlpha(0.5).webp()],
  ['lossless WebP', (one) => one.webp({ lossless: true })],
  ['GIF', (one) => one.gif()],
];

describe.each(kinds)('a %s that is cut off', (_, encode) => {
  test.each([0.9, 0.5, 0.35])(
    'after %d of its bytes is refused, or shown as far as it goes and said to be damaged',
    async (part) => {
      const bytes = await encode(sharp(picture)).toBuffer();
      const whole = await decodePicture(bytes, size, 5000, accept);
      expect(whole).not.toHaveProperty('isDamaged');
      const cut = bytes.subarray(0, Math.floor(part * bytes.length));
      await expect(decodePicture(cut, size, 5000)).rejects.toMatchObject({ code: 'corrupt_image' });
      expect((await readHeader(cut, [], accept)).facts).toMatchObject(size);
      const shown = await decodePicture(cut, size, 5000, accept);
      expect(shown).toMatchObject({ ...size, isDamaged: true });
      // What a lossy WebP says first of all of its blocks shows nothing yet.
      if (shown.channels === whole.channels && part >= 0.5) {
        expect(soundRows(shown.data, whole.data, shown.channels)).toBeGreaterThan(size.height * part * 0.6);
      }
    },
  );

  test('before its first pixel is refused all the same', async () => {
    const bytes = await encode(sharp(picture)).toBuffer();
    for (const length of [30, 60]) {
      await expect(decodePicture(bytes.subarray(0, length), size, 5000, accept)).rejects.toMatchObject({
        code: 'corrupt_image',
      });
    }
  });
});

test('when a progressive JPEG is cut off, then what its scans have told so far is shown', async () => {
  const bytes = await sharp(picture).jpeg({ progressive: true }).toBuffer();
  const shown = await decodePicture(bytes.subarray(0, bytes.length / 2), size, 5000, accept);
  expect(shown.isDamaged).toBe(true);
});

test('when a GIF is cut off between two blocks of its data, then it is not whole', async () => {
  const bytes = await sharp(picture).gif().toBuffer();
  let at = 13 + 3 * 256;
  while (bytes[at] !== 0x2c) at += 8;
  at += 11;
  for (let blocks = 0; blocks < 20; blocks += 1) at += 1 + (bytes[at] ?? 0);
  await expect(decodePicture(bytes.subarray(0, at), size, 5000)).rejects.toMatchObject({ code: 'corrupt_image' });
});

test('when the end of a GIF is missing, then it is transparent', async () => {
  const bytes = await sharp(picture).gif().toBuffer();
  const { data, channels } = await decodePicture(bytes.subarray(0, bytes.length / 2), size, 5000, accept);
  expect([channels, ...data.subarray(-4)]).toEqual([4, 0, 0, 0, 0]);
});

test.each(['lzw', 'deflate'] as const)(
  'when a tile of a TIFF (%s) cannot be read, then it is no whole picture',
  async (compression) => {
    const bytes = await sharp(picture).tiff({ compression, tile: true, tileWidth: 64, tileHeight: 64 }).toBuffer();
    const whole = await decodePicture(bytes, size, 5000);
    expect(whole).not.toHaveProperty('isDamaged');
    const middle = Math.floor(bytes.length / 2);
    for (let at = middle; at < middle + 40; at += 1) bytes.writeUInt8(bytes.readUInt8(at) ^ 0x5a, at);
    await expect(decodePicture(bytes, size, 5000)).rejects.toMatchObject({ code: 'corrupt_image' });
    const shown = await decodePicture(bytes, size, 5000, accept);
    expect(shown.isDamaged).toBe(true);
    expect(soundRows(shown.data, whole.data, 3)).toBeGreaterThanOrEqual(64);
  },
);

test('when the pixels of a TIFF are cut off, then it is damaged', async () => {
  const tiff = tiffOf([{ photometric: 2, pixel: [200, 100, 50], side: 64 }], {});
  const cut = tiff.subarray(0, tiff.length - 64 * 20 * 3);
  await expect(decodePicture(cut, size, 5000)).rejects.toMatchObject({ code: 'corrupt_image' });
  await decodePicture(cut, { width: 64, height: 64 }, 5000, accept).then(
    (shown) => expect(shown.isDamaged).toBe(true),
    (err) => expect(err).toMatchObject({ code: 'corrupt_image' }),
  );
});
