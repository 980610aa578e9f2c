/** What colours are read from: real colours in their shares, and the light of the whole picture. */
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '@tintype/testkit';
import { type Pixels, pixelsOfRegion, type Sample, type Size, samplePixels } from '../src/index.ts';

type Rgb = readonly [number, number, number];
const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

function paint({ width, height }: Size, colourAt: (x: number, y: number) => readonly number[]): Pixels {
  const channels = colourAt(0, 0).length === 4 ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    data.set(colourAt(pixel % width, Math.floor(pixel / width)), pixel * channels);
  }
  return { data, width, height, channels };
}

function checker({ width, height }: Size, side: number, one: Rgb, other: Rgb): Pixels {
  const rowOf = (isOdd: number) =>
    paint({ width, height: 1 }, (x) => ((Math.floor(x / side) + isOdd) % 2 === 0 ? one : other)).data;
  const rows = [rowOf(0), rowOf(1)];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) data.set(rows[Math.floor(y / side) % 2] ?? [], y * width * 3);
  return { data, width, height, channels: 3 };
}

/** Share of each colour that there is, as numbers by commas. */
function sharesIn({ data, channels }: Pixels): Map<string, number> {
  const counts = new Map<number, number>();
  for (let at = 0; at < data.length; at += channels) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(at, at + channels);
    const key = ((red * 256 + green) * 256 + blue) * 256 + alpha;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const nameOf = (key: number) =>
    [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => Math.floor(key / unit) % 256).slice(0, channels);
  return new Map([...counts].map(([key, count]) => [nameOf(key).join(','), (count * channels) / data.length]));
}

/** Red, green, blue and cover: the sums of all pixels, by the pixel. */
function meanLight({ light = new Float32Array(), width, height }: Sample): number[] {
  return [0, 1, 2, 3].map(
    (at) => light.reduce((sum, value, index) => sum + (index % 4 === at ? value : 0), 0) / (width * height),
  );
}

describe('light', () => {
  test.each([
    [400, 300, 133, 100],
    [401, 301, 133, 100],
    [1000, 1000, 144, 144],
    [1999, 1501, 133, 100],
    [3000, 200, 200, 13],
  ])('when pixels are black and white by turns in %d × %d, then it is half of white at %d × %d', (...sides) => {
    const [width, height, toWidth, toHeight] = sides;
    const sample = samplePixels(checker({ width, height }, 1, black, white), { width: toWidth, height: toHeight });
    for (const half of meanLight(sample).slice(0, 3)) expect(half).toBeCloseTo(0.5, 4);
    expect(meanLight(sample)[3]).toBeCloseTo(1, 5);
  });

  test('when a part is transparent, then what lies under it gives no light', () => {
    const picture = paint({ width: 400, height: 400 }, (x) => (x < 100 ? [...white, 255] : [...white, 0]));
    expect(meanLight(samplePixels(picture, { width: 100, height: 100 }))).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  test('when a region is cut out, then its light is that of its own pixels', () => {
    const halves = paint({ width: 400, height: 400 }, (x) => (x < 200 ? black : white));
    const sample = samplePixels(halves, { width: 100, height: 100 });
    const right = pixelsOfRegion(sample, { x: 0.5, y: 0, w: 0.5, h: 1 });
    expect(meanLight(right.pixels)).toEqual([1, 1, 1, 1]);
    const edges = pixelsOfRegion(sample, 'edges');
    expect(meanLight(edges.pixels)[3]).toBeCloseTo(0.36, 5);
  });
});

describe('colours', () => {
  const sides = Array.from({ length: 33 }, (_, more) => 8 + more);
  const pairs: [Rgb, Rgb][] = [
    [black, white],
    [
      [200, 16, 46],
      [0, 128, 128],
    ],
    [
      [120, 120, 120],
      [132, 124, 118],
    ],
  ];
  test.each(pairs)(
    'when squares of 8 to 40 pixels are %j and %j, then each has half, and there is no other',
    (one, other) => {
      for (const side of sides) {
        const picture = checker({ width: 400, height: 400 }, side, one, other);
        const before = sharesIn(picture);
        const shares = sharesIn(samplePixels(picture, { width: 100, height: 100 }));
        expect([...shares.keys()].toSorted()).toEqual([`${one}`, `${other}`].toSorted());
        for (const [colour, share] of shares) expect(share).toBeCloseTo(before.get(colour) ?? 0, 1.7);
      }
    },
  );

  test('when lines are thinner than what a pixel stands for, then they keep their share', () => {
    const lines = paint({ width: 1600, height: 1200 }, (x) => (x % 16 === 0 ? [200, 16, 46] : white));
    expect(sharesIn(samplePixels(lines, { width: 133, height: 100 })).get('200,16,46')).toBeCloseTo(1 / 16, 1.7);
  });

  test('when there is no flat colour, then the sample has the mean light of what each pixel stands for', () => {
    const stripes = paint({ width: 400, height: 400 }, (x, y) => [
      (x * 7 + y) % 256,
      (x + y * 5) % 256,
      (x * 3 + y * 3) % 256,
    ]);
    const { data, light } = samplePixels(stripes, { width: 100, height: 100 });
    const [red = 0, , , cover] = light ?? [];
    expect(cover).toBe(1);
    expect(data[0]).toBe(Math.round(255 * (1.055 * red ** (1 / 2.4) - 0.055)));
  });

  test('when a surface is noisy, then a pixel has the mean of what it stands for', () => {
    const random = seededRandom(7);
    const noisy = paint({ width: 800, height: 800 }, () =>
      [100, 100, 100].map((channel) => channel + 12 * (random() - 0.5)),
    );
    const { data } = samplePixels(noisy, { width: 100, height: 100 });
    const deviation = Math.sqrt(data.reduce((sum, channel) => sum + (channel - 99.5) ** 2, 0) / data.length);
    expect(deviation).toBeLessThan(12 / Math.sqrt(12) / 2.5);
  });

  test('when a dot is all that is seen, then it is seen in the sample, as faint as it is', () => {
    const dot = paint({ width: 400, height: 400 }, (x, y) =>
      x === 201 && y === 77 ? [200, 16, 46, 255] : [9, 9, 9, 0],
    );
    const shares = sharesIn(samplePixels(dot, { width: 100, height: 100 }));
    expect(shares.get('200,16,46,16')).toBe(1 / 10_000);
    expect(shares.size).toBe(2);
  });

  test('when the picture has the size already, then it is its own sample', () => {
    const picture = checker({ width: 20, height: 10 }, 1, black, white);
    expect(samplePixels(picture, { width: 20, height: 10 })).toBe(picture);
  });
});
