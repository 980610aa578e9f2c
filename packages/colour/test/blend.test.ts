import { describe, expect, test } from '@jest/globals';
import { extractColours, hexFromRgb, type Pixels, type Rgb } from '../src/index.ts';
import { picture, square, stripes } from './pictures.ts';

const white: Rgb = [255, 255, 255];
const rose: Rgb = [180, 60, 80];
const cream: Rgb = [225, 225, 205];
const navy: Rgb = [12, 35, 64];

function palette(pixels: Pixels): { hex: string; share: number }[] {
  return extractColours(pixels).palette.map(({ hex, share }) => ({ hex, share }));
}

function hexes(pixels: Pixels): string[] {
  return palette(pixels).map(({ hex }) => hex);
}

function mix(one: Rgb, other: Rgb, part: number): Rgb {
  const channel = (index: 0 | 1 | 2) => Math.round(one[index] + (other[index] - one[index]) * part);
  return [channel(0), channel(1), channel(2)];
}

/** Two colours in turns whose edges are softened over some columns, and ring beside them as a Lanczos filter does. */
function softStripes(one: Rgb, other: Rgb, steps: readonly number[]): Pixels {
  const period = 2 * (8 + steps.length);
  return picture(period * 6, 40, (x) => {
    const at = x % period;
    const isFalling = at >= period / 2;
    const step = steps[at % (period / 2)] ?? 1;
    return mix(one, other, isFalling ? 1 - step : step);
  });
}

describe('softened edges', () => {
  test('when edges are blended over two pixels, then the blends belong to either side in equal parts', () => {
    const soft = palette(softStripes(rose, cream, [0.03, -0.07, 0.25, 0.75, 1.07, 0.97]));
    expect(soft.map(({ hex }) => hex).toSorted()).toEqual([hexFromRgb(rose), hexFromRgb(cream)].toSorted());
    for (const { share } of soft) expect(share).toBeCloseTo(0.5, 1);
  });

  test('when a square is half a pixel out of place, then its thin grey line is no swatch', () => {
    const inset = square([0, 0, 0], white, 0.5, 100);
    const line = picture(100, 100, (x, y) => {
      const at = (y * 100 + x) * 3;
      const isLine = x === 25 && y >= 25 && y < 75;
      return isLine ? [128, 128, 128] : [...inset.data.subarray(at, at + 3)];
    });
    expect(hexes(line)).toEqual(['#ffffff', '#000000']);
  });
});

describe('colours that lie on a line', () => {
  test.each([0.3, 0.5, 0.7])('when a tint of %d is a stripe of its own, then it stays', (part) => {
    const tint = mix(white, navy, part);
    const chart = stripes([
      { rgb: white, share: 0.6 },
      { rgb: navy, share: 0.25 },
      { rgb: tint, share: 0.15 },
    ]);
    expect(hexes(chart)).toEqual([white, navy, tint].map(hexFromRgb));
  });

  test('when a pale grey panel lies on a white page with black on it, then it stays', () => {
    const page = stripes([
      { rgb: white, share: 0.7 },
      { rgb: [238, 238, 238], share: 0.2 },
      { rgb: [0, 0, 0], share: 0.1 },
    ]);
    expect(hexes(page)).toEqual(['#ffffff', '#eeeeee', '#000000']);
  });

  test.each([
    ['red to yellow', [255, 0, 0], [255, 255, 0]],
    ['blue to white', [0, 0, 255], [255, 255, 255]],
    ['green to cream', [20, 120, 60], [240, 240, 230]],
  ] as const)('when a gradient goes from %s, then it keeps its middle', (_, from, to) => {
    const gradient = picture(128, 40, (x) => mix(from, to, x / 127));
    expect(hexes(gradient).length).toBeGreaterThanOrEqual(4);
  });
});
