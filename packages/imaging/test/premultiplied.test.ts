/** Pictures whose colours are multiplied by their alpha already (`prem`): AVIF and HEIC. */
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { decodePicture } from '../src/index.ts';
import { box, colour, find, fixture, type HeifItem, heifFile, itemOf } from './heic-file.ts';

const alphaName = box('auxC', Buffer.from('\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0', 'latin1'));

async function avifItem(background: string, isGrey: boolean, ...more: Buffer[]): Promise<HeifItem> {
  const flat = sharp({ create: { width: 16, height: 16, channels: 3, background } });
  const avif = await (isGrey ? flat.toColourspace('b-w') : flat)
    .avif({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const properties = [find(avif, 'av1C'), find(avif, 'ispe'), ...more];
  return { type: 'av01', data: find(avif, 'mdat').subarray(8), properties };
}

/** (200, 100, 60) of an alpha of one half. */
async function avifOf(isPremultiplied: boolean, ...more: Buffer[]): Promise<Buffer> {
  const items = [await avifItem('#64321e', false, ...more), await avifItem('#808080', true, alphaName)];
  const multiplied = isPremultiplied ? [{ type: 'prem', from: 1, to: [2] }] : [];
  return heifFile(items, [...multiplied, { type: 'auxl', from: 2, to: [1] }], 1, 'avif');
}

async function pixelOf(bytes: Buffer, side = 4): Promise<number[]> {
  const { data, channels } = await decodePicture(bytes, { width: side, height: side }, 5000);
  return [...data.subarray(0, channels)];
}

function expectNear(found: number[], meant: number[], by = 3): void {
  expect(found).toHaveLength(meant.length);
  for (const [nth, value] of meant.entries()) expect(Math.abs((found[nth] ?? 0) - value)).toBeLessThanOrEqual(by);
}

describe('an AVIF', () => {
  test.each([4, 16])('of %d pixels a side has the colours that were multiplied', async (side) => {
    expectNear(await pixelOf(await avifOf(true), side), [199, 100, 60, 128]);
    expectNear(await pixelOf(await avifOf(false), side), [100, 50, 30, 128]);
  });

  test('has them in the colours that it names', async () => {
    // Linear light, by its code points.
    expectNear(await pixelOf(await avifOf(true, colour.codes(1, 8))), [228, 168, 133, 128]);
  });

  test('has them in the colours of its profile', async () => {
    const flat = sharp({ create: { width: 2, height: 2, channels: 3, background: '#fff' } });
    const png = await flat.withIccProfile('p3').png().toBuffer();
    const profile = (await sharp(png).metadata()).icc ?? Buffer.alloc(0);
    expectNear(await pixelOf(await avifOf(true, colour.profile(profile))), [215, 94, 48, 128], 5);
  });
});

test('when colours of a HEIC are multiplied by their alpha, then they are divided by it', async () => {
  const items = [itemOf(fixture('heic-grey.heic')), { ...itemOf(fixture('heic-grey.heic')) }];
  const [picture, alpha] = items;
  if (!picture || !alpha) throw new Error('two items');
  const withAlpha = { ...alpha, properties: [...alpha.properties, alphaName] };
  const references = [{ type: 'auxl', from: 2, to: [1] }];
  const plain = await pixelOf(heifFile([picture, withAlpha], references), 16);
  const multiplied = await pixelOf(
    heifFile([picture, withAlpha], [{ type: 'prem', from: 1, to: [2] }, ...references]),
    16,
  );
  expectNear(plain, [16, 16, 16, 16]);
  expectNear(multiplied, [255, 255, 255, 16]);
});
