/** TIFFs of many kinds: their first page rightly, or refused by the name of what they are. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { photograph } from '@tintype/testkit';
import sharp from 'sharp';
import { decodePicture, readHeader } from '../src/index.ts';
import { tiffOf } from './tiff-file.ts';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

/** Four pixels of it. */
async function pixelsOf(bytes: Buffer) {
  const { facts } = await readHeader(bytes);
  const { data, channels } = await decodePicture(bytes, { width: 2, height: 2 }, 5000);
  return { facts, channels, first: [...data.subarray(0, channels)] };
}

describe('files', () => {
  test.each([
    ['tiff-good-page-then-old-jpeg-page.tif'],
    ['tiff-private-tag-of-unknown-type.tif'],
    ['tiff-extrasample-unspecified.tif'],
  ])('%s is the photograph that it shows', async (name) => {
    const { facts, channels } = await pixelsOf(fixture(name));
    expect({ ...facts, channels }).toMatchObject({ width: 64, height: 48, hasAlpha: false, channels: 3 });
    const whole = await decodePicture(fixture(name), { width: 64, height: 48 }, 5000);
    const lightOf = (value: number) => (value / 255) ** 2.2;
    for (const [channel, meant] of [0x7e, 0x84, 0x8c].entries()) {
      const light = whole.data.filter((_, at) => at % 3 === channel).reduce((sum, value) => sum + lightOf(value), 0);
      const mean = 255 * (light / (64 * 48)) ** (1 / 2.2);
      expect(Math.abs(mean - meant)).toBeLessThan(2);
    }
  });

  test.each([
    ['tiff-float32-grey.tif', /floating-point/],
    ['tiff-ycbcr-uncompressed.tif', /YCbCr without JPEG/],
    ['tiff-zstd.tif', /Zstandard/],
  ])('%s is refused by its name', async (name, detail) => {
    const refusal = { code: 'unsupported_format', message: expect.stringMatching(detail) };
    await expect(readHeader(fixture(name))).rejects.toMatchObject(refusal);
    await expect(decodePicture(fixture(name), { width: 4, height: 4 }, 5000)).rejects.toMatchObject(refusal);
  });
});

test('when an RGB TIFF is of floating-point samples, then they are linear light', async () => {
  const picture = sharp(await photograph(64, 48));
  const linear = await picture.clone().toColourspace('scrgb').tiff({ compression: 'deflate' }).toBuffer();
  const { data } = await decodePicture(linear, { width: 64, height: 48 }, 5000);
  const plain = await picture.raw().toBuffer();
  for (const [at, value] of plain.entries()) expect(Math.abs((data[at] ?? 0) - value)).toBeLessThan(3);
});

test('when transparency has another channel behind it, then half of the picture is transparent', async () => {
  const { data, channels } = await decodePicture(
    fixture('tiff-alpha-plus-spot-channel.tif'),
    { width: 64, height: 48 },
    5000,
  );
  const alphas = [...data].filter((_, at) => at % channels === 3);
  expect(alphas.filter((alpha) => alpha === 0)).toHaveLength(alphas.length / 2);
  expect(alphas.filter((alpha) => alpha === 255)).toHaveLength(alphas.length / 2);
});

test('when the first page is a smaller copy of one that belongs to it, then that is shown', async () => {
  const full = { photometric: 2, pixel: [200, 40, 60] };
  // Where the second page of this file lies, the first page of the other says that its own belongs.
  const chained = tiffOf([{ ...full, pixel: [1, 2, 3], side: 2, kind: 1, more: [[330, 0]] }, full], {});
  const at = chained.readUInt32LE(4);
  const count = chained.readUInt16LE(at);
  const linkAt = at + 2 + count * 12;
  const entryAt = Array.from({ length: count }, (_, nth) => at + 2 + nth * 12).find(
    (one) => chained.readUInt16LE(one) === 330,
  );
  if (entryAt === undefined) throw new Error('no entry');
  chained.writeUInt16LE(4, entryAt + 2);
  chained.writeUInt32LE(chained.readUInt32LE(linkAt), entryAt + 8);
  chained.writeUInt32LE(0, linkAt);
  expect(await pixelsOf(chained)).toMatchObject({ facts: { width: 8, height: 8 }, first: [200, 40, 60] });
});

test('when a TIFF is of CIELab, then colours are what that means', async () => {
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 200, g: 100, b: 60 } } });
  const lab = await picture.toColourspace('labs').tiff({ compression: 'none' }).toBuffer();
  expect((await sharp(lab).metadata()).space).toBe('labs');
  const { first } = await pixelsOf(lab);
  for (const [nth, value] of [200, 100, 60].entries())
    expect(Math.abs((first[nth] ?? 0) - value)).toBeLessThanOrEqual(1);
});

describe.each([
  ['little-endian', {}],
  ['big-endian', { isBigEndian: true }],
  ['BigTIFF', { isBigTiff: true }],
])('kinds, %s', (_, how) => {
  const rgb = { photometric: 2, pixel: [200, 40, 60] };
  test.each([
    ['a smaller copy before the page', [{ ...rgb, pixel: [1, 2, 3], side: 2, kind: 1 }, rgb], [200, 40, 60]],
    ['nothing but a smaller copy', [{ ...rgb, kind: 1 }], [200, 40, 60]],
    ['a page after it that leads nowhere', [rgb, { ...rgb, bits: [13] }], [200, 40, 60]],
    ['a resolution unit that does not exist', [{ ...rgb, more: [[296, 99]] as const }], [200, 40, 60]],
    ['an unknown fourth channel', [{ ...rgb, pixel: [200, 40, 60, 0], extra: [0] }], [200, 40, 60]],
    ['a fourth channel that nobody mentions', [{ ...rgb, pixel: [200, 40, 60, 0] }], [200, 40, 60]],
    ['two unknown channels', [{ ...rgb, pixel: [200, 40, 60, 0, 7], extra: [0, 0] }], [200, 40, 60]],
    ['grey and an unknown channel', [{ photometric: 1, pixel: [90, 0], extra: [0] }], [90, 90, 90]],
    [
      'grey and two unknown planes',
      [{ photometric: 1, pixel: [90, 0, 7], extra: [0, 0], isPlanar: true }],
      [90, 90, 90],
    ],
    [
      'white as 0 and a plane that nobody mentions',
      [{ photometric: 0, pixel: [90, 0], isPlanar: true }],
      [165, 165, 165],
    ],
    ['colours and an unknown plane', [{ ...rgb, pixel: [200, 40, 60, 0], isPlanar: true }], [200, 40, 60]],
    ['transparency and more', [{ ...rgb, pixel: [200, 40, 60, 128, 7], extra: [2, 0] }], [200, 40, 60, 128]],
    ['the same multiplied', [{ ...rgb, pixel: [100, 20, 30, 128, 7], extra: [1, 0] }], [199, 40, 60, 128]],
    ['transparency', [{ ...rgb, pixel: [200, 40, 60, 128], extra: [2] }], [200, 40, 60, 128]],
    ['colours that are multiplied already', [{ ...rgb, pixel: [100, 20, 30, 128], extra: [1] }], [199, 40, 60, 128]],
  ])('when it has %s, then it is read', async (_what, pages, pixel) => {
    const { first, facts } = await pixelsOf(tiffOf(pages, how));
    expect(first).toHaveLength(pixel.length);
    // Transparency costs some levels: it is multiplied out and in again, in eight bits.
    for (const [nth, value] of pixel.entries()) expect(Math.abs((first[nth] ?? 0) - value)).toBeLessThanOrEqual(4);
    expect(facts).toMatchObject({ width: 8, height: 8, hasAlpha: pixel.length === 4 });
  });

  test.each([
    ['signed samples', { photometric: 1, pixel: [1], format: 2 }, /signed/],
    ['32 bits', { photometric: 1, pixel: [0, 0, 0, 1], bits: [32] }, /32 bits/],
    ['a palette of 8 bits', { photometric: 3, pixel: [0], more: [[320, 200]] as const }, /palette/],
    ['12 bits', { photometric: 1, pixel: [0, 0], bits: [12] }, /12 bits/],
    ['no word of what its samples are', { ...rgb, photometric: null }, /what its samples are/],
    ['different depths', { ...rgb, bits: [8, 8, 16] }, /8 and 16 bits/],
    ['CIELab of 8 bits', { photometric: 8, pixel: [1, 2, 3] }, /CIELab/],
    ['a channel before its transparency', { ...rgb, pixel: [1, 2, 3, 4, 5], extra: [0, 2] }, /transparency/],
    ['grey, transparency and more', { photometric: 1, pixel: [1, 2, 3], extra: [2, 0] }, /transparency/],
    ['a plane of transparency beside grey', { photometric: 1, pixel: [90, 9], extra: [2], isPlanar: true }, /planes/],
    ['another compression', { ...rgb, compression: 50_000 }, /Zstandard/],
    ['no compression that is known', { ...rgb, compression: 60_000 }, /60000/],
    ['other inks', { photometric: 5, pixel: [1, 2, 3, 4], more: [[332, 2]] as const }, /inks/],
    ['six channels', { ...rgb, pixel: [1, 2, 3, 4, 5, 6], extra: [0, 0, 0] }, /channels/],
    ['what a sensor tells', { photometric: 32_803, pixel: [1] }, /camera raw/i],
    ['a digital negative', { ...rgb, more: [[50_706, 1]] as const }, /camera raw/i],
  ])('when it has %s, then it is refused by that name', async (_what, page, detail) => {
    await expect(readHeader(tiffOf([page], how))).rejects.toMatchObject({
      code: 'unsupported_format',
      message: expect.stringMatching(detail),
    });
  });
});

describe('directories that lie', () => {
  const sound = tiffOf([{ photometric: 2, pixel: [200, 40, 60] }], {});
  test.each([
    ['in a ring', (bytes: Buffer) => bytes.writeUInt32LE(bytes.readUInt32LE(4), bytes.length - 4)],
    ['outside of the file', (bytes: Buffer) => bytes.writeUInt32LE(4_000_000_000, 4)],
    ['with more entries than there are', (bytes: Buffer) => bytes.writeUInt16LE(60_000, bytes.readUInt32LE(4))],
  ])('when they lie %s, then nothing but a problem comes of it', async (_what, change) => {
    const bytes = Buffer.from(sound);
    change(bytes);
    const codes = ['corrupt_image', 'unsupported_format'];
    await pixelsOf(bytes).catch((err) => expect(codes).toContain(err.code));
  });
});
