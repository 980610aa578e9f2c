import { expect, test } from '@jest/globals';
import { chromaWeight, histogramOf } from '../src/histogram.ts';
import { oklabFromRgb } from '../src/index.ts';
import { picture, randomColour, seeded } from './pictures.ts';

test('when a bin holds one colour, then its place is the OKLab of that colour, with a and b weighted', () => {
  const random = seeded(14);
  for (let round = 0; round < 200; round++) {
    const colour = randomColour(random);
    const bins = histogramOf(picture(2, 2, () => colour));
    const [lightness, a, b] = oklabFromRgb(colour);
    expect(bins).toMatchObject({ size: 1, opaque: 4, transparent: 0 });
    expect(bins.weight[0]).toBe(4);
    expect([bins.red[0], bins.green[0], bins.blue[0]]).toEqual(colour.map((channel) => 4 * channel));
    expect(bins.lightness[0]).toBeCloseTo(lightness, 12);
    expect(bins.a[0]).toBeCloseTo(a * chromaWeight, 12);
    expect(bins.b[0]).toBeCloseTo(b * chromaWeight, 12);
    expect(bins.scatter[0]).toBe(0);
  }
});

test('when a bin holds several colours, then it has their mean and their scatter', () => {
  const bins = histogramOf(picture(2, 1, (x) => [8 + x * 6, 16 + x * 6, 24 + x * 6]));
  expect(bins.size).toBe(1);
  expect([bins.red[0], bins.green[0], bins.blue[0]]).toEqual([22, 38, 54]);
  expect(bins.lightness[0]).toBeCloseTo(oklabFromRgb([11, 19, 27])[0], 12);
  expect(bins.scatter[0]).toBeCloseTo(3, 12);
});

test('when the next picture has fewer colours, then nothing is left of the last', () => {
  const random = seeded(15);
  histogramOf(picture(30, 30, () => randomColour(random)));
  expect(histogramOf(picture(3, 1, (x) => [x * 100, 0, 0]))).toMatchObject({ size: 3, opaque: 3 });
});

test.each([4, 255])(
  'when there are %d levels of each channel, then bins have the first and second moments of all pixels',
  (levels) => {
    const random = seeded(16);
    const channel = () => Math.floor(random() * levels) * Math.floor(255 / levels);
    const noise = picture(100, 100, () => [channel(), channel(), channel(), 1 + Math.floor(random() * 255)]);
    const bins = histogramOf(noise);
    expect(bins.size).toBeLessThanOrEqual(4096);
    const found = { weight: 0, red: 0, squares: 0 };
    for (let bin = 0; bin < bins.size; bin++) {
      const [weight = 0, red = 0, green = 0, blue = 0] = [bins.weight, bins.red, bins.green, bins.blue].map(
        (sums) => sums[bin] ?? 0,
      );
      found.weight += weight;
      found.red += red;
      found.squares += (red ** 2 + green ** 2 + blue ** 2) / weight + 3 * weight * (bins.scatter[bin] ?? 0) ** 2;
    }
    const right = { weight: 0, red: 0, squares: 0 };
    for (let at = 0; at < noise.data.length; at += 4) {
      const [red = 0, green = 0, blue = 0, alpha = 0] = noise.data.subarray(at, at + 4);
      right.weight += alpha / 255;
      right.red += (red * alpha) / 255;
      right.squares += ((red ** 2 + green ** 2 + blue ** 2) * alpha) / 255;
    }
    for (const moment of ['weight', 'red', 'squares'] as const) {
      expect(found[moment] / right[moment]).toBeCloseTo(1, 9);
    }
  },
);
