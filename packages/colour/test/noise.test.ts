/** Strong noise is no colour: what is noisy all over has the colours that it has without. */
import { describe, expect, test } from '@jest/globals';
import { ciede2000, extractColours, labFromRgb, type Rgb, rgbFromHex } from '../src/index.ts';
import { withoutNoise } from '../src/noise.ts';
import { picture, seeded, square, stripes, withNoise } from './pictures.ts';

const difference = (hex: string | undefined, rgb: Rgb) =>
  ciede2000(labFromRgb(rgbFromHex(hex ?? '#000000')), labFromRgb(rgb));

describe('when a picture is as noisy as a night shot', () => {
  test.each<[Rgb, Rgb]>([
    [
      [62, 43, 36],
      [30, 89, 178],
    ],
    [
      [195, 140, 134],
      [93, 237, 226],
    ],
    [
      [15, 83, 73],
      [158, 18, 110],
    ],
  ])('then %j behind %j are two colours, and not their shades', (behind, subject) => {
    for (const deviation of [12, 17, 22]) {
      const { palette, dominant, background } = extractColours(
        withNoise(square(subject, behind, 0.4, 128), deviation, seeded(deviation)),
      );
      expect(palette).toHaveLength(2);
      expect(palette[0]?.share).toBeCloseTo(0.84, 1);
      const found = typeof background === 'object' ? background?.hex : undefined;
      for (const hex of [palette[0]?.hex, dominant?.hex, found]) expect(difference(hex, behind)).toBeLessThan(4);
      expect(difference(palette[1]?.hex, subject)).toBeLessThan(4);
    }
  });

  test('then its average is still that of all its pixels', () => {
    const noisy = withNoise(square([240, 240, 240], [20, 20, 20], 0.5, 128), 20, seeded(3));
    const shuffledRows = picture(128, 128, (x, y) => {
      const at = (((y * 37) % 128) * 128 + ((x * 59 + y * 31) % 128)) * 3;
      return [...noisy.data.subarray(at, at + 3)];
    });
    expect(extractColours(noisy).average).toEqual(extractColours(shuffledRows).average);
  });
});

describe('when there is no noise', () => {
  const one: Rgb = [200, 60, 40];
  const other: Rgb = [160, 90, 60];

  test.each([
    ['flat art', stripes([{ rgb: one, share: 0.5 }], 128, 96)],
    ['a pattern of single pixels', picture(128, 128, (x, y) => ((x + y) % 2 === 0 ? one : other))],
    ['lines of single pixels', picture(128, 128, (x) => (x % 2 === 0 ? one : other))],
    [
      'confetti',
      withNoise(
        picture(128, 128, (x, y) => ((x * 7919 + y * y * 104729) % 13 < 6 ? one : [90, 120, 220])),
        9,
        seeded(2),
      ),
    ],
    ['a gradient', picture(128, 128, (x, y) => [x * 2, 255 - x, y])],
  ])('then %s stays as it is', (_, pixels) => {
    expect(withoutNoise(pixels)).toBe(pixels);
  });

  test('then one rough surface among smooth ones does not make a picture noisy', () => {
    const wall = picture(128, 128, () => other);
    const cloth = withNoise(wall, 20, seeded(4));
    const both = picture(128, 128, (x, y) => [
      ...(y < 40 ? cloth : wall).data.subarray((y * 128 + x) * 3, (y * 128 + x) * 3 + 3),
    ]);
    expect(withoutNoise(both)).toBe(both);
  });
});

test('when pixels are transparent, then what lies under them gets into no colour', () => {
  const noisy = withNoise(
    picture(128, 128, () => [90, 120, 60]),
    15,
    seeded(6),
  );
  const cut = picture(128, 128, (x, y) => {
    const at = (y * 128 + x) * 3;
    return (x + y) % 5 === 0 ? [60, 255, 60, 0] : [...noisy.data.subarray(at, at + 3), 255];
  });
  const { palette } = extractColours(cut);
  expect(palette).toHaveLength(1);
  expect(difference(palette[0]?.hex, [90, 120, 60])).toBeLessThan(2);
});
