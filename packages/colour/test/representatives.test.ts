import { expect, test } from '@jest/globals';
import { extractColours, hexFromRgb, type Rgb } from '../src/index.ts';
import { stripes } from './pictures.ts';

/** The corners of the colour cube and four colours between, each as wide as its place in the list. */
const twelve: Rgb[] = [
  [0, 0, 0],
  [255, 255, 255],
  [230, 20, 30],
  [20, 180, 40],
  [30, 40, 220],
  [240, 220, 20],
  [20, 210, 220],
  [220, 30, 210],
  [120, 120, 120],
  [130, 60, 10],
  [250, 160, 120],
  [20, 90, 90],
];
const total = (twelve.length * (twelve.length + 1)) / 2;
const art = stripes(
  twelve.map((rgb, index) => ({ rgb, share: (twelve.length - index) / total })),
  total * 2,
  20,
);

test('when flat art has twelve colours, then as many as asked for come back, none of them a mixture', () => {
  for (const count of [1, 2, 5, 8, 12]) {
    const hexes = extractColours(art, { count }).palette.map(({ hex }) => hex);
    expect(hexes).toHaveLength(count);
    for (const hex of hexes) expect(twelve.map(hexFromRgb)).toContain(hex);
  }
});

test('when a small colour is like no other, then it stays rather than a larger one that another stands for', () => {
  const { palette } = extractColours(
    stripes([
      { rgb: [40, 60, 160], share: 0.4 },
      { rgb: [60, 90, 190], share: 0.35 },
      { rgb: [240, 200, 20], share: 0.25 },
    ]),
    { count: 2 },
  );
  expect(palette.map(({ hex, share }) => [hex, share])).toEqual([
    ['#283ca0', 0.75],
    ['#f0c814', 0.25],
  ]);
});
