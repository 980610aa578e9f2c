import { describe, expect, test } from '@jest/globals';
import {
  ciede2000,
  extractColours,
  extractColoursWithout,
  hexFromRgb,
  labFromRgb,
  type Pixels,
  type Rgb,
} from '../src/index.ts';
import { jpegLike, picture, randomColour, seeded, square, stripes, withNoise } from './pictures.ts';

const white: Rgb = [255, 255, 255];
const red: Rgb = [200, 16, 46];
const navy: Rgb = [12, 35, 64];
const gold: Rgb = [255, 184, 28];

const without = (pixels: Pixels, ...ignore: string[]) => extractColoursWithout(pixels, { ignore, tolerance: 10 });
const hexesOf = ({ palette }: { palette: readonly { hex: string }[] }) => palette.map(({ hex }) => hex);

/** A disc with softened edges. */
function disc(colour: Rgb, background: Rgb, edge: number): Pixels {
  return picture(100, 100, (x, y) => {
    const cover = Math.max(0, Math.min(1, (30.4 - Math.hypot(x - 49.5, y - 49.5)) / edge + 0.5));
    return background.map((value, channel) => Math.round(value + ((colour[channel] ?? 0) - value) * cover));
  });
}

describe('the background', () => {
  test('when it is ignored, then what is left has all shares, and the background is still told', () => {
    const art = stripes([
      { rgb: white, share: 0.1 },
      { rgb: red, share: 0.6 },
      { rgb: navy, share: 0.2 },
      { rgb: white, share: 0.1 },
    ]);
    const framed = picture(140, 100, (x, y) => {
      const at = ((y - 20) * art.width + x - 20) * 3;
      return x < 20 || x >= 120 || y < 20 || y >= 80 ? white : [...art.data.subarray(at, at + 3)];
    });
    const found = without(framed, 'background');
    expect(found.palette).toEqual([
      { hex: hexFromRgb(red), share: 0.75, name: 'crimson' },
      { hex: hexFromRgb(navy), share: 0.25, name: 'midnightblue' },
    ]);
    expect(found.dominant).toEqual(found.palette[0]);
    expect(found.background).toEqual(extractColours(framed).background);
    expect(found.background).toMatchObject({ hex: '#ffffff' });
    expect(found.transparentShare).toBe(0);
  });

  test('when it is transparent, then nothing is ignored', () => {
    const cut = picture(60, 60, (x, y) => (Math.hypot(x - 30, y - 30) < 20 ? [...red, 255] : [0, 0, 0, 0]));
    expect(without(cut, 'background')).toEqual(extractColours(cut));
  });

  test('when it is a JPEG’s, with ringing, then it is gone all the same', () => {
    const found = without(jpegLike(square(navy, white, 0.5, 96), 0.5), 'background');
    expect(found.palette).toHaveLength(1);
    expect(ciede2000(labFromRgb(navy), labFromRgb(rgbOf(found.palette[0]?.hex)))).toBeLessThan(2);
  });
});

test.each([0.7, 1, 2])('when an edge is %d pixels soft, then its blends do not become colours', (edge) => {
  expect(hexesOf(without(disc(red, white, edge), '#ffffff'))).toEqual([hexFromRgb(red)]);
});

test('when chroma has half the resolution, as in JPEG, then pixels with the brightness of one side and a chroma between are no colours', () => {
  // #14508c on cream: #204e76 has the brightness of the one, and a part of the other's chroma.
  const pixels = picture(100, 100, (x) => (x < 49 ? [244, 241, 232] : x < 50 ? [32, 78, 118] : [20, 80, 140]));
  expect(hexesOf(without(pixels, '#f4f1e8'))).toEqual(['#14508c']);
});

test('when a line along the ignored colour is darker than what follows, then it is a colour of its own', () => {
  const pixels = picture(100, 100, (x) => (x < 48 ? white : x < 52 ? navy : red));
  expect(hexesOf(without(pixels, '#ffffff'))).toEqual([hexFromRgb(red), hexFromRgb(navy)]);
});

test('when everything is ignored, then nothing is left but the background', () => {
  expect(
    without(
      picture(20, 20, () => white),
      'background',
    ),
  ).toEqual({
    ...{ dominant: null, average: null, accent: null, palette: [], text: null, contrast: null, scheme: null },
    background: { hex: '#ffffff', name: 'white', confidence: 1 },
    swatches: {
      ...{ vibrant: null, lightVibrant: null, darkVibrant: null },
      ...{ muted: null, lightMuted: null, darkMuted: null },
    },
    transparentShare: 0,
  });
});

test('when several colours are ignored, then none of them is dominant, accent or in the palette', () => {
  const art = stripes([
    { rgb: white, share: 0.5 },
    { rgb: gold, share: 0.3 },
    { rgb: navy, share: 0.2 },
  ]);
  expect(without(art, '#ffffff', hexFromRgb(gold))).toMatchObject({
    dominant: { hex: hexFromRgb(navy), share: 1 },
    accent: null,
    palette: [{ hex: hexFromRgb(navy), share: 1 }],
    average: { hex: hexFromRgb(navy) },
  });
});

test('when the picture does not have the colour, then nothing changes', () => {
  const pixels = withNoise(square(red, navy, 0.5), 8, seeded(4));
  expect(without(pixels, '#00ff00')).toEqual(extractColours(pixels));
  expect(without(pixels)).toEqual(extractColours(pixels));
});

describe('tolerance', () => {
  test('when it is 0, then only exactly that colour is ignored', () => {
    const art = stripes([
      { rgb: white, share: 0.6 },
      { rgb: [252, 252, 252], share: 0.4 },
    ]);
    const exactly = extractColoursWithout(art, { ignore: ['#ffffff'], tolerance: 0 });
    expect(hexesOf(exactly)).toEqual(['#fcfcfc']);
  });

  test('when colours are random, then those within it are ignored and no others', () => {
    const random = seeded(21);
    for (let round = 0; round < 300; round++) {
      const [ignored, other, tolerance] = [randomColour(random), randomColour(random), random() * 50];
      const isNear = ciede2000(labFromRgb(ignored), labFromRgb(other)) <= tolerance;
      const { palette } = extractColoursWithout(
        picture(4, 4, () => other),
        { ignore: [hexFromRgb(ignored)], tolerance },
      );
      expect(palette).toHaveLength(isNear ? 0 : 1);
    }
  });
});

test('when pixels are transparent, then they count neither as ignored nor as left', () => {
  const pixels = picture(40, 40, (x) => (x < 10 ? [...white, 0] : x < 20 ? [...white, 255] : [...red, 255]));
  expect(without(pixels, '#ffffff')).toMatchObject({
    palette: [{ hex: hexFromRgb(red), share: 1 }],
    transparentShare: 0.25,
  });
});

test('when a colour is no hex, then it is refused', () => {
  expect(() =>
    without(
      picture(4, 4, () => white),
      'white',
    ),
  ).toThrow(RangeError);
});

function rgbOf(hex = '#000000'): Rgb {
  const bits = Number.parseInt(hex.slice(1), 16);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}
