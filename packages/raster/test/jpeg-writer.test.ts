/** JPEGs written here, read again by libvips. */
import { expect, test } from '@jest/globals';
import { landscape, seededRandom } from '@tintype/testkit';
import sharp from 'sharp';
import { encodeJpeg, type Pixels, readJpegHeader } from '../src/index.ts';

const whole = landscape(1000, 800, 5);

async function picture(width: number, height: number): Promise<Pixels> {
  const data = await sharp(whole.data, { raw: whole }).resize(width, height).raw().toBuffer();
  return { data, width, height, channels: 3 };
}

async function meanSquaredError(bytes: Buffer, { data }: Pixels): Promise<number> {
  const read = await sharp(bytes, { failOn: 'warning' }).raw().toBuffer();
  expect(read.length).toBe(data.length);
  return data.reduce((sum, sample, at) => sum + (sample - (read[at] ?? 0)) ** 2, 0) / data.length;
}

test.each([1, 10, 50, 80, 95, 100])(
  'when the quality is %i, then it is as good and as small as libvips’',
  async (quality) => {
    const pixels = await picture(100, 100);
    const ours = encodeJpeg(pixels, quality);
    const theirs = await sharp(pixels.data, { raw: pixels }).jpeg({ quality }).toBuffer();
    expect(ours.length).toBeLessThan(theirs.length * 1.02 + 20);
    expect(await meanSquaredError(ours, pixels)).toBeLessThan((await meanSquaredError(theirs, pixels)) * 1.05 + 0.1);
  },
);

test.each([
  [1, 1],
  [7, 3],
  [16, 16],
  [17, 33],
  [133, 100],
  [640, 480],
])('when the picture has %i × %i pixels, then it is read as that', async (width, height) => {
  const pixels = await picture(width, height);
  const bytes = encodeJpeg(pixels, 90);
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width, height, chromaSubsampling: '4:2:0' });
  expect(readJpegHeader(bytes)).toMatchObject({ width, height, isProgressive: false, isSrgb: true });
  const theirs = await sharp(pixels.data, { raw: pixels }).jpeg({ quality: 90 }).toBuffer();
  expect(await meanSquaredError(bytes, pixels)).toBeLessThan((await meanSquaredError(theirs, pixels)) * 1.1 + 1);
});

test('when the picture is one colour, then it keeps it', async () => {
  const data = new Uint8Array(100 * 100 * 3).map((_, at) => [0xc0, 0x80, 0x40][at % 3] ?? 0);
  const read = await sharp(encodeJpeg({ data, width: 100, height: 100, channels: 3 }, 100))
    .raw()
    .toBuffer();
  expect(read.every((sample, at) => Math.abs(sample - (data[at] ?? 0)) <= 1)).toBe(true);
});

test('when the picture is noise, then all of it is there', async () => {
  const random = seededRandom(3);
  const data = new Uint8Array(90 * 70 * 3).map(() => Math.floor(random() * 256));
  for (const quality of [5, 60, 100]) {
    const bytes = encodeJpeg({ data, width: 90, height: 70, channels: 3 }, quality);
    expect(await sharp(bytes, { failOn: 'warning' }).metadata()).toMatchObject({ width: 90, height: 70 });
    await sharp(bytes, { failOn: 'warning' }).raw().toBuffer();
  }
});
