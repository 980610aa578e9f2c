/** Nearest match against brute force, and the palettes that are always there. */
import { expect, test } from '@jest/globals';
import {
  builtInPalettes,
  ciede2000,
  colourMetrics,
  defaultTolerance,
  labFromRgb,
  nearestColours,
  oklabDistance,
  oklabFromRgb,
  preparePalette,
  type Rgb,
  rgbDistance,
  rgbFromHex,
} from '../src/index.ts';

const { imul } = Math;

function randomColours(count: number, seed: number): Rgb[] {
  let state = seed;
  const byte = () => {
    state = (imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  return Array.from({ length: count }, () => [byte(), byte(), byte()] as const);
}

const hexOf = (rgb: Rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
const distances = {
  ciede2000: (a: Rgb, b: Rgb) => ciede2000(labFromRgb(a), labFromRgb(b)),
  oklab: (a: Rgb, b: Rgb) => oklabDistance(oklabFromRgb(a), oklabFromRgb(b)),
  rgb: rgbDistance,
};

test.each(colourMetrics)(
  'when the CSS palette is searched by %s, then the answer is that of comparing all',
  (metric) => {
    const palette = preparePalette(builtInPalettes.css3);
    for (const rgb of randomColours(300, 1)) {
      const all = palette.entries.map((entry, index) => ({
        entry,
        index,
        distance: distances[metric](rgb, rgbFromHex(entry.hex)),
      }));
      all.sort((a, b) => a.distance - b.distance || a.index - b.index);
      const expected = all.slice(0, 4).map(({ entry }) => entry.name);
      expect(nearestColours(palette, rgb, { metric, count: 4 }).map(({ entry }) => entry.name)).toEqual(expected);
    }
  },
);

test('when a palette has 10 000 colours, then the shortlist finds what comparing all finds', () => {
  const palette = preparePalette(randomColours(10_000, 2).map((rgb) => ({ hex: hexOf(rgb) })));
  for (const rgb of randomColours(40, 3)) {
    const lab = labFromRgb(rgb);
    const least = palette.labs.reduce((near, other) => Math.min(near, ciede2000(lab, other)), Number.POSITIVE_INFINITY);
    expect(nearestColours(palette, rgb, { metric: 'ciede2000', count: 1 })[0]?.distance).toBeCloseTo(least, 10);
  }
});

test.each(colourMetrics)('when the colour is in the palette, then it is found at distance 0 by %s', (metric) => {
  const palette = preparePalette(builtInPalettes.css3);
  for (const { hex, name } of builtInPalettes.css3) {
    const [match] = nearestColours(palette, rgbFromHex(hex), { metric, count: 1 });
    expect([match?.entry.name, match?.distance]).toEqual([name, 0]);
  }
});

test.each(colourMetrics)('when teal is asked for, then it is teal by %s', (metric) => {
  expect(nearestColours(preparePalette(builtInPalettes.css3), [0, 128, 128], { metric, count: 1 })[0]?.entry.name).toBe(
    'teal',
  );
});

test('when a palette is smaller than the count or empty, then there are as many matches as colours', () => {
  const one = preparePalette([{ hex: '#ffffff', sku: 7 }]);
  expect(nearestColours(one, [0, 0, 0], { metric: 'rgb', count: 4 })).toEqual([
    { entry: { hex: '#ffffff', sku: 7 }, distance: expect.any(Number) },
  ]);
  expect(nearestColours(preparePalette([]), [0, 0, 0], { metric: 'ciede2000', count: 4 })).toEqual([]);
});

test('when a hex is none, then preparing says so', () => {
  expect(() => preparePalette([{ hex: 'red' }])).toThrow(RangeError);
});

test('the built-in palettes are whole: sizes, different names, different colours where they must be', () => {
  const { css3, basic16, xkcd } = builtInPalettes;
  expect([css3.length, basic16.length, xkcd.length]).toEqual([139, 16, 949]);
  expect(css3.flatMap(({ name, aliases }) => [name, ...aliases])).toHaveLength(148);
  for (const palette of [css3, basic16, xkcd]) {
    expect(new Set(palette.map(({ name }) => name)).size).toBe(palette.length);
    for (const { hex } of palette) expect(hex).toMatch(/^#[0-9a-f]{6}$/);
  }
  expect(xkcd.find(({ name }) => name === 'cloudy blue')?.hex).toBe('#acc2d9');
  expect(css3.find(({ name }) => name === 'aqua')?.aliases).toEqual(['cyan']);
});

test.each(colourMetrics)(
  'when the default tolerance of %s is used, then about nine of ten random colours have a CSS match',
  (metric) => {
    const palette = preparePalette(builtInPalettes.css3);
    const covered = randomColours(1000, 4).filter((rgb) => {
      const [match] = nearestColours(palette, rgb, { metric, count: 1 });
      return (match?.distance ?? Number.POSITIVE_INFINITY) <= defaultTolerance[metric];
    });
    expect(covered.length).toBeGreaterThan(860);
    expect(covered.length).toBeLessThan(930);
  },
);
