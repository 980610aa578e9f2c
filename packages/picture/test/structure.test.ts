/** A look through a stranger's file is bounded, whatever is in it. */
import { describe, expect, test } from '@jest/globals';
import { sniffFormat } from '@tintype/contracts';
import { photograph, pngOfEmptyBlocks } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { quickSteps, scanStructure, thoroughSteps } from '../src/reduced.ts';
import { jpegSegment, pngWith } from './hostile-files.ts';

const megabytes = 1024 * 1024;
const scan = (bytes: Buffer, steps: number) => scanStructure(bytes, sniffFormat(bytes), steps);

/** A progressive JPEG up to its first scan, then so many bytes of the same two, and the end. */
async function progressiveThen(pair: readonly number[], bytes: number): Promise<Buffer> {
  const jpeg = await sharp(await photograph(64, 48))
    .jpeg({ progressive: true })
    .toBuffer();
  const data = jpeg.subarray(0, jpeg.indexOf(Buffer.from([0xff, 0xda])) + 14);
  return Buffer.concat([data, Buffer.alloc(bytes, Buffer.from(pair)), Buffer.from([0xff, 0xd9])]);
}

async function pngOfEmptyChunks(count: number): Promise<Buffer> {
  const png = await pngWith(['IDAT', Buffer.alloc(0)]);
  return Buffer.concat([png.subarray(0, 33), Buffer.alloc(12 * count, png.subarray(33, 45)), png.subarray(33)]);
}

const box = (type: string, data = Buffer.alloc(0)) => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + data.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, data]);
};

type Box = ReturnType<typeof box>;

test('a JPEG without its end is unusual; one with something behind its end is not', async () => {
  const jpeg = await sharp(await photograph(64, 48))
    .jpeg()
    .toBuffer();
  expect(scan(jpeg.subarray(0, -2), quickSteps)).toBe('unusual');
  expect(scan(Buffer.concat([jpeg, Buffer.alloc(5000, 'film')]), quickSteps)).toBe('usual');
});

describe('what stands behind the end', () => {
  const tail = Buffer.alloc(3_000_000, Buffer.from([0xff, 0xe1, 0xff, 0xda, 0, 7, 0x49, 0x44]));
  test.each<[string, (picture: Sharp) => Sharp]>([
    ['a JPEG', (picture) => picture.jpeg()],
    ['a progressive JPEG', (picture) => picture.jpeg({ progressive: true })],
    ['a PNG', (picture) => picture.png()],
    ['a WebP', (picture) => picture.webp()],
    ['a lossless WebP', (picture) => picture.webp({ lossless: true })],
    ['an AVIF', (picture) => picture.avif()],
    ['a TIFF', (picture) => picture.tiff()],
    ['a GIF', (picture) => picture.gif()],
  ])('of %s does not make it unusual', async (_, encode) => {
    const whole = await encode(sharp(await photograph(64, 48))).toBuffer();
    for (const bytes of [16, 1000, tail.length]) {
      expect(scan(Buffer.concat([whole, tail.subarray(0, bytes)]), quickSteps)).toBe('usual');
    }
  });
});

describe('files that nobody writes', () => {
  test.each([
    ['a JPEG of fill bytes behind its scan', () => progressiveThen([0xff, 0xff], 25 * megabytes)],
    ['a JPEG of stuffed bytes behind its scan', () => progressiveThen([0xff, 0x00], 25 * megabytes)],
    ['a PNG of empty IDAT chunks', () => pngOfEmptyChunks(400_000)],
  ])('when %s comes in, then the steps are used up before it is known', async (_what, make) => {
    const bytes = await make();
    expect(scan(bytes, quickSteps)).toBe('undecided');
    expect(scan(bytes, thoroughSteps(bytes))).toBe('undecided');
  });

  test.each([
    ['fill bytes before its first marker', () => Buffer.alloc(25 * megabytes, 0xff)],
    ['megabytes of tables', () => Buffer.concat(Array(20).fill(jpegSegment(0xdb, Buffer.alloc(65_000))))],
    ['thousands of tables', () => Buffer.concat(Array(2000).fill(jpegSegment(0xc4, Buffer.alloc(10))))],
  ])('when a JPEG has %s, then it is unusual after a few steps', async (_what, make) => {
    const start = Buffer.from([0xff, 0xd8]);
    expect(scan(Buffer.concat([start, make(), (await photograph(64, 48)).subarray(2)]), 3000)).toBe('unusual');
  });

  test.each([
    ['meta', (boxes: Box) => box('meta', Buffer.concat([Buffer.alloc(4), boxes]))],
    ['its properties', (boxes: Box) => box('meta', Buffer.concat([Buffer.alloc(4), box('iprp', box('ipco', boxes))]))],
    [
      'its items',
      (boxes: Box) =>
        box('meta', Buffer.concat([Buffer.alloc(4), box('iinf', Buffer.concat([Buffer.alloc(6), boxes]))])),
    ],
  ])('when an AVIF has thousands of boxes within %s, then it is unusual', (_, within) => {
    const fileOf = (count: number) =>
      Buffer.concat([box('ftyp', Buffer.from('avif\0\0\0\0avif')), within(Buffer.alloc(8 * count, box('free')))]);
    expect(scan(fileOf(100), quickSteps)).toBe('usual');
    expect(scan(fileOf(5000), quickSteps)).toBe('unusual');
    expect(scan(fileOf(500_000), quickSteps)).toBe('unusual');
  });

  test('when an AVIF has thousands of boxes, then it is unusual', () => {
    const boxes = [box('ftyp', Buffer.from('avif\0\0\0\0avif')), ...Array(5000).fill(box('free'))];
    expect(scan(Buffer.concat(boxes), quickSteps)).toBe('unusual');
  });
});

describe('files that encoders write', () => {
  test('when a progressive JPEG has megabytes of coded data, then it is known at the second look at the latest', async () => {
    const raw = { width: 2000, height: 2000, channels: 3 } as const;
    const noise = Uint8Array.from({ length: 12_000_000 }, (_, at) => (at * 2_654_435_761) >>> 24);
    const bytes = await sharp(noise, { raw }).jpeg({ progressive: true, quality: 98 }).toBuffer();
    expect(bytes.length).toBeGreaterThan(4 * megabytes);
    expect(scan(bytes, thoroughSteps(bytes))).toBe('usual');
  });

  test('when something stands behind the end of a PNG, then it is not looked at', async () => {
    const png = await sharp(await photograph(64, 48))
      .png()
      .toBuffer();
    const chunks = await pngWith(...Array(3000).fill(['tEXt', Buffer.from('a\0b')]));
    expect(scan(Buffer.concat([png, chunks]), quickSteps)).toBe('usual');
  });

  test('when the bytes are no picture, then nothing is said of them', () => {
    expect(scan(Buffer.from('hello'), 0)).toBe('usual');
  });
});

describe('a PNG with more data than pixels', () => {
  test('when its blocks bring codes and no pixels, then it is unusual', async () => {
    const bytes = pngOfEmptyBlocks(64, 10_000);
    await expect(sharp(bytes).raw().toBuffer()).resolves.toHaveLength(64 * 64 * 3);
    expect(scan(bytes, quickSteps)).toBe('unusual');
  });

  test.each<[string, (picture: Sharp) => Sharp]>([
    ['as it is', (picture) => picture.png({ compressionLevel: 0 })],
    ['interlaced', (picture) => picture.png({ compressionLevel: 0, progressive: true })],
    ['of 16 bits', (picture) => picture.toColourspace('rgb16').png({ compressionLevel: 0 })],
    ['with a palette', (picture) => picture.png({ palette: true, compressionLevel: 0 })],
    ['of one bit', (picture) => picture.toColourspace('b-w').png({ palette: true, colours: 2, compressionLevel: 0 })],
  ])('when it is %s and not packed, then it is usual', async (_, encode) => {
    const picture = sharp(await photograph(400, 300)).ensureAlpha();
    expect(scan(await encode(picture).toBuffer(), quickSteps)).toBe('usual');
  });
});
