/** A mark changes the bytes of a file and not one of its pixels. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { withMark } from '@tintype/testkit';
import sharp from 'sharp';
import { createPainter, type PictureSpec } from '../src/pictures.ts';
import { suites } from '../src/suites.ts';

const size = { width: 64, height: 48, seed: 1 };
const specs: PictureSpec[] = [
  { ...size, encoding: 'jpeg', quality: 90 },
  { ...size, encoding: 'progressive', quality: 90 },
  { ...size, encoding: 'webp', quality: 85 },
  { ...size, encoding: 'avif', quality: 60 },
  { ...size, encoding: 'png' },
];
const paint = createPainter();
const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const pixelsOf = (bytes: Buffer) => sharp(bytes, { failOn: 'warning' }).raw().toBuffer();

describe.each(specs)('$encoding', (spec) => {
  it.each(['small 7', 'small 10'])('with the mark %p decodes without a warning to the same pixels', async (mark) => {
    const { bytes } = await paint(spec);
    const marked = withMark(bytes, mark);
    expect(marked.includes(mark)).toBe(true);
    expect((await pixelsOf(marked)).equals(await pixelsOf(bytes))).toBe(true);
  });

  it('has other bytes for every mark', async () => {
    const { bytes } = await paint(spec);
    const digests = [bytes, withMark(bytes, 'web 1'), withMark(bytes, 'web 2')].map(digestOf);
    expect(new Set(digests).size).toBe(3);
  });

  it('is drawn the same every time', async () => {
    const [first, second] = await Promise.all([paint(spec), createPainter()(spec)]);
    expect(digestOf(first.bytes)).toBe(digestOf(second.bytes));
  });
});

it('cuts parts out of one landscape that are as large as was asked, and different', async () => {
  const cuts = suites.small.pictures(12).filter(({ seed }) => seed === 1);
  expect(new Set(cuts.map(({ cut }) => `${cut?.left},${cut?.top}`)).size).toBe(2);
  const small: PictureSpec = { ...size, cut: { left: 8, top: 4, width: 32, height: 24 }, encoding: 'png' };
  expect(await sharp((await paint(small)).bytes).metadata()).toMatchObject({ width: 32, height: 24 });
});

it('enlarges a landscape with grain of its own', async () => {
  const raw = await sharp((await paint({ ...size, enlarge: 2, encoding: 'png' })).bytes)
    .raw()
    .toBuffer({
      resolveWithObject: true,
    });
  expect(raw.info).toMatchObject({ width: 128, height: 96 });
  const sky = raw.data.subarray(0, 3 * 8);
  expect(new Set(Array.from({ length: 8 }, (_, pixel) => sky[3 * pixel])).size).toBeGreaterThan(2);
});

it('refuses what it cannot mark', () => {
  expect(() => withMark(Buffer.from('GIF89a and so on'), 'x')).toThrow(TypeError);
});
