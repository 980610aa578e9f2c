/** The light of reduced JPEGs, against that of the same pictures decoded whole by libvips. */
import { describe, expect, test } from '@jest/globals';
import { photograph } from '@tintype/testkit';
import sharp from 'sharp';
import { createReducedJpegDecoder, readJpegHeader } from '../src/index.ts';

const decode = createReducedJpegDecoder();

/** IEC 61966-2-1. */
const linear = (channel: number) =>
  channel <= 0.04045 * 255 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4;

/** Mean light of each channel in this part of the whole picture. */
async function lightOfWhole(bytes: Buffer, isIn: (x: number, y: number) => boolean = () => true): Promise<number[]> {
  const { data, info } = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
  const sums = [0, 0, 0];
  let count = 0;
  for (let pixel = 0; pixel < info.width * info.height; pixel += 1) {
    if (!isIn((pixel % info.width) / info.width, Math.floor(pixel / info.width) / info.height)) continue;
    count += 1;
    for (let channel = 0; channel < 3; channel += 1)
      sums[channel] = (sums[channel] ?? 0) + linear(data[pixel * 3 + channel] ?? 0);
  }
  return sums.map((sum) => sum / count);
}

/** The same of a reduced picture. */
function lightOfReduced(bytes: Buffer, isIn: (x: number, y: number) => boolean = () => true): number[] {
  const header = readJpegHeader(bytes);
  if (!header) throw new Error('no JPEG that we read');
  const [stored, upright] = [header, { width: header.height, height: header.width }];
  const { width, height } = header.orientation > 4 ? upright : stored;
  const size = { width: Math.floor(width / 12), height: Math.floor(height / 12) };
  const [picture] = decode(bytes, header, [size], { lightOfLast: true }) ?? [];
  if (!picture?.light) throw new Error('no light');
  const sums = [0, 0, 0, 0];
  for (let pixel = 0; pixel < size.width * size.height; pixel += 1) {
    if (!isIn((pixel % size.width) / size.width, Math.floor(pixel / size.width) / size.height)) continue;
    for (let at = 0; at < 4; at += 1) sums[at] = (sums[at] ?? 0) + (picture.light[4 * pixel + at] ?? 0);
  }
  return sums.slice(0, 3).map((sum) => sum / (sums[3] ?? 1));
}

/** Squares of black and white of so many pixels; the right half is grey, where that is wanted. */
function checker(side: number, hasGreyHalf = false) {
  const [width, height] = [1200, 900];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const isGrey = hasGreyHalf && x >= width / 2;
      const value = isGrey ? 60 : (Math.floor(x / side) + Math.floor(y / side)) % 2 === 0 ? 255 : 0;
      data.fill(value, 3 * (y * width + x), 3 * (y * width + x) + 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

describe('patterns', () => {
  test.each([1, 2, 3, 7])('when squares of %i pixels are black and white, then their light is half', async (side) => {
    const bytes = await checker(side).jpeg({ quality: 95 }).toBuffer();
    const whole = await lightOfWhole(bytes);
    for (const [channel, light] of lightOfReduced(bytes).entries()) {
      expect(Math.abs(light - (whole[channel] ?? 0))).toBeLessThan(0.02);
    }
  });

  test.each([1, 3, 6, 8])('when EXIF says %i, then the light is turned with the picture', async (orientation) => {
    const bytes = await checker(1, true).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    for (const isIn of [(x: number) => x < 0.45, (_: number, y: number) => y > 0.55]) {
      const [whole = 0] = await lightOfWhole(bytes, isIn);
      expect(Math.abs((lightOfReduced(bytes, isIn)[0] ?? 0) - whole)).toBeLessThan(0.02);
    }
  });
});

test.each([1, 2, 3])('when photograph %i is reduced, then it is as light as it is whole', async (seed) => {
  const bytes = await photograph(1283, 855, seed);
  const whole = await lightOfWhole(bytes);
  for (const [channel, light] of lightOfReduced(bytes).entries()) {
    expect(Math.abs(light - (whole[channel] ?? 0))).toBeLessThan(0.01);
  }
});
