/** Profiles of pictures of more than eight bits, which sharp does not carry to sRGB; judged by culori's colour spaces. */
import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { converter, differenceCiede2000, formatHex } from 'culori';
import sharp from 'sharp';
import { decodePicture, readHeader } from '../src/index.ts';
import { colour, find, heifFile } from './heic-file.ts';
import { greyProfile, rgbProfile } from './profile-file.ts';

const differenceOf = differenceCiede2000();
const toRgb = converter('rgb');

/** Adapted to D50 by Bradford, as Adobe and ROMM (ISO 22028-2) give them; Display P3's by the same way. */
const spaces = {
  a98: {
    gamma: 2.19921875,
    colorants: [
      [0.60974, 0.31111, 0.01947],
      [0.20528, 0.62567, 0.06087],
      [0.14919, 0.06322, 0.74457],
    ],
  },
  prophoto: {
    gamma: 1.8,
    colorants: [
      [0.79767, 0.28804, 0],
      [0.13519, 0.71188, 0],
      [0.03134, 0.00009, 0.82491],
    ],
  },
} as const;

const samples = [
  [0.78, 0.24, 0.24],
  [0.2, 0.45, 0.7],
  [0.5, 0.5, 0.5],
  [0.95, 0.9, 0.3],
  [0.06, 0.08, 0.07],
];

type Space = keyof typeof spaces | 'p3';

async function profileOf(space: Space): Promise<Buffer> {
  if (space !== 'p3') return rgbProfile(spaces[space].colorants, spaces[space].gamma);
  const png = await sharp({ create: { width: 2, height: 2, channels: 3, background: '#fff' } })
    .withIccProfile('p3')
    .png()
    .toBuffer();
  return (await sharp(png).metadata()).icc ?? Buffer.alloc(0);
}

function deep(sample: readonly number[]) {
  const data = new Uint16Array(16 * 16 * sample.length).map((_, at) =>
    Math.round((sample[at % sample.length] ?? 0) * 65_535),
  );
  const channels = sample.length === 4 ? 4 : sample.length === 3 ? 3 : 1;
  return sharp(data, { raw: { width: 16, height: 16, channels } }).toColourspace(channels === 1 ? 'grey16' : 'rgb16');
}

async function pngOf(sample: readonly number[], profile: Buffer): Promise<Buffer> {
  const png = await deep(sample).png().toBuffer();
  const data = Buffer.concat([Buffer.from('iCCPtest\0\0', 'latin1'), deflateSync(profile)]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length - 4);
  sum.writeUInt32BE(crc32(data));
  return Buffer.concat([png.subarray(0, 33), length, data, sum, png.subarray(33)]);
}

/** The profile behind all else, and a directory of one more entry behind that. */
async function tiffOf(sample: readonly number[], profile: Buffer): Promise<Buffer> {
  const tiff = await deep(sample).tiff({ compression: 'none' }).toBuffer();
  const at = tiff.readUInt32LE(4);
  const count = tiff.readUInt16LE(at);
  const entry = Buffer.alloc(12);
  entry.writeUInt16LE(34_675, 0);
  entry.writeUInt16LE(7, 2);
  entry.writeUInt32LE(profile.length, 4);
  entry.writeUInt32LE(tiff.length, 8);
  const entries = Array.from({ length: count }, (_, nth) => tiff.subarray(at + 2 + nth * 12, at + 14 + nth * 12))
    .filter((one) => one.readUInt16LE(0) !== 34_675)
    .concat(entry)
    .sort((one, other) => one.readUInt16LE(0) - other.readUInt16LE(0));
  const heading = Buffer.alloc(2);
  heading.writeUInt16LE(entries.length);
  const padded = Buffer.concat([tiff, profile, Buffer.alloc((tiff.length + profile.length) % 2)]);
  padded.writeUInt32LE(padded.length, 4);
  return Buffer.concat([padded, heading, ...entries, Buffer.alloc(4)]);
}

async function avifOf(sample: readonly number[], profile: Buffer): Promise<Buffer> {
  const avif = await deep(sample).avif({ quality: 100, chromaSubsampling: '4:4:4', bitdepth: 12 }).toBuffer();
  const properties = [find(avif, 'av1C'), find(avif, 'ispe'), colour.profile(profile)];
  return heifFile([{ type: 'av01', data: find(avif, 'mdat').subarray(8), properties }], [], 1, 'avif');
}

async function firstPixel(bytes: Buffer): Promise<number[]> {
  await readHeader(bytes);
  const { data, channels } = await decodePicture(bytes, { width: 4, height: 4 }, 5000);
  return [...data.subarray(0, channels)];
}

const hexOf = ([r = 0, g = 0, b = 0]: readonly number[]) =>
  formatHex({ mode: 'rgb', r: r / 255, g: g / 255, b: b / 255 });
const meantBy = (space: Space, [r = 0, g = 0, b = 0]: readonly number[]) => {
  const { r: red, g: green, b: blue } = toRgb({ mode: space, r, g, b });
  const cut = (value: number) => Math.min(1, Math.max(0, value));
  return formatHex({ mode: 'rgb', r: cut(red), g: cut(green), b: cut(blue) });
};

const files = [
  ['PNG', pngOf],
  ['TIFF', tiffOf],
  ['AVIF', avifOf],
] as const;

describe.each(files)('a deep %s', (format, make) => {
  test.each<Space>(['p3', 'a98', 'prophoto'])('with a profile of %s is what that means', async (space) => {
    const profile = await profileOf(space);
    for (const sample of samples) {
      const found = hexOf(await firstPixel(await make(sample, profile)));
      const meant = meantBy(space, sample);
      expect({ sample, found, meant, is: differenceOf(found, meant) < 1.5 }).toMatchObject({ is: true });
    }
  });

  test('with a profile that is none is sRGB', async () => {
    if (format === 'AVIF') return;
    const [r = 0] = await firstPixel(await make([0.5, 0.4, 0.3], Buffer.alloc(200, 7)));
    expect(Math.abs(r - 127.5)).toBeLessThan(2);
  });
});

test.each([
  ['PNG', pngOf],
  ['TIFF', tiffOf],
])('when a deep %s is half transparent and has a profile, then it stays so', async (_, make) => {
  const sample = [0.78, 0.24, 0.24, 0.5];
  const found = await firstPixel(await make(sample, await profileOf('p3')));
  expect(Math.abs((found[3] ?? 0) - 128)).toBeLessThan(2);
  expect(differenceOf(hexOf(found), meantBy('p3', sample))).toBeLessThan(1.5);
});

test.each([
  ['PNG', pngOf],
  ['TIFF', tiffOf],
])('when a deep grey %s has a profile for grey, then that counts', async (_, make) => {
  const [value = 0] = await firstPixel(await make([0.25], greyProfile(1)));
  // Linear light of a quarter.
  expect(Math.abs(value - 137)).toBeLessThanOrEqual(1);
});
