/** JPEGs on their side: who says how a picture is held is also the one who turns it. */
import { describe, expect, test } from '@jest/globals';
import { renditionOf } from '@tintype/contracts';
import sharp from 'sharp';
import { exifSegment, jpegSegment } from '../../raster/test/jpegs/by-hand.ts';
import { makePicture } from '../src/index.ts';
import { createJpegReducer } from '../src/reduced.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 100, maxDecodeBytes: 2 ** 30, timeoutMs: 120_000 };

/** 640 × 480, red on the left, with these segments before everything else. */
async function jpegWith(...segments: Buffer[]): Promise<Buffer> {
  const left = await sharp({ create: { width: 320, height: 480, channels: 3, background: '#e00000' } })
    .png()
    .toBuffer();
  const jpeg = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#2020ff' } })
    .composite([{ input: left, left: 0, top: 0 }])
    .jpeg()
    .toBuffer();
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

const on = (orientation: number, changes = {}) => exifSegment({ orientation, ...changes });

describe.each<[string, Buffer[], boolean]>([
  ['on its side', [on(6)], true],
  ['on its side, then said to be upright', [on(6), on(1)], true],
  ['upright, then said to be on its side', [on(1), on(6)], false],
  ['on its side, and the segment goes on', [on(6), jpegSegment(0xe1, Buffer.from('Exif\0\0        '))], true],
  ['of another byte order', [on(6, { order: 'XX' })], false],
  ['of another magic number', [on(6, { magic: 43 })], false],
])('a JPEG %s', (_, segments, isTurned) => {
  test.each([
    [96, 'reduced here'],
    [300, 'decoded by libvips'],
  ])('at %i pixels, %s, is as libvips says', async (side) => {
    const bytes = await jpegWith(...segments);
    const order = {
      renditions: [{ name: 'x', ...renditionOf({ width: side, height: side, fit: 'inside', format: 'png' }) }],
      colours: null,
    };
    const { facts, renditions } = await makePicture(bytes, order, limits, { reducer: createJpegReducer() });
    const short = (side * 3) / 4;
    const [width, height] = isTurned ? [short, side] : [side, short];
    expect(facts).toMatchObject(isTurned ? { width: 480, height: 640 } : { width: 640, height: 480 });
    expect(renditions[0]).toMatchObject({ width, height });
    const pixels = await sharp(renditions[0]?.bytes).removeAlpha().raw().toBuffer();
    expect([pixels[0], pixels[3 * (width - 1)]].map((red) => (red ?? 0) > 128)).toEqual([true, isTurned]);
  });
});
