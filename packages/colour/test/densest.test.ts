import { expect, test } from '@jest/globals';
import { ciede2000, extractColours, labFromRgb, type Pixels, type Rgb, rgbFromHex } from '../src/index.ts';
import { picture, seeded, withNoise } from './pictures.ts';

function dominant(pixels: Pixels): Rgb {
  return rgbFromHex(extractColours(pixels).dominant?.hex ?? '');
}

/** A sky, a hill and a field of about equal size, each from light to dark, none of them flat. */
function scene(deviation: number, seed: number): Pixels {
  const paint = (x: number, y: number): Rgb => {
    const shade = 0.7 + (0.6 * x) / 119;
    if (y < 34) return [90 * shade, 130 * shade, 190 * shade];
    if (y < 62) return [110 * shade, 90 * shade, 70 * shade];
    return [70 * shade, 120 * shade, 50 * shade];
  };
  return withNoise(picture(120, 90, paint), deviation, seeded(seed));
}

test('when a many-coloured picture has other noise, then its dominant colour stays', () => {
  const reference = dominant(scene(6, 1));
  for (let seed = 2; seed < 12; seed++) {
    for (const deviation of [4, 6, 9]) {
      expect(ciede2000(labFromRgb(dominant(scene(deviation, seed))), labFromRgb(reference))).toBeLessThan(5);
    }
  }
});

test('when a picture is many-coloured, then its dominant colour is like many of its pixels', () => {
  const pixels = scene(6, 1);
  const colour = labFromRgb(dominant(pixels));
  let alike = 0;
  for (let at = 0; at < pixels.data.length; at += 3) {
    const [red = 0, green = 0, blue = 0] = pixels.data.subarray(at, at + 3);
    if (ciede2000(labFromRgb([red, green, blue]), colour) < 10) alike++;
  }
  expect(alike / (pixels.width * pixels.height)).toBeGreaterThan(0.15);
});
