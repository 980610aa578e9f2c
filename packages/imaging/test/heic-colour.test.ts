/** Colours of HEIC pictures; judged by colour-science (fixtures/source-colours.py). */
import { describe, expect, test } from '@jest/globals';
import { differenceCiede2000 } from 'culori';
import sharp from 'sharp';
import { decodePicture } from '../src/index.ts';
import { colour, fixture, heifFile, itemOf } from './heic-file.ts';

const reference: { samples: number[][]; meant: Record<string, string[]> } = JSON.parse(
  fixture('source-colours.json').toString(),
);
const differenceOf = differenceCiede2000();

const blockPixels = 32;

/** The colour of each block. */
async function blocksOf(bytes: Buffer): Promise<string[]> {
  const count = reference.samples.length;
  const size = { width: count * blockPixels, height: 64 };
  const { data, channels } = await decodePicture(bytes, size, 5000);
  return Array.from({ length: count }, (_, nth) => {
    const at = (32 * size.width + nth * blockPixels + blockPixels / 2) * channels;
    return `#${Buffer.from(data.subarray(at, at + 3)).toString('hex')}`;
  });
}

function expectNear(found: string[], meant: readonly string[], most = 1.5): void {
  const far = meant.filter((one, nth) => !(differenceOf(one, found[nth] ?? '') < most));
  expect({ found, meant, far }).toEqual({ found, meant, far: [] });
}

describe.each([
  ['8 bits', 'heic-blocks.heic'],
  ['10 bits', 'heic-blocks-10-bit.heic'],
])('of %s', (_, name) => {
  test.each(Object.keys(reference.meant))('when code points are %s, then colours are what they mean', async (codes) => {
    const [primaries = 0, transfer = 0] = codes.split('/').map(Number);
    const file = heifFile([itemOf(fixture(name), colour.codes(primaries, transfer))]);
    expectNear(await blocksOf(file), reference.meant[codes] ?? []);
  });

  test('when there is a profile, then it counts, whatever code points say', async () => {
    const flat = sharp({ create: { width: 16, height: 16, channels: 3, background: '#808080' } });
    const withProfile = await flat.withIccProfile('p3').png().toBuffer();
    const { icc = Buffer.alloc(0) } = await sharp(withProfile).metadata();
    const file = heifFile([itemOf(fixture(name), colour.profile(icc), colour.codes(9, 16))]);
    expectNear(await blocksOf(file), reference.meant['12/13'] ?? []);
  });
});

const greys = (values: number[]) => values.map((value) => `#${value.toString(16).padStart(2, '0').repeat(3)}`);

describe('grey', () => {
  const grey = fixture('heic-grey.heic');

  test('when it is of full range, then it is as it was written', async () => {
    expectNear(await blocksOf(grey), greys([16, 64, 128, 235]));
  });

  test('when it is of narrow range, then it is as it was written all the same', async () => {
    expectNear(await blocksOf(fixture('heic-grey-narrow.heic')), greys([16, 64, 128, 235]));
  });
});

test.each([
  ['BT.2020', 'heic-blocks-bt2020.heic', '9/13'],
  ['what television has, as phones write that mean sRGB', 'heic-blocks-television.heic', '1/13'],
])('when the file says nothing of its colours and the HEVC says %s, then that is meant', async (_, name, codes) => {
  expectNear(await blocksOf(heifFile([itemOf(fixture(name))])), reference.meant[codes] ?? []);
});

test('when a profile is none, then the code points count', async () => {
  const file = heifFile([itemOf(fixture('heic-blocks.heic'), colour.profile(Buffer.alloc(200)), colour.codes(12, 13))]);
  expectNear(await blocksOf(file), reference.meant['12/13'] ?? []);
});
