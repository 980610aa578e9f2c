import { describe, expect, test } from '@jest/globals';
import { extractColours, hexFromRgb, type Rgb, rgbFromHex } from '../src/index.ts';
import { picture, seeded, square, stripes, withNoise } from './pictures.ts';

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];
const red: Rgb = [200, 16, 46];
const navy: Rgb = [12, 35, 64];
const gold: Rgb = [255, 184, 28];
const teal: Rgb = [0, 128, 128];

describe('flat art', () => {
  test('when the picture is one colour, then everything is that colour', () => {
    expect(extractColours(picture(40, 30, () => [0x1e, 0x3a, 0x5f]))).toEqual({
      dominant: { hex: '#1e3a5f', share: 1, name: 'darkslateblue' },
      background: { hex: '#1e3a5f', name: 'darkslateblue', confidence: 1 },
      average: { hex: '#1e3a5f', name: 'darkslateblue' },
      accent: null,
      palette: [{ hex: '#1e3a5f', share: 1, name: 'darkslateblue' }],
      swatches: {
        ...{ vibrant: null, lightVibrant: null, muted: null, lightMuted: null, darkMuted: null },
        darkVibrant: { hex: '#1e3a5f', name: 'darkslateblue' },
      },
      text: '#ffffff',
      contrast: 11.5,
      scheme: 'dark',
      transparentShare: 0,
    });
  });

  test('when it has several colours, then each comes back to the byte with its share', () => {
    const flag = [
      { rgb: navy, share: 0.42 },
      { rgb: white, share: 0.3 },
      { rgb: gold, share: 0.16 },
      { rgb: red, share: 0.12 },
    ];
    const { palette, dominant } = extractColours(stripes(flag));
    expect(palette.map(({ hex, share }) => ({ hex, share }))).toEqual(
      flag.map(({ rgb, share }) => ({ hex: hexFromRgb(rgb), share })),
    );
    expect(dominant).toEqual(palette[0]);
  });

  test('when colours and shares are random, then they come back to the byte', () => {
    const random = seeded(5);
    for (let round = 0; round < 60; round++) {
      // Each in another corner of the colour cube, somewhere within 64 steps of it: no two are close.
      const keys = Array.from({ length: 8 }, random);
      const places = [...keys.keys()]
        .toSorted((one, other) => (keys[one] ?? 0) - (keys[other] ?? 0))
        .slice(0, 1 + (round % 5));
      const channel = (bit: number) => bit * 191 + Math.floor(random() * 64);
      const art = places.map((place) => ({
        rgb: [channel(place >> 2), channel((place >> 1) & 1), channel(place & 1)] as const,
        share: 1 / places.length,
      }));
      const hexes = extractColours(stripes(art)).palette.map(({ hex }) => hex);
      expect(hexes.toSorted()).toEqual(art.map(({ rgb }) => hexFromRgb(rgb)).toSorted());
    }
  });

  test('when edges are blended, then the blends tint nothing', () => {
    // A disc with three steps of anti-aliasing at its edge.
    const pixels = picture(100, 100, (x, y) => {
      const cover = Math.max(0, Math.min(1, (30.4 - Math.hypot(x - 49.5, y - 49.5)) / 1.5 + 0.5));
      return white.map((value, channel) => Math.round(value + ((red[channel] ?? 0) - value) * cover));
    });
    const [first, second] = extractColours(pixels).palette;
    expect([first?.hex, second?.hex]).toEqual(['#ffffff', hexFromRgb(red)]);
  });
});

describe('close colours', () => {
  test.each([
    ['two greens', [60, 140, 70], [66, 158, 84]],
    ['two blues', [40, 80, 160], [48, 96, 176]],
    ['two greys', [120, 120, 120], [140, 140, 140]],
    ['two near-blacks', [12, 12, 14], [30, 30, 34]],
  ] as const)('%s stay two', (_, one, other) => {
    const { palette } = extractColours(
      stripes([
        { rgb: one, share: 0.6 },
        { rgb: other, share: 0.4 },
      ]),
    );
    expect(palette.map(({ hex, share }) => [hex, share])).toEqual([
      [hexFromRgb(one), 0.6],
      [hexFromRgb(other), 0.4],
    ]);
  });

  test.each([
    ['mid grey', [128, 128, 128]],
    ['near-black', [16, 16, 16]],
    ['brown', [96, 64, 40]],
  ] as const)('when %s is noisy, then it stays one', (_, colour) => {
    for (const deviation of [1, 2, 4]) {
      const noisy = withNoise(
        picture(80, 80, () => colour),
        deviation,
        seeded(deviation),
      );
      expect(extractColours(noisy).palette).toHaveLength(1);
    }
  });
});

describe('gradients', () => {
  test('when a surface is shaded, then its dominant is one colour with its whole share', () => {
    const pixels = picture(100, 100, (x, y) =>
      y < 75 ? teal.map((value) => value * (0.85 + (0.3 * x) / 99)) : [250, 250, 245],
    );
    const { dominant, background } = extractColours(pixels);
    expect(dominant?.share).toBe(0.75);
    expect(dominant?.name).toBe('teal');
    expect(background).toMatchObject({ name: 'teal' });
  });

  test('when it goes from black to white, then the palette is greys from dark to light', () => {
    const { palette, accent } = extractColours(picture(256, 20, (x) => [x, x, x]));
    const greys = palette.map(({ hex }) => rgbFromHex(hex));
    expect(palette).toHaveLength(5);
    for (const [r, g, b] of greys) expect([g, b]).toEqual([r, r]);
    expect(Math.min(...greys.map(([r]) => r))).toBeLessThan(50);
    expect(Math.max(...greys.map(([r]) => r))).toBeGreaterThan(205);
    expect(accent).toBeNull();
  });
});

describe('background', () => {
  test('when a black square lies on white, then white is dominant and background', () => {
    for (const side of [0.3, 0.5, 0.7]) {
      const { dominant, background } = extractColours(square(black, white, side));
      expect(dominant).toMatchObject({ hex: '#ffffff', name: 'white' });
      expect(background).toEqual({ hex: '#ffffff', name: 'white', confidence: 1 });
    }
  });

  test('when the square is most of the picture, then black is dominant and white stays the background', () => {
    const { dominant, background } = extractColours(square(black, white, 0.9));
    expect(dominant).toMatchObject({ hex: '#000000', name: 'black' });
    expect(background).toEqual({ hex: '#ffffff', name: 'white', confidence: 1 });
  });

  test('when the picture has a frame, then the frame is the background', () => {
    expect(extractColours(square(gold, navy, 0.84)).background).toMatchObject({ hex: hexFromRgb(navy), confidence: 1 });
  });

  test('when the picture has a key-line of one pixel, then what is inside it is the background', () => {
    expect(extractColours(square(white, black, 0.98, 128)).background).toMatchObject({ hex: '#ffffff', confidence: 1 });
  });

  test('when the edge has two colours, then the confidence says by how much the larger one wins', () => {
    // The band is 976 pixels in the third and fourth row and column: 552 of them lie in the upper 80 rows.
    const { background } = extractColours(picture(128, 128, (_, y) => (y < 80 ? teal : white)));
    expect(background).toMatchObject({ hex: hexFromRgb(teal), confidence: 0.5656 });
  });
});

describe('accent', () => {
  test('when a small saturated spot lies on greys, then it is the accent', () => {
    expect(extractColours(square(red, [225, 225, 225], 0.15)).accent).toEqual({
      hex: hexFromRgb(red),
      name: 'crimson',
    });
  });

  test('when there are only greys and dull colours, then there is none', () => {
    expect(extractColours(square([112, 128, 144], [210, 205, 200], 0.5)).accent).toBeNull();
  });

  test('when the saturated colour is the dominant one, then it is not the accent', () => {
    expect(extractColours(square([240, 240, 240], red, 0.4)).accent).toBeNull();
  });
});

describe('text, contrast and scheme', () => {
  test.each([
    ['white', white, '#000000', 21, 'light'],
    ['gold', gold, '#000000', 12.12, 'light'],
    ['red', red, '#ffffff', 5.88, 'dark'],
    ['black', black, '#ffffff', 21, 'dark'],
  ] as const)('on %s', (_, colour, text, contrast, scheme) => {
    expect(extractColours(picture(8, 8, () => colour))).toMatchObject({ text, contrast, scheme });
  });

  test('the average is taken in linear light: black and white in equal parts are #bcbcbc', () => {
    expect(
      extractColours(
        stripes([
          { rgb: black, share: 0.5 },
          { rgb: white, share: 0.5 },
        ]),
      ).average?.hex,
    ).toBe('#bcbcbc');
  });
});

describe('sizes and arguments', () => {
  test.each([
    [1, 1],
    [2, 1],
    [1, 50],
    [3, 3],
    [7, 2],
    [29, 34],
    [128, 5],
    [400, 400],
  ])('a picture of %d×%d has its colour, and its edge is counted once', (width, height) => {
    const { palette, background } = extractColours(picture(width, height, () => red));
    expect(palette).toEqual([{ hex: hexFromRgb(red), share: 1, name: 'crimson' }]);
    expect(background).toMatchObject({ hex: hexFromRgb(red), confidence: 1 });
  });

  test('when a picture is tiny, then its background is its outermost ring', () => {
    expect(extractColours(square(black, white, 3 / 5, 5)).background).toMatchObject({ hex: '#ffffff', confidence: 1 });
  });

  test('when there are more colours than asked for, then the heaviest remain as they are, and no mixture of two', () => {
    const shares = [0.3, 0.22, 0.18, 0.14, 0.1, 0.06];
    const colours: Rgb[] = [white, black, red, gold, teal, [120, 40, 140]];
    const art = stripes(shares.map((share, index) => ({ rgb: colours[index] ?? white, share })));
    for (let count = 1; count <= 8; count++) {
      const { palette } = extractColours(art, { count });
      expect(palette).toHaveLength(Math.min(count, 6));
      for (const { hex } of palette) expect(colours.map(hexFromRgb)).toContain(hex);
    }
  });

  test('when fewer swatches are asked for, then nothing but the palette changes', () => {
    const art = withNoise(square(red, navy, 0.6), 6, seeded(6));
    const { palette: five, ...rest } = extractColours(art);
    const { palette: one, ...restOfOne } = extractColours(art, { count: 1 });
    expect(one).toHaveLength(1);
    expect(five.length).toBeGreaterThan(1);
    expect(restOfOne).toEqual(rest);
  });

  test('when there are no pixels, then there are no colours', () => {
    expect(extractColours({ data: new Uint8Array(0), width: 0, height: 0, channels: 3 })).toMatchObject({
      dominant: null,
      background: null,
      palette: [],
      transparentShare: 0,
    });
  });

  test('when the data does not fit the dimensions, or the count is no count, then it is refused', () => {
    const pixels = picture(4, 4, () => red);
    expect(() => extractColours({ ...pixels, channels: 4 })).toThrow(RangeError);
    expect(() => extractColours({ ...pixels, width: 3 })).toThrow(RangeError);
    for (const count of [0, -1, 2.5, Number.NaN]) expect(() => extractColours(pixels, { count })).toThrow(RangeError);
  });
});

describe('a palette of many colours', () => {
  const grid = picture(160, 160, (x, y) => {
    const place = Math.floor(x / 40) + 4 * Math.floor(y / 40);
    return [(place * 97) % 256, (place * 59 + 40) % 256, (place * 151 + 90) % 256];
  });

  test('when the picture has sixteen colours, then all come back to the byte', () => {
    const wanted = Array.from({ length: 16 }, (_, place) =>
      hexFromRgb([(place * 97) % 256, (place * 59 + 40) % 256, (place * 151 + 90) % 256]),
    );
    const { palette } = extractColours(grid, { count: 16 });
    expect(palette.map(({ hex }) => hex).toSorted()).toEqual(wanted.toSorted());
    expect(palette.reduce((sum, { share }) => sum + Math.round(share * 10_000), 0)).toBe(10_000);
  });

  test('when a picture is as many-coloured as a photograph, then there are more than eight, and nothing else changes', () => {
    const pixels = withNoise(
      picture(128, 128, (x, y) => [x * 2, y * 2, 255 - x]),
      6,
      seeded(2),
    );
    const { palette: few, ...usual } = extractColours(pixels);
    const { palette: many, ...same } = extractColours(pixels, { count: 16 });
    expect([few.length, many.length > 8, many.length <= 16]).toEqual([5, true, true]);
    expect(same).toEqual(usual);
  });
});
