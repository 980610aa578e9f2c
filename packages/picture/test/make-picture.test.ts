/** Everything that is ordered comes from one decode, whoever does it. */
import { describe, expect, test } from '@jest/globals';
import { ciede2000, labFromRgb, rgbFromHex } from '@tintype/colour';
import { type NamedRendition, type PictureOrder, renditionOf } from '@tintype/contracts';
import { photograph, transparentPng } from '@tintype/testkit';
import sharp from 'sharp';
import { makePicture, type PictureStep, type StepRunner } from '../src/index.ts';
import { createJpegReducer } from '../src/reduced.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 2 ** 29, timeoutMs: 120_000 };
const named = (name: string, options: Partial<Omit<NamedRendition, 'watermark'>> = {}) => ({
  name,
  ...renditionOf(options),
});
const several: PictureOrder = {
  renditions: [
    named('icon', { width: 32, height: 32 }),
    named('bars', { width: 90, height: 90, fit: 'contain', format: 'png' }),
    named('usual', { format: 'jpeg' }),
  ],
  colours: { count: 3 },
};

describe.each([
  ['libvips', null],
  ['the reducer', createJpegReducer()],
] as const)('made by %s', (_who, reducer) => {
  test('when several thumbnails are wanted, then they come in their order with their names, and the colours beside', async () => {
    const bytes = await photograph(800, 600);
    const made = await makePicture(bytes, several, limits, { reducer });
    expect(made.facts).toEqual({ format: 'jpeg', width: 800, height: 600, hasAlpha: false });
    const shapes = await Promise.all(
      made.renditions.map(async ({ name, bytes }) => {
        const { format, width, height } = await sharp(bytes).metadata();
        return [name, format, width, height];
      }),
    );
    expect(shapes).toEqual([
      ['icon', 'jpeg', 32, 32],
      ['bars', 'png', 90, 90],
      ['usual', 'jpeg', 100, 100],
    ]);
    expect(made.colours?.palette.length).toBe(3);
    expect(made.placeholder).toMatch(/^[A-Za-z0-9+/]{20,}=*$/);
  });

  test.each([
    [100, 80, false],
    [240, 100, true],
    [400, 80, true],
  ])(
    'when a JPEG of %i pixels and quality %i has more than 10 kB, then it is progressive',
    async (side, quality, is) => {
      const order = { renditions: [named('one', { width: side, height: side, quality })], colours: null };
      const { renditions } = await makePicture(await photograph(2400, 1800), order, limits, { reducer });
      const { bytes } = renditions[0] ?? {};
      expect([(bytes?.length ?? 0) > 10_000, (await sharp(bytes).metadata()).isProgressive]).toEqual([is, is]);
    },
  );

  test('when colours are known, or no thumbnail is wanted, then nothing else is made, and the rest is the same', async () => {
    const bytes = await photograph(800, 600, 2);
    const order: PictureOrder = { renditions: [named('usual')], colours: {} };
    const all = await makePicture(bytes, order, limits, { reducer });
    expect(await makePicture(bytes, { ...order, colours: null }, limits, { reducer })).toEqual({
      ...all,
      colours: null,
      placeholder: null,
    });
    expect(await makePicture(bytes, { ...order, renditions: [] }, limits, { reducer })).toEqual({
      ...all,
      renditions: [],
    });
  });

  test('when colours are to be ignored, then they are gone from the palette, and the background is told all the same', async () => {
    const square = { create: { width: 200, height: 200, channels: 3, background: '#14508c' } } as const;
    const canvas = { create: { width: 400, height: 400, channels: 3, background: '#f4f1e8' } } as const;
    const bytes = await sharp(canvas)
      .composite([{ input: square }])
      .removeAlpha()
      .jpeg({ quality: 95 })
      .toBuffer();
    const colours = { ignore: ['background'] };
    const made = await makePicture(bytes, { renditions: [named('usual')], colours }, limits, { reducer });
    const again = { renditions: [named('usual')], colours: { ...colours, tolerance: 10 } };
    expect(made.colours).toEqual((await makePicture(bytes, again, limits, { reducer })).colours);
    expect([made.colours?.palette.length, made.colours?.transparentShare]).toEqual([1, 0]);
    expect(made.colours?.dominant).toMatchObject({ share: 1 });
    expect(differenceOf(made.colours?.dominant?.hex, '#14508c')).toBeLessThan(2);
    expect(made.colours?.background).toMatchObject({ hex: expect.stringMatching(/^#f[345]f[012]e[789]$/) });
    expect(made.colours?.swatches).toMatch(/^[A-Za-z0-9+/]{4}A{20}$/);
  });

  test('when it is made, then the steps are told where they happen', async () => {
    const told: PictureStep[] = [];
    const enter = (step: PictureStep) => {
      if (told.at(-1) !== step) told.push(step);
    };
    const steps: StepRunner = {
      enter,
      move: () => undefined,
      run: (step, work) => {
        enter(step);
        return work();
      },
    };
    const order: PictureOrder = { renditions: [named('usual')], colours: {} };
    await makePicture(await photograph(800, 600, 3), order, limits, { reducer, steps });
    expect(told).toEqual(['decode', 'resize', 'colours']);
  });
});

test('when a picture has transparency, then each thumbnail keeps or covers it as it says', async () => {
  const order: PictureOrder = {
    renditions: [named('auto'), named('covered', { background: '#ff0000' }), named('png', { format: 'png' })],
    colours: { region: 'edges' },
  };
  const { renditions, colours } = await makePicture(await transparentPng(), order, limits);
  expect(renditions.map(({ format }) => format)).toEqual(['webp', 'jpeg', 'png']);
  expect(colours?.background).toBe('transparent');
});

function differenceOf(one = '#000000', other = '#ffffff'): number {
  return ciede2000(labFromRgb(rgbFromHex(one)), labFromRgb(rgbFromHex(other)));
}

test('when a thumbnail is smaller than the sample of colours, then it is as sharp as one that is made alone', async () => {
  const png = await sharp(await photograph(480, 320))
    .png()
    .toBuffer();
  const alone = await sharp(png).resize(60, 40, { fit: 'fill' }).raw().toBuffer();
  const order = { renditions: [named('small', { width: 60, height: 40, format: 'png' })], colours: {} };
  const { renditions } = await makePicture(png, order, limits);
  expect(await sharp(renditions[0]?.bytes).raw().toBuffer()).toEqual(alone);
});
