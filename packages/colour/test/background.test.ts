/** The background of a photograph is the same one in every encoding of it. */
import { expect, test } from '@jest/globals';
import { ciede2000, extractColours, labFromRgb, type Pixels, type Rgb, rgbFromHex } from '../src/index.ts';
import { picture, seeded, withNoise } from './pictures.ts';

/** A sky that darkens to one side over woods, hills and a field in uneven light. */
function scene(seed: number): Pixels {
  const paint = (x: number, y: number): Rgb => {
    const light = 0.6 + (1.3 * x) / 119 + 0.2 * Math.sin(x / 3) * Math.cos(y / 4);
    if (y < 40) return [(70 + y) * light, (110 + y) * light, (150 + y) * light];
    if (y < 62 + 6 * Math.sin(x / 17)) return [60 * light, 80 * light, 50 * light];
    return [130 * light, 110 * light, 60 * light];
  };
  return withNoise(picture(120, 90, paint), 8, seeded(seed));
}

/** The hex of the background, and how sure it is. */
function backgroundOf(pixels: Pixels): { rgb: Rgb; confidence: number } {
  const { background } = extractColours(pixels);
  if (background === null || background === 'transparent') throw new Error(`no colour, but ${background}`);
  return { rgb: rgbFromHex(background.hex), confidence: background.confidence };
}

test('when a picture of many shades has other noise, then its background stays, and so does its confidence', () => {
  const reference = backgroundOf(scene(1));
  for (let seed = 2; seed < 16; seed++) {
    const { rgb, confidence } = backgroundOf(scene(seed));
    expect(ciede2000(labFromRgb(rgb), labFromRgb(reference.rgb))).toBeLessThan(5);
    expect(Math.abs(confidence - reference.confidence)).toBeLessThan(0.1);
  }
});

test('when a picture of many shades is found to have a background, then many pixels of its edge are like it', () => {
  const pixels = scene(1);
  const { rgb, confidence } = backgroundOf(pixels);
  const places = Array.from({ length: pixels.width * pixels.height }, (_, place) => place).filter((place) => {
    const [x, y] = [place % pixels.width, Math.floor(place / pixels.width)];
    return Math.min(x, y, pixels.width - 1 - x, pixels.height - 1 - y) < 3;
  });
  const alike = places.filter((place) => {
    const [red = 0, green = 0, blue = 0] = pixels.data.subarray(place * 3, place * 3 + 3);
    return ciede2000(labFromRgb([red, green, blue]), labFromRgb(rgb)) < 12;
  });
  expect(alike.length / places.length).toBeGreaterThan(0.15);
  expect(confidence).toBeGreaterThan(0.15);
});
