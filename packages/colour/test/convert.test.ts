import { describe, expect, test } from '@jest/globals';
import { converter, wcagContrast, wcagLuminance } from 'culori';
import {
  contrastRatio,
  hexFromRgb,
  labFromRgb,
  oklabFromRgb,
  oklchFromRgb,
  type Rgb,
  relativeLuminance,
  rgbFromHex,
} from '../src/index.ts';
import { randomColour, seeded } from './pictures.ts';

const random = seeded(1);
const corners: Rgb[] = [0, 255].flatMap((red) =>
  [0, 255].flatMap((green) => [0, 255].map((blue): Rgb => [red, green, blue])),
);
const colours: Rgb[] = [...corners, ...Array.from({ length: 300 }, () => randomColour(random))];

/** The greatest difference of two lists of numbers. */
function apart(ours: readonly number[], theirs: readonly number[]): number {
  return Math.max(...ours.map((value, index) => Math.abs(value - (theirs[index] ?? Number.NaN))));
}

describe('hex', () => {
  test('goes to channels and back', () => {
    expect(rgbFromHex('#1e3a5f')).toEqual([30, 58, 95]);
    for (const colour of colours) expect(rgbFromHex(hexFromRgb(colour))).toEqual(colour);
  });

  test('when it is in upper case, then it is read, and written in lower case', () => {
    expect(hexFromRgb(rgbFromHex('#ABCDEF'))).toBe('#abcdef');
  });

  test.each(['1e3a5f', '#1e3', '#1e3a5f80', '#1e3a5g', ' #1e3a5f', '#1e3a5f\n', '', 'teal'])('%j is refused', (hex) => {
    expect(() => rgbFromHex(hex)).toThrow(RangeError);
  });

  test('when channels are means or out of range, then they are rounded and clamped', () => {
    expect(hexFromRgb([254.6, -3, 300])).toBe('#ff00ff');
  });
});

describe('conversions agree with culori', () => {
  test('OKLab', () => {
    const theirs = converter('oklab');
    for (const colour of colours) {
      const { l, a, b } = theirs(hexFromRgb(colour));
      expect(apart(oklabFromRgb(colour), [l, a, b])).toBeLessThan(1e-6);
    }
  });

  test('CIELAB with D65', () => {
    const theirs = converter('lab65');
    for (const colour of colours) {
      const { l, a, b } = theirs(hexFromRgb(colour));
      expect(apart(labFromRgb(colour), [l, a, b])).toBeLessThan(1e-3);
    }
  });

  test('OKLCH', () => {
    const theirs = converter('oklch');
    for (const colour of colours) {
      const [lightness, chroma, hue] = oklchFromRgb(colour);
      if (hue === null) continue;
      const { l, c, h } = theirs(hexFromRgb(colour));
      expect(apart([lightness, chroma, hue], [l, c, h ?? Number.NaN])).toBeLessThan(1e-3);
    }
  });

  test('luminance and contrast', () => {
    colours.forEach((colour, index) => {
      const other = colours[(index * 7) % colours.length] ?? colour;
      expect(relativeLuminance(colour)).toBeCloseTo(wcagLuminance(hexFromRgb(colour)), 6);
      expect(contrastRatio(colour, other)).toBeCloseTo(wcagContrast(hexFromRgb(colour), hexFromRgb(other)), 4);
    });
  });
});

describe('known values', () => {
  test('when the colour is grey, then it has no hue and no chroma', () => {
    for (let value = 0; value < 256; value++) expect(oklchFromRgb([value, value, value]).slice(1)).toEqual([0, null]);
  });

  test('when the colour is one step from grey, then it has a hue', () => {
    expect(oklchFromRgb([128, 128, 129])[2]).not.toBeNull();
    expect(oklchFromRgb([254, 255, 255])[2]).not.toBeNull();
  });

  test('white is (100, 0, 0) in CIELAB and (1, 0, 0) in OKLab', () => {
    expect(apart(labFromRgb([255, 255, 255]), [100, 0, 0])).toBeLessThan(1e-6);
    expect(apart(oklabFromRgb([255, 255, 255]), [1, 0, 0])).toBeLessThan(1e-6);
  });

  test('black on white has contrast 21, whichever comes first', () => {
    expect(contrastRatio([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 9);
    expect(contrastRatio([255, 255, 255], [0, 0, 0])).toBeCloseTo(21, 9);
  });
});
