import { describe, expect, test } from '@jest/globals';
import { ciede2000LeastOf } from '../src/difference.ts';
import { ciede2000, type Lab, labFromRgb, oklabDistance, oklabFromRgb, type Rgb, rgbDistance } from '../src/index.ts';
import { randomColour, seeded } from './pictures.ts';

/** Table 1 of Sharma, Wu & Dalal (2005): two colours in CIELAB and their CIEDE2000 difference. */
const published: readonly (readonly [...Lab, ...Lab, number])[] = [
  [50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425],
  [50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615],
  [50, 2.8361, -74.02, 50, 0, -82.7485, 3.4412],
  [50, -1.3802, -84.2814, 50, 0, -82.7485, 1],
  [50, -1.1848, -84.8006, 50, 0, -82.7485, 1],
  [50, -0.9009, -85.5211, 50, 0, -82.7485, 1],
  [50, 0, 0, 50, -1, 2, 2.3669],
  [50, -1, 2, 50, 0, 0, 2.3669],
  [50, 2.49, -0.001, 50, -2.49, 0.0009, 7.1792],
  [50, 2.49, -0.001, 50, -2.49, 0.001, 7.1792],
  [50, 2.49, -0.001, 50, -2.49, 0.0011, 7.2195],
  [50, 2.49, -0.001, 50, -2.49, 0.0012, 7.2195],
  [50, -0.001, 2.49, 50, 0.0009, -2.49, 4.8045],
  [50, -0.001, 2.49, 50, 0.001, -2.49, 4.8045],
  [50, -0.001, 2.49, 50, 0.0011, -2.49, 4.7461],
  [50, 2.5, 0, 50, 0, -2.5, 4.3065],
  [50, 2.5, 0, 73, 25, -18, 27.1492],
  [50, 2.5, 0, 61, -5, 29, 22.8977],
  [50, 2.5, 0, 56, -27, -3, 31.903],
  [50, 2.5, 0, 58, 24, 15, 19.4535],
  [50, 2.5, 0, 50, 3.1736, 0.5854, 1],
  [50, 2.5, 0, 50, 3.2972, 0, 1],
  [50, 2.5, 0, 50, 1.8634, 0.5757, 1],
  [50, 2.5, 0, 50, 3.2592, 0.335, 1],
  [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
  [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.263],
  [61.2901, 3.7196, -5.3901, 61.4292, 2.248, -4.962, 1.8731],
  [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
  [22.7233, 20.0904, -46.694, 23.0331, 14.973, -42.5619, 2.0373],
  [36.4612, 47.858, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
  [90.8027, -2.0831, 1.441, 91.1528, -1.6435, 0.0447, 1.4441],
  [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
  [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
  [2.0776, 0.0795, -1.135, 0.9033, -0.0636, -0.5514, 0.9082],
];

describe('CIEDE2000', () => {
  test('all 34 published pairs are there', () => {
    expect(published).toHaveLength(34);
  });

  test.each(published)('(%d, %d, %d) and (%d, %d, %d) are %d apart', (L1, a1, b1, L2, a2, b2, difference) => {
    expect(Math.abs(ciede2000([L1, a1, b1], [L2, a2, b2]) - difference)).toBeLessThan(1e-4);
    expect(Math.abs(ciede2000([L2, a2, b2], [L1, a1, b1]) - difference)).toBeLessThan(1e-4);
  });

  test('is 0 of equal colours, 100 from black to white, and the same from either side', () => {
    const random = seeded(2);
    for (let round = 0; round < 200; round++) {
      const one = labFromRgb(randomColour(random));
      const other = labFromRgb(randomColour(random));
      expect(ciede2000(one, one)).toBe(0);
      expect(ciede2000(one, other)).toBeCloseTo(ciede2000(other, one), 9);
    }
    expect(ciede2000(labFromRgb([0, 0, 0]), labFromRgb([255, 255, 255]))).toBeCloseTo(100, 4);
  });
});

describe('simple distances', () => {
  test('OKLab counts a and b twice', () => {
    expect(oklabDistance([0.5, 0, 0], [0.8, 0, 0])).toBeCloseTo(0.3, 9);
    expect(oklabDistance([0.5, 0.1, 0], [0.5, 0, 0])).toBeCloseTo(0.2, 9);
    expect(oklabDistance([0.5, 0, -0.1], [0.5, 0, 0.1])).toBeCloseTo(0.4, 9);
    expect(oklabDistance(oklabFromRgb([0, 0, 0]), oklabFromRgb([255, 255, 255]))).toBeCloseTo(1, 6);
  });

  test('sRGB is Euclidean in bytes', () => {
    expect(rgbDistance([1, 2, 3], [4, 6, 3])).toBe(5);
    expect(rgbDistance([0, 0, 0], [255, 255, 255])).toBeCloseTo(441.673, 3);
  });
});

test('when two colours are compared cheaply, then what comes out is never more than their difference', () => {
  const random = seeded(9);
  for (let round = 0; round < 20_000; round++) {
    const one = randomColour(random);
    const near = one.map((value) => Math.min(255, Math.max(0, value + Math.round(40 * random() - 20))));
    const other: Rgb = round % 2 === 0 ? randomColour(random) : [near[0] ?? 0, near[1] ?? 0, near[2] ?? 0];
    const [first, second] = [labFromRgb(one), labFromRgb(other)];
    expect(ciede2000LeastOf(first, second)).toBeLessThanOrEqual(ciede2000(first, second) + 1e-9);
  }
});
