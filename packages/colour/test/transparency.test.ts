import { describe, expect, test } from '@jest/globals';
import { extractColours, hexFromRgb, type Rgb } from '../src/index.ts';
import { picture, seeded, square, withNoise } from './pictures.ts';

const red: Rgb = [200, 16, 46];
const gold: Rgb = [255, 184, 28];

describe('transparent pixels', () => {
  test('when all are transparent, then there is a transparent background and nothing else', () => {
    expect(extractColours(picture(10, 10, () => [0, 0, 0, 0]))).toEqual({
      dominant: null,
      background: 'transparent',
      average: null,
      accent: null,
      palette: [],
      swatches: {
        ...{ vibrant: null, lightVibrant: null, darkVibrant: null },
        ...{ muted: null, lightMuted: null, darkMuted: null },
      },
      text: null,
      contrast: null,
      scheme: null,
      transparentShare: 1,
    });
  });

  test('when an icon has a soft transparent edge, then that is the background, and what lies under it bleeds into nothing', () => {
    const icon = (under: Rgb) =>
      picture(100, 100, (x, y) => {
        const alpha = Math.max(0, Math.min(255, (38 - Math.hypot(x - 49.5, y - 49.5)) * 42));
        const colour = x < 60 ? red : gold;
        return [...(alpha === 0 ? under : colour), alpha];
      });
    const answer = extractColours(icon([0, 0, 0]));
    expect(answer.palette.map(({ hex }) => hex)).toEqual([hexFromRgb(red), hexFromRgb(gold)]);
    expect(answer.background).toBe('transparent');
    expect(extractColours(icon([255, 255, 255]))).toEqual(answer);
    expect(extractColours(icon([0, 255, 0]))).toEqual(answer);
  });

  test.each([
    [0, [], 'transparent', 1],
    [1, [{ hex: '#c8102e', share: 1, name: 'crimson' }], 'transparent', 0.9961],
    [120, [{ hex: '#c8102e', share: 1, name: 'crimson' }], 'transparent', 0.5294],
    [
      128,
      [{ hex: '#c8102e', share: 1, name: 'crimson' }],
      { hex: '#c8102e', name: 'crimson', confidence: 0.502 },
      0.498,
    ],
  ])('when all pixels have alpha %d, then the palette is %j, the background %j, and %d is seen through', (...row) => {
    const [alpha, palette, background, transparentShare] = row;
    const answer = extractColours(picture(4, 4, () => [...red, alpha]));
    expect(answer).toMatchObject({ palette, background, transparentShare });
  });

  test('when colours differ in alpha, then each counts by it', () => {
    const answer = extractColours(picture(10, 10, (x) => (x < 5 ? [...red, 255] : [...gold, 85])));
    expect(answer.palette).toMatchObject([
      { hex: hexFromRgb(red), share: 0.75 },
      { hex: hexFromRgb(gold), share: 0.25 },
    ]);
    expect(answer.transparentShare).toBe(0.3333);
  });

  test('when transparent pixels are added, then the share says so and no colour changes', () => {
    const art = withNoise(square(red, gold, 0.6, 64), 5, seeded(7));
    const framed = picture(128, 128, (x, y) => {
      const at = ((y - 32) * 64 + (x - 32)) * 3;
      return x >= 32 && x < 96 && y >= 32 && y < 96 ? [...art.data.subarray(at, at + 3), 255] : [9, 200, 77, 0];
    });
    const { background, ...colours } = extractColours(framed);
    const { background: _, ...coloursBefore } = extractColours(art);
    expect(colours).toEqual({ ...coloursBefore, transparentShare: 0.75 });
    expect(background).toBe('transparent');
  });

  test('when four channels are all opaque, then the answer is that of three', () => {
    const three = withNoise(square(red, gold, 0.6), 5, seeded(8));
    const four = picture(100, 100, (x, y) => [...three.data.subarray((y * 100 + x) * 3, (y * 100 + x) * 3 + 3), 255]);
    expect(extractColours(four)).toEqual(extractColours(three));
  });
});
