import { describe, expect, test } from '@jest/globals';
import {
  ciede2000,
  extractColours,
  hexFromRgb,
  labFromRgb,
  nameOf,
  type Rgb,
  readSwatches,
  rgbFromHex,
  type Swatches,
  swatchNames,
  writeSwatches,
} from '../src/index.ts';
import { picture, randomColour, seeded, square, stripes, withNoise } from './pictures.ts';

const white: Rgb = [255, 255, 255];
const grey: Rgb = [128, 128, 128];
const none: Swatches = {
  ...{ vibrant: null, lightVibrant: null, darkVibrant: null },
  ...{ muted: null, lightMuted: null, darkMuted: null },
};

/** HSL by the formulas of CSS Color 4, section 7: independent of the code under test. */
function hslOf(hex: string): { saturation: number; lightness: number } {
  const [red = 0, green = 0, blue = 0] = rgbFromHex(hex).map((value) => value / 255);
  const [least, most] = [Math.min(red, green, blue), Math.max(red, green, blue)];
  const lightness = (least + most) / 2;
  const chroma = most - least;
  return { lightness, saturation: chroma === 0 ? 0 : chroma / (1 - Math.abs(2 * lightness - 1)) };
}

/** As published: least and most lightness, least and most saturation. */
const ranges = {
  vibrant: [0.3, 0.7, 0.35, 1],
  lightVibrant: [0.55, 0.95, 0.35, 1],
  darkVibrant: [0.05, 0.45, 0.35, 1],
  muted: [0.3, 0.7, 0, 0.4],
  lightMuted: [0.55, 0.95, 0, 0.4],
  darkMuted: [0.05, 0.45, 0, 0.4],
} as const;

test('when a picture has one colour of each kind, then each is the swatch of its kind, to the byte', () => {
  const art = {
    vibrant: '#d81e2c',
    lightVibrant: '#f3a26b',
    darkVibrant: '#0b3d7a',
    muted: '#7f9a6a',
    lightMuted: '#c4b8cf',
    darkMuted: '#4f3b3b',
  };
  const colours = Object.values(art).map((hex) => ({ rgb: rgbFromHex(hex), share: 1 / 6 }));
  const { swatches } = extractColours(stripes(colours, 120));
  expect(Object.fromEntries(swatchNames.map((name) => [name, swatches[name]?.hex]))).toEqual(art);
});

test('when a colour is outside of all bounds, then there is no swatch', () => {
  expect(extractColours(picture(30, 30, () => white)).swatches).toEqual(none);
  expect(extractColours(picture(30, 30, () => [4, 0, 0])).swatches).toEqual(none);
});

test('when all is grey, then nothing is vibrant', () => {
  const ramp = extractColours(picture(128, 64, (x) => [2 * x, 2 * x, 2 * x])).swatches;
  expect(swatchNames.filter((name) => ramp[name] !== null)).toEqual(['muted', 'lightMuted', 'darkMuted']);
});

test('when a vibrant thing is too small for the palette, then it is a swatch all the same', () => {
  const random = seeded(3);
  const field = picture(128, 96, (x, y) => [90 + x / 4 + y / 3, 84 + x / 5 + y / 3, 78 + y / 2]);
  const isSpot = (x: number, y: number) => x >= 60 && x < 65 && y >= 40 && y < 45;
  const noisy = withNoise(field, 4, random);
  const spotted = picture(128, 96, (x, y) =>
    isSpot(x, y) ? [214, 20, 40] : [...noisy.data.subarray((y * 128 + x) * 3, (y * 128 + x) * 3 + 3)],
  );
  const { swatches, palette } = extractColours(spotted);
  const red = labFromRgb([214, 20, 40]);
  const distance = (hex = '#000000') => ciede2000(labFromRgb(rgbFromHex(hex)), red);
  expect(Math.min(...palette.map(({ hex }) => distance(hex)))).toBeGreaterThan(20);
  expect(distance(swatches.vibrant?.hex)).toBeLessThan(2);
});

test('when edges are softened, then their blends are no swatches', () => {
  // Half-way from red to white is a light vibrant pink that the picture does not have.
  const red: Rgb = [200, 16, 46];
  const pixels = picture(100, 100, (x, y) => {
    const cover = Math.max(0, Math.min(1, (30.4 - Math.hypot(x - 49.5, y - 49.5)) / 2 + 0.5));
    return white.map((value, channel) => Math.round(value + ((red[channel] ?? 0) - value) * cover));
  });
  expect(extractColours(pixels).swatches).toEqual({ ...none, vibrant: { hex: hexFromRgb(red), name: 'crimson' } });
});

test('when a swatch is near a colour of the palette, then it is that colour', () => {
  const { swatches, palette } = extractColours(withNoise(square([200, 16, 46], grey, 0.5), 6, seeded(8)));
  const hexes = palette.map(({ hex }) => hex);
  expect(hexes).toContain(swatches.vibrant?.hex);
  expect(hexes).toContain(swatches.muted?.hex);
});

test('when how many colours a palette has changes, then the swatches do not', () => {
  const pixels = picture(128, 128, (x, y) => [x * 2, y * 2, 255 - x - y / 2]);
  expect(extractColours(pixels, { count: 1 }).swatches).toEqual(extractColours(pixels, { count: 16 }).swatches);
});

test('when pictures are random, then swatches lie within the published bounds, have their names, and none is there twice', () => {
  const random = seeded(17);
  for (let round = 0; round < 40; round++) {
    const colours = Array.from({ length: 1 + (round % 9) }, () => ({ rgb: randomColour(random), share: random() }));
    const total = colours.reduce((sum, { share }) => sum + share, 0);
    const art = stripes(colours.map(({ rgb, share }) => ({ rgb, share: share / total })));
    const { swatches } = extractColours(round % 2 === 0 ? art : withNoise(art, 12, random));
    const found = swatchNames.flatMap((name) => (swatches[name] ? [{ role: name, ...swatches[name] }] : []));
    for (const { role, hex, name } of found) {
      const { saturation, lightness } = hslOf(hex);
      const [darkest, lightest, dullest, liveliest] = ranges[role];
      expect(lightness).toBeGreaterThanOrEqual(darkest - 1e-9);
      expect(lightness).toBeLessThanOrEqual(lightest + 1e-9);
      expect(saturation).toBeGreaterThanOrEqual(dullest - 1e-9);
      expect(saturation).toBeLessThanOrEqual(liveliest + 1e-9);
      expect(name).toBe(nameOf(rgbFromHex(hex)));
    }
    expect(new Set(found.map(({ hex }) => hex)).size).toBe(found.length);
    expect(readSwatches(writeSwatches(swatches))).toEqual(swatches);
  }
});

describe('their text', () => {
  test('when swatches are written, then they take 24 characters, and come back with their names', () => {
    const swatches = {
      ...none,
      vibrant: { hex: '#ff6347', name: 'tomato' },
      darkMuted: { hex: '#2f4f4f', name: 'darkslategray' },
    };
    expect(writeSwatches(swatches)).toBe('/2NHAAAAAAAAAAAAAAAAL09P');
    expect(readSwatches(writeSwatches(swatches))).toEqual(swatches);
    expect(readSwatches(writeSwatches(none))).toEqual(none);
  });

  test.each(['', 'AAAA', 'A'.repeat(28)])('when it is %j, then it is refused', (text) => {
    expect(() => readSwatches(text)).toThrow(RangeError);
  });
});
