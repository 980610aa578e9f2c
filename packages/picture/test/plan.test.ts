/** One decode that serves everything: at which size, what it holds, and who does it. */
import { describe, expect, test } from '@jest/globals';
import { type NamedRendition, type PictureOrder, renditionOf } from '@tintype/contracts';
import { photograph } from '@tintype/testkit';
import { inspect, planPicture } from '../src/index.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 2 ** 29 };
const jpeg = async (width: number, height: number) => inspect(await photograph(width, height), limits);
const named = (name: string, options: Partial<Omit<NamedRendition, 'watermark'>> = {}) => ({
  name,
  ...renditionOf(options),
});
const orderOf = (renditions: NamedRendition[], colours: PictureOrder['colours'] = {}) => ({ renditions, colours });

describe('sizes', () => {
  const planFor = async (width: number, height: number, sides: number[]) => {
    const { facts, ...header } = await jpeg(64, 48);
    const order = orderOf(sides.map((side) => named(`${side}`, { width: side, height: side })));
    return planPicture({ ...header, facts: { ...facts, width, height } }, order, limits);
  };
  const decodeSizeFor = async (...asked: Parameters<typeof planFor>) => (await planFor(...asked)).decodeSize;

  test('when a thumbnail needs few pixels, then the decode is still large enough for colours', async () => {
    expect((await planFor(4000, 3000, [8])).sampleSize).toEqual({ width: 144, height: 108 });
    expect((await planFor(1000, 1000, [100])).sampleSize).toEqual({ width: 144, height: 144 });
    expect(await decodeSizeFor(1000, 1000, [100])).toEqual({ width: 144, height: 144 });
    expect(await decodeSizeFor(4000, 3000, [100])).toEqual({ width: 133, height: 100 });
    expect(await decodeSizeFor(20, 10, [100])).toEqual({ width: 20, height: 10 });
  });

  test('when much more is decoded than a thumbnail needs, then it is made of that at once', async () => {
    expect(await decodeSizeFor(4000, 3000, [8])).toEqual({ width: 11, height: 8 });
    expect(await decodeSizeFor(700, 700, [100])).toEqual({ width: 100, height: 100 });
  });

  test('when there are several thumbnails, then the largest decides; without any it is that of the usual one', async () => {
    expect(await decodeSizeFor(4000, 3000, [100, 600, 300])).toEqual({ width: 800, height: 600 });
    expect(await decodeSizeFor(4000, 3000, [])).toEqual({ width: 133, height: 100 });
  });
});

describe('what is refused', () => {
  test('when a thumbnail around its box would be a line without end, then it is refused before decoding', async () => {
    const header = await jpeg(64, 48);
    const plan = (width: number, height: number, fit: 'outside' | 'cover') =>
      planPicture(
        { ...header, facts: { ...header.facts, width, height } },
        orderOf([named('a', { fit, enlarge: true })]),
        limits,
      );
    expect(() => plan(1, 2000, 'outside')).toThrow(expect.objectContaining({ code: 'too_many_pixels' }));
    plan(2000, 1000, 'outside');
    plan(1, 2000, 'cover');
  });

  test('when many large thumbnails would hold more than there is, then they are refused together', async () => {
    const header = await jpeg(64, 48);
    const large = named('large', { width: 2000, height: 2000, format: 'webp' });
    planPicture(header, orderOf([large]), limits);
    const many = orderOf(Array.from({ length: 12 }, () => large));
    expect(() => planPicture(header, many, { ...limits, maxDecodeBytes: 2 ** 27 })).toThrow(
      /may take \d+ MB of memory/,
    );
  });
});

describe('who does it', () => {
  const reductionOf = async (order: PictureOrder) => planPicture(await jpeg(800, 600), order, limits).reduction;

  test('when all thumbnails of a JPEG are small, then it is reduced once for all of them', async () => {
    const reduction = await reductionOf(orderOf([named('a'), named('b', { width: 50, height: 50, format: 'webp' })]));
    expect(reduction).toEqual({
      renditions: [
        {
          whole: { width: 133, height: 100 },
          size: { width: 100, height: 100 },
          around: { x: 0.5, y: 0.5 },
          quality: 80,
        },
        {
          whole: { width: 67, height: 50 },
          size: { width: 50, height: 50 },
          around: { x: 0.5, y: 0.5 },
          quality: null,
        },
      ],
      colours: { size: { width: 133, height: 100 }, options: {} },
    });
    expect((await reductionOf(orderOf([named('a')], null)))?.colours).toBeNull();
  });

  test('when one of them is larger than a quarter, then libvips decodes for all', async () => {
    expect(await reductionOf(orderOf([named('a'), named('b', { width: 400, height: 300 })]))).toBeNull();
  });

  test('when a thumbnail has an option that the reducer does not know, then the render step finishes it', async () => {
    const later: NamedRendition & { laterOption?: boolean } = { ...named('a'), laterOption: true };
    const unset: NamedRendition & { laterOption?: boolean | undefined } = { ...named('b'), laterOption: undefined };
    const reduction = await reductionOf(orderOf([later, unset]));
    expect(reduction?.renditions.map(({ quality }) => quality)).toEqual([null, 80]);
  });
});
