/** Colours as jobs find them: of every format the light of all pixels, and no colour that the picture does not have. */
import { describe, expect, test } from '@jest/globals';
import { renditionOf } from '@tintype/contracts';
import sharp, { type Sharp } from 'sharp';
import { inspect, makePicture, planPicture } from '../src/index.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 50, maxDecodeBytes: 2 ** 29, timeoutMs: 120_000 };
const order = { renditions: [{ name: 'default', ...renditionOf({}) }], colours: {} };

async function coloursOf(picture: Sharp) {
  const { colours } = await makePicture(await picture.toBuffer(), order, limits);
  if (!colours) throw new Error('there are no colours');
  return colours;
}

/** Squares of two colours, of three or four channels, by turns. */
function checker(width: number, height: number, side: number, one: readonly number[], other: readonly number[]): Sharp {
  const channels = one.length === 4 ? 4 : 3;
  const run = (colour: readonly number[]) => Buffer.alloc(side * channels, Uint8Array.from(colour));
  const rowBytes = width * channels;
  // One row that begins with the second colour, and from its second square on one that begins with the first.
  const row = Buffer.alloc(rowBytes + side * channels, Buffer.concat([run(other), run(one)]));
  const rows = Array.from({ length: height }, (_, y) => {
    const from = Math.floor(y / side) % 2 === 0 ? side * channels : 0;
    return row.subarray(from, from + rowBytes);
  });
  return sharp(Buffer.concat(rows), { raw: { width, height, channels } });
}

const [black, white] = [
  [0, 0, 0],
  [255, 255, 255],
];
const halfLight = { average: { hex: '#bcbcbc' } };

describe('the average', () => {
  test.each([
    ['PNG', (picture: Sharp) => picture.png()],
    ['16-bit PNG', (picture: Sharp) => picture.toColourspace('rgb16').png()],
    ['interlaced PNG', (picture: Sharp) => picture.png({ progressive: true })],
    ['lossless WebP', (picture: Sharp) => picture.webp({ lossless: true, effort: 0 })],
    ['GIF', (picture: Sharp) => picture.gif()],
    ['TIFF', (picture: Sharp) => picture.tiff({ compression: 'lzw' })],
    ['lossless AVIF', (picture: Sharp) => picture.avif({ lossless: true, effort: 0 })],
    ['JPEG', (picture: Sharp) => picture.jpeg({ quality: 100, chromaSubsampling: '4:4:4' })],
  ] as const)(
    'when pixels of a %s are black and white by turns, then it is half of the light',
    async (_format, encode) => {
      for (const [width, height] of [
        [64, 64],
        [400, 300],
        [701, 533],
      ] as const) {
        expect(await coloursOf(encode(checker(width, height, 1, black, white)))).toMatchObject(halfLight);
      }
    },
  );

  test('when a lossy WebP changes them a little, then it is half of the light but for that', async () => {
    const { average } = await coloursOf(checker(400, 300, 1, black, white).webp({ quality: 90 }));
    expect(['#bbbbbb', '#bcbcbc', '#bdbdbd']).toContain(average?.hex);
  });

  test('when the picture is large, then it is as well', async () => {
    const png = checker(4000, 3000, 1, black, white).png({ compressionLevel: 1 });
    expect(await coloursOf(png)).toMatchObject(halfLight);
  });

  test('when a picture would hold more than there is at its own size, then it is made smaller while it is decoded', async () => {
    const header = await inspect(await checker(4000, 3000, 20, black, white).png().toBuffer(), limits);
    const few = planPicture(header, order, { ...limits, maxDecodeBytes: 40e6 });
    expect(few.rasterSize).toEqual({ width: 327, height: 245 });
    expect(few.decodeBytes).toBeLessThan(40e6);
    expect(planPicture(header, order, limits).rasterSize).toEqual({ width: 4000, height: 3000 });
  });
});

describe('flat art', () => {
  const colours = [
    ['#000000', '#ffffff'],
    ['#c8102e', '#008080'],
    ['#787878', '#a08c78'],
  ] as const;
  const rgb = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  test.each([
    ['PNG', (picture: Sharp) => picture.png()],
    ['lossless WebP', (picture: Sharp) => picture.webp({ lossless: true, effort: 0 })],
    ['GIF', (picture: Sharp) => picture.gif({ dither: 0 })],
  ] as const)(
    'when squares of a %s are 8 to 40 pixels, then their two colours come back, and no other',
    async (_format, encode) => {
      for (const [one, other] of colours) {
        for (const side of [8, 9, 11, 13, 16, 20, 25, 31, 40]) {
          const { palette } = await coloursOf(encode(checker(400, 400, side, rgb(one), rgb(other))));
          expect(palette.map(({ hex }) => hex).toSorted()).toEqual([one, other].toSorted());
          for (const { share } of palette) expect(share).toBeCloseTo(0.5, 1.5);
        }
      }
    },
  );
});

describe('transparency', () => {
  /** A red disc, three times as fine so that its edge is soft, on nothing. */
  const disc = (alpha: number) => {
    const side = 1200;
    const data = Buffer.alloc(side * side * 4);
    for (let at = 0; at < side * side; at += 1) {
      const isInside = Math.hypot((at % side) - 600, Math.floor(at / side) - 600) < 360;
      if (isInside) data.set([200, 16, 46, alpha], at * 4);
    }
    return sharp(data, { raw: { width: side, height: side, channels: 4 } })
      .resize(400, 400)
      .png();
  };

  test('when all of a picture is half transparent, then it has its colours', async () => {
    const colours = await coloursOf(checker(400, 400, 20, [200, 16, 46, 120], [0, 128, 128, 120]).png());
    expect(colours.palette.map(({ hex }) => hex).toSorted()).toEqual(['#008080', '#c8102e']);
    expect(colours).toMatchObject({ dominant: {}, average: {}, transparentShare: 0.5294 });
  });

  test('when a subject is cut out with soft edges, then what is around it is the background, with its share', async () => {
    const colours = await coloursOf(disc(255));
    expect(colours.palette).toMatchObject([{ hex: '#c8102e', share: 1 }]);
    expect(colours.background).toBe('transparent');
    expect(colours.transparentShare).toBeCloseTo(1 - (Math.PI * 120 ** 2) / 400 ** 2, 3);
    expect((await coloursOf(disc(100))).palette).toHaveLength(1);
  });
});
