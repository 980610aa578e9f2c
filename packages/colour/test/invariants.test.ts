import { describe, expect, test } from '@jest/globals';
import {
  ciede2000,
  extractColours,
  labFromRgb,
  nameOf,
  type Pixels,
  type Rgb,
  rgbFromHex,
  warmUp,
} from '../src/index.ts';
import { withoutNoise } from '../src/noise.ts';
import { jpegLike, picture, randomColour, seeded, shuffled, square, stripes, withNoise } from './pictures.ts';

function differenceOf(hex: string | undefined, colour: Rgb): number {
  return ciede2000(labFromRgb(rgbFromHex(hex ?? '')), labFromRgb(colour));
}

/** Pictures of all kinds: flat, noisy, blocky, ramps, pure noise. */
function variety(): Pixels[] {
  const random = seeded(9);
  const colours = () => Array.from({ length: 4 }, () => ({ rgb: randomColour(random), share: 0.25 }));
  return [
    stripes(colours()),
    withNoise(stripes(colours()), 8, random),
    jpegLike(stripes(colours(), 96, 64), 1),
    picture(90, 70, (x, y) => [x * 2.8, y * 3.6, 255 - x - y]),
    withNoise(
      picture(90, 70, (x, y) => [x * 2.8, y * 3.6, 255 - x - y]),
      12,
      random,
    ),
    picture(64, 64, () => randomColour(random)),
    picture(64, 64, (x) => [...randomColour(random), x * 4]),
  ];
}

/** All but what is so noisy that it matters which pixels lie side by side. */
function quietVariety(): Pixels[] {
  return variety().filter((pixels) => withoutNoise(pixels) === pixels);
}

describe('of any picture', () => {
  test('palette shares add up to one in ten-thousandths, heaviest first, and names belong to their colours', () => {
    for (const pixels of variety()) {
      for (const count of [1, 3, 5, 8]) {
        const { palette } = extractColours(pixels, { count });
        const steps = palette.map(({ share }) => Math.round(share * 10_000));
        expect(steps.reduce((sum, step) => sum + step, 0)).toBe(10_000);
        expect(steps.toSorted((one, other) => other - one)).toEqual(steps);
        expect(palette.length).toBeLessThanOrEqual(count);
        for (const { hex, name } of palette) expect(name).toBe(nameOf(rgbFromHex(hex)));
      }
    }
  });

  test('the answer is the same again, whatever came in between', () => {
    const first = variety().map((pixels) => extractColours(pixels));
    warmUp();
    const again = variety()
      .toReversed()
      .map((pixels) => extractColours(pixels));
    expect(again.toReversed()).toEqual(first);
  });

  test('the pixels are left as they were', () => {
    for (const pixels of variety()) {
      const before = pixels.data.slice();
      extractColours(pixels);
      expect(pixels.data).toEqual(before);
    }
  });

  test('when interior pixels change places in a picture without strong noise, then nothing changes', () => {
    expect(quietVariety().length).toBeGreaterThanOrEqual(5);
    for (const pixels of quietVariety()) {
      expect(extractColours(shuffled(pixels, seeded(10), 8))).toEqual(extractColours(pixels));
    }
  });

  test('when all pixels change places in a picture without strong noise, then nothing but the background changes', () => {
    for (const pixels of quietVariety()) {
      const { background: _, ...moved } = extractColours(shuffled(pixels, seeded(11)));
      expect(extractColours(pixels)).toMatchObject(moved);
    }
  });
});

describe('damaged art', () => {
  test('when flat art is noisy and has gone through JPEG, then its colours are within ΔE 5', () => {
    const random = seeded(12);
    const art: { rgb: Rgb; share: number }[] = [
      { rgb: [236, 228, 208], share: 0.5 },
      { rgb: [38, 70, 83], share: 0.25 },
      { rgb: [231, 111, 81], share: 0.15 },
      { rgb: [42, 157, 143], share: 0.1 },
    ];
    for (const coarseness of [0.3, 0.6, 1]) {
      const damaged = jpegLike(withNoise(stripes(art, 128, 96), 4, random), coarseness);
      const { palette, dominant } = extractColours(damaged);
      for (const { rgb, share } of art) {
        const nearest = palette.toSorted((one, other) => differenceOf(one.hex, rgb) - differenceOf(other.hex, rgb))[0];
        expect(differenceOf(nearest?.hex, rgb)).toBeLessThan(5);
        expect(Math.abs((nearest?.share ?? 0) - share)).toBeLessThan(0.05);
      }
      expect(differenceOf(dominant?.hex, [236, 228, 208])).toBeLessThan(2);
    }
  });

  test('when a black square on white has gone through JPEG, then white is still dominant and background', () => {
    const { dominant, background } = extractColours(jpegLike(square([0, 0, 0], [255, 255, 255], 0.45, 128), 1));
    expect(differenceOf(dominant?.hex, [255, 255, 255])).toBeLessThan(1);
    expect(background).toMatchObject({ name: 'white' });
  });

  test('when noisy art has gone through JPEG of any quality, then dominant and background are those of the art', () => {
    const random = seeded(13);
    for (let round = 0; round < 12; round++) {
      const [subject, behind] = [randomColour(random), randomColour(random)];
      const art = withNoise(square(subject, behind, 0.5, 96), 3, random);
      for (const coarseness of [0.3, 0.8]) {
        const { dominant, background } = extractColours(jpegLike(art, coarseness));
        if (background === null || background === 'transparent') throw new Error('The art has a background.');
        expect(differenceOf(dominant?.hex, behind)).toBeLessThan(5);
        expect(differenceOf(background.hex, behind)).toBeLessThan(5);
      }
    }
  });
});
