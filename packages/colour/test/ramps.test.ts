/** One surface under uneven light is one colour of the palette; a gradient of several is not. */
import { expect, test } from '@jest/globals';
import { extractColours, type Rgb } from '../src/index.ts';
import { picture, seeded, withNoise } from './pictures.ts';

const mix = (from: Rgb, to: readonly number[], part: number): number[] =>
  from.map((channel, at) => channel + ((to[at] ?? 0) - channel) * part);

const disc: Rgb = [39, 171, 136];
/** A gradient behind a disc. */
const drawing = (from: Rgb, to: Rgb) =>
  picture(128, 128, (x, y) => (Math.hypot(x - 64, y - 64) < 29 ? disc : mix(from, to, x / 127)));

test.each<[Rgb, Rgb]>([
  [
    [120, 40, 18],
    [95, 48, 16],
  ],
  [
    [178, 200, 90],
    [192, 172, 84],
  ],
])('when light and hue change a little from %j to %j, then that is one colour of the palette', (from, to) => {
  const { palette } = extractColours(drawing(from, to));
  expect(palette).toHaveLength(2);
  expect(palette[0]?.share).toBeCloseTo(0.839, 2);
});

test.each<[Rgb, Rgb, Rgb]>([
  [
    [213, 210, 245],
    [233, 164, 233],
    [141, 210, 80],
  ],
  [
    [182, 150, 130],
    [150, 180, 130],
    [237, 13, 127],
  ],
])(
  'when a short ramp from %j to %j meets %j in a softened edge, then the edge does not lengthen it',
  (from, to, inner) => {
    const soft = (x: number, y: number) => Math.min(1, Math.max(0, Math.hypot(x - 64, y - 64) - 29));
    const ramp = picture(128, 128, (x, y) => mix(inner, mix(from, to, x / 127), soft(x, y)));
    const { palette } = extractColours(ramp);
    expect(palette).toHaveLength(2);
    expect(palette[0]?.share).toBeGreaterThan(0.82);
  },
);

test('when a dark colour is noisy, then it is one colour', () => {
  const noisy = withNoise(
    picture(128, 128, () => [37, 33, 83]),
    12,
    seeded(5),
  );
  expect(extractColours(noisy).palette).toHaveLength(1);
});

test('when a gradient goes from one colour to another, then it keeps its parts', () => {
  expect(extractColours(drawing([18, 80, 40], [250, 240, 200])).palette.length).toBeGreaterThanOrEqual(4);
});
