/** What AV1 says of itself where the file around it says nothing; the samples were written by libavif (fixtures/avif.py). */
import { describe, expect, test } from '@jest/globals';
import { differenceCiede2000 } from 'culori';
import sharp from 'sharp';
import { decodePicture, readHeader } from '../src/index.ts';
import { box, colour, find, fixture, type HeifItem, heifFile } from './heic-file.ts';

const reference: { samples: number[][]; meant: Record<string, string[]> } = JSON.parse(
  fixture('source-colours.json').toString(),
);
const differenceOf = differenceCiede2000();
const size = { width: 64, height: 16 };
const alphaName = box('auxC', Buffer.from('\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0', 'latin1'));

/** The picture of a fixture without its colour box, with others instead. */
function itemOf(name: string, ...more: Buffer[]): HeifItem {
  const file = fixture(name);
  const properties = [find(file, 'av1C'), find(file, 'ispe'), ...more];
  return { type: 'av01', data: find(file, 'mdat').subarray(8), properties };
}

const avifOf = (...items: HeifItem[]) =>
  heifFile(items, items.length > 1 ? [{ type: 'auxl', from: 2, to: [1] }] : [], 1, 'avif');

/** In the middle of each of the four blocks. */
async function blocksOf(bytes: Buffer): Promise<number[][]> {
  const { data, channels } = await decodePicture(bytes, size, 5000);
  return [8, 24, 40, 56].map((x) => [...data.subarray((8 * 64 + x) * channels, (8 * 64 + x + 1) * channels)]);
}

const hexOf = (pixel: number[]) => `#${Buffer.from(pixel.slice(0, 3)).toString('hex')}`;

async function expectColours(bytes: Buffer, meant: readonly string[]): Promise<void> {
  const found = (await blocksOf(bytes)).map(hexOf);
  const far = meant.filter((one, nth) => !(differenceOf(one, found[nth] ?? '') < 1.5));
  expect({ found, far }).toEqual({ found, far: [] });
}

const greys = [16, 64, 128, 235];
const asGrey = (value: number) => `#${value.toString(16).padStart(2, '0').repeat(3)}`;

describe('grey of narrow range', () => {
  test('when nothing else says so, then it is as it was written', async () => {
    await expectColours(avifOf(itemOf('avif-grey-narrow.avif')), greys.map(asGrey));
  });

  test('when all code points beside it are unspecified, then AV1 counts, as it does for colours', async () => {
    const unspecified = box('colr', Buffer.from([...Buffer.from('nclx'), 0, 2, 0, 2, 0, 2, 0x80]));
    await expectColours(avifOf(itemOf('avif-grey-narrow.avif', unspecified)), greys.map(asGrey));
  });

  test('when code points say full range, then they count', async () => {
    const coded = greys.map((value) => Math.round(16 + (value * 219) / 255));
    await expectColours(avifOf(itemOf('avif-grey-narrow.avif', colour.codes(1, 13))), coded.map(asGrey));
  });

  test('when there is a profile, then it is of narrow range all the same', async () => {
    const flat = sharp({ create: { width: 2, height: 2, channels: 3, background: '#fff' } });
    const png = await flat.withIccProfile('srgb').png().toBuffer();
    const profile = (await sharp(png).metadata()).icc ?? Buffer.alloc(0);
    await expectColours(avifOf(itemOf('avif-grey-narrow.avif', colour.profile(profile))), greys.map(asGrey));
  });
});

test.each([
  ['BT.2020', 'bt2020', '9/13'],
  ['what television has, as encoders write that mean sRGB', 'television', '1/13'],
])('when AV1 says %s, then that is meant', async (_, name, codes) => {
  const meant = reference.meant[codes] ?? reference.samples.map(hexOf);
  await expectColours(avifOf(itemOf(`avif-blocks-${name}.avif`)), meant);
});

describe('transparency of narrow range', () => {
  const alpha = itemOf('avif-grey-narrow.avif', alphaName);

  test.each([
    ['without a profile', itemOf('avif-blocks-bt2020.avif', colour.codes(1, 13))],
    ['of grey', itemOf('avif-grey-narrow.avif')],
  ])('when a picture %s has it, then 16 is transparent and 235 opaque', async (_, picture) => {
    const file = avifOf(picture, alpha);
    const found = (await blocksOf(file)).map(([, , , opacity = 0]) => opacity);
    for (const [nth, value] of greys.entries()) expect(Math.abs((found[nth] ?? 0) - value)).toBeLessThanOrEqual(2);
    expect((await readHeader(file)).facts).toMatchObject({ hasAlpha: true, ...size });
  });

  test('when colours are made smaller, then what is transparent has no part in them', async () => {
    const { data } = await decodePicture(avifOf(itemOf('avif-grey-narrow.avif'), alpha), { width: 1, height: 1 }, 5000);
    // Each grey counts by its own opacity: (16² + 64² + 128² + 235²) / (16 + 64 + 128 + 235).
    expect(Math.abs((data[0] ?? 0) - 171)).toBeLessThanOrEqual(3);
  });
});

test('when a part is shown that begins between two samples of colour, then it has the colours of the whole', async () => {
  const codes = colour.codes(1, 13, false);
  const numbers = Buffer.alloc(32);
  // 61 × 13 pixels, from (3, 1) on.
  for (const [nth, value] of [61, 1, 13, 1, 3, 2, -1, 2].entries()) numbers.writeInt32BE(value, nth * 4);
  const whole = await decodePicture(avifOf(itemOf('avif-blocks-narrow.avif', codes)), size, 5000);
  const { data, channels } = whole;
  const meant = await sharp(data, { raw: { ...size, channels } })
    .extract({ left: 3, top: 1, width: 61, height: 13 })
    .raw()
    .toBuffer();
  const cut = avifOf(itemOf('avif-blocks-narrow.avif', codes, box('clap', numbers)));
  expect((await readHeader(cut)).facts).toMatchObject({ width: 61, height: 13 });
  const found = await decodePicture(cut, { width: 61, height: 13 }, 5000);
  expect(Buffer.from(found.data).equals(meant)).toBe(true);
});
