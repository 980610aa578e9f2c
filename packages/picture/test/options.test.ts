/** What each option does to a thumbnail, of a picture whose quarters have colours of their own. */
import { describe, expect, test } from '@jest/globals';
import { type RenditionsRequest, renditionsOf } from '@tintype/contracts';
import { photograph } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { makePicture } from '../src/index.ts';
import { createJpegReducer } from '../src/reduced.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 2 ** 29, timeoutMs: 120_000 };
const colourOfQuarter = { red: '#e00000', green: '#00a000', blue: '#0000e0', white: '#f8f8f8' } as const;
type Quarter = keyof typeof colourOfQuarter;

/** Red, green; below them blue, white. */
function quarters(width: number, height: number): Sharp {
  const part = (left: number, top: number, background: string) => ({
    input: { create: { width: width / 2, height: height / 2, channels: 3 as const, background } },
    left,
    top,
  });
  const { red, green, blue, white } = colourOfQuarter;
  return sharp({ create: { width, height, channels: 3, background: red } })
    .composite([part(width / 2, 0, green), part(0, height / 2, blue), part(width / 2, height / 2, white)])
    .removeAlpha();
}

async function thumbnailsOf(bytes: Buffer, request: RenditionsRequest) {
  const order = { renditions: renditionsOf(request), colours: {} };
  return (await makePicture(bytes, order, limits, { reducer: createJpegReducer() })).renditions;
}

async function thumbnailOf(bytes: Buffer, request: RenditionsRequest) {
  const [made] = await thumbnailsOf(bytes, request);
  if (!made) throw new Error('nothing was made');
  return made;
}

/** The colour at a part of the sides. */
async function colourAt(bytes: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
  return [...data.subarray(at, at + info.channels)];
}

/** Quarters by name, in the four corners from the top left one on. */
async function cornersOf(bytes: Buffer): Promise<(Quarter | null)[]> {
  const places = [
    [0.1, 0.1],
    [0.9, 0.1],
    [0.1, 0.9],
    [0.9, 0.9],
  ] as const;
  const colours = await Promise.all(places.map(([x, y]) => colourAt(bytes, x, y)));
  return colours.map(quarterOf);
}

function quarterOf([red = 0, green = 0, blue = 0]: number[]): Quarter | null {
  if (Math.min(red, green, blue) > 220) return 'white';
  if (red > 180 && green < 60 && blue < 60) return 'red';
  if (green > 120 && red < 60 && blue < 60) return 'green';
  return blue > 180 && red < 60 && green < 60 ? 'blue' : null;
}

const jpeg = (width: number, height: number) => quarters(width, height).jpeg({ quality: 95 }).toBuffer();
const png = (width: number, height: number) => quarters(width, height).png().toBuffer();

describe.each([
  ['a JPEG that is reduced', () => jpeg(1600, 1600)],
  ['a PNG', () => png(400, 400)],
] as const)('of %s', (_what, make) => {
  test.each([
    [{}, ['red', 'green', 'blue', 'white']],
    [{ rotate: 90 }, ['blue', 'red', 'white', 'green']],
    [{ rotate: 180 }, ['white', 'blue', 'green', 'red']],
    [{ rotate: 270 }, ['green', 'white', 'red', 'blue']],
    [{ height: 40, position: 'north' }, ['red', 'green', 'red', 'green']],
    [{ height: 40, position: 'south' }, ['blue', 'white', 'blue', 'white']],
    [{ width: 40, position: 'west' }, ['red', 'red', 'blue', 'blue']],
    [{ width: 40, position: 'east' }, ['green', 'green', 'white', 'white']],
    [{ width: 40, position: { x: 0.75, y: 0.5 } }, ['green', 'green', 'white', 'white']],
    [{ crop: { x: '50%', y: '0%', width: '50%', height: '50%' } }, ['green', 'green', 'green', 'green']],
    [{ crop: { x: 0, y: '50%', width: '100%', height: '50%' }, fit: 'fill' }, ['blue', 'white', 'blue', 'white']],
    [{ crop: { x: 0, y: 0, width: 100, height: 100 } }, ['red', 'red', 'red', 'red']],
    [{ crop: { x: 0, y: 0, width: '50%', height: '100%' }, rotate: 90 }, ['blue', 'red', 'blue', 'red']],
  ] as const)('when %j is asked for, then the corners are %j', async (options, corners) => {
    const made = await thumbnailOf(await make(), options);
    expect(await cornersOf(made.bytes)).toEqual(corners);
    expect([made.width, made.height]).toEqual([
      'width' in options ? options.width : 100,
      'height' in options ? options.height : 100,
    ]);
  });

  test('when a crop is not within the picture, then that is said with its size', async () => {
    const crop = { x: 1500, y: 0, width: 200, height: 100 };
    await expect(thumbnailOf(await make(), { crop })).rejects.toMatchObject({
      code: 'invalid_option',
      message: expect.stringMatching(/has (1600 × 1600|400 × 400) pixels/),
      errors: [{ pointer: '/crop' }],
    });
  });
});

test.each([
  ['cover', 60, 30, 60, 30],
  ['contain', 60, 30, 100, 100],
  ['fill', 60, 30, 60, 30],
  ['inside', 60, 30, 60, 30],
  ['outside', 60, 30, 60, 30],
  ['cover', 300, 50, 100, 50],
  ['fill', 300, 50, 100, 50],
  ['outside', 300, 150, 200, 100],
] as const)(
  'when %s must not enlarge a picture of %i × %i, then it is %i × %i',
  async (fit, width, height, toWidth, toHeight) => {
    const made = await thumbnailOf(await png(width, height), { fit, enlarge: false });
    expect([made.width, made.height]).toEqual([toWidth, toHeight]);
  },
);

test.each([
  ['inside', 100, 50],
  ['outside', 200, 100],
] as const)('when %s may enlarge, then it does, to %i × %i', async (fit, width, height) => {
  const bytes = await png(40, 20);
  const made = await thumbnailOf(bytes, { fit, enlarge: true });
  expect([made.width, made.height]).toEqual([width, height]);
  const usual = await thumbnailOf(bytes, { fit });
  expect([usual.width, usual.height]).toEqual([40, 20]);
});

test.each([
  ['northwest', 0, 0],
  ['southeast', 0, 50],
  [{ x: 0.5, y: 0.2 }, 0, 10],
] as const)('when a picture is contained at %j, then it begins at %i, %i', async (position, left, top) => {
  const bytes = await quarters(200, 100).png().toBuffer();
  const made = await thumbnailOf(bytes, { fit: 'contain', background: '#000000', format: 'png', position });
  const { data, info } = await sharp(made.bytes).raw().toBuffer({ resolveWithObject: true });
  const rowOf = (y: number) => data[(y * info.width + 10) * info.channels] ?? 0;
  const first = Array.from({ length: 100 }, (_, y) => y).find((y) => rowOf(y) > 100);
  expect([left, first]).toEqual([0, top]);
});

test('when a border is trimmed, then only the picture in it is left, whatever its colour or transparency', async () => {
  for (const background of ['#ffffff', '#123456', { r: 0, g: 0, b: 0, alpha: 0 }]) {
    const inner = await png(300, 200);
    const bytes = await sharp({ create: { width: 700, height: 500, channels: 4, background } })
      .composite([{ input: inner, left: 150, top: 80 }])
      .png()
      .toBuffer();
    const made = await thumbnailOf(bytes, { trim: true, fit: 'inside', format: 'png', width: 1000, height: 1000 });
    expect([made.width, made.height]).toEqual([300, 200]);
    expect(await cornersOf(made.bytes)).toEqual(['red', 'green', 'blue', 'white']);
  }
  const flat = await sharp({ create: { width: 50, height: 50, channels: 3, background: '#00ff00' } })
    .png()
    .toBuffer();
  expect(await thumbnailOf(flat, { trim: 0, fit: 'inside' })).toMatchObject({ width: 50, height: 50 });
});

test('when a photograph is blurred, then neighbours differ less the more it is, and its colours stay', async () => {
  const bytes = await photograph(800, 600);
  const roughness = async (blur?: number) => {
    const made = await thumbnailOf(bytes, { format: 'png', ...(blur !== undefined && { blur }) });
    const { data } = await sharp(made.bytes).raw().toBuffer({ resolveWithObject: true });
    let sum = 0;
    for (let at = 3; at < data.length; at += 1) sum += Math.abs((data[at] ?? 0) - (data[at - 3] ?? 0));
    const mean = data.reduce((total, value) => total + value, 0) / data.length;
    return { sum, mean };
  };
  const [sharpOne, soft, softer] = [await roughness(), await roughness(2), await roughness(30)];
  expect(soft.sum).toBeLessThan(sharpOne.sum * 0.7);
  expect(softer.sum).toBeLessThan(soft.sum * 0.7);
  expect(Math.abs(softer.mean - sharpOne.mean)).toBeLessThan(10);
});

test('when a photograph is sharpened, then neighbours differ more; in greys, channels not at all', async () => {
  const bytes = await photograph(800, 600);
  const rawOf = async (options: RenditionsRequest) =>
    sharp((await thumbnailOf(bytes, { format: 'png', ...options })).bytes)
      .raw()
      .toBuffer();
  const contrast = (data: Buffer) =>
    data.reduce((sum, value, at) => sum + Math.abs(value - (data[at + 3] ?? value)), 0);
  expect(contrast(await rawOf({ sharpen: 2 }))).toBeGreaterThan(1.1 * contrast(await rawOf({})));
  const grey = await rawOf({ grayscale: true });
  for (let at = 0; at < grey.length; at += 3) expect(grey[at] === grey[at + 1] && grey[at] === grey[at + 2]).toBe(true);
});

test('when it is padded, then the thumbnail grows, by its background', async () => {
  const bytes = await png(400, 400);
  const made = await thumbnailOf(bytes, { padding: { top: 20, left: 10 }, background: '#0000e0', format: 'png' });
  expect([made.width, made.height]).toEqual([110, 120]);
  expect(quarterOf(await colourAt(made.bytes, 0.02, 0.9))).toBe('blue');
  expect(quarterOf(await colourAt(made.bytes, 0.3, 0.3))).toBe('red');
  const clear = await thumbnailOf(bytes, { padding: 5, background: 'transparent' });
  expect([clear.format, (await colourAt(clear.bytes, 0.01, 0.01))[3]]).toEqual(['webp', 0]);
});

test('when the background is found in the picture, then it is the colour that is told', async () => {
  const bytes = await sharp({ create: { width: 400, height: 200, channels: 3, background: '#204060' } })
    .composite([{ input: { create: { width: 300, height: 140, channels: 3, background: '#e0c020' } } }])
    .removeAlpha()
    .png()
    .toBuffer();
  const order = {
    renditions: renditionsOf({
      fit: 'contain',
      format: 'png',
      sizes: [
        { name: 'of-all', background: 'dominant' },
        { name: 'of-rim', background: 'edge' },
      ],
    }),
    colours: {},
  };
  const { renditions, colours } = await makePicture(bytes, order, limits);
  const tops = await Promise.all(renditions.map(({ bytes }) => colourAt(bytes, 0.5, 0.05)));
  expect(tops).toEqual([
    [0xe0, 0xc0, 0x20],
    [0x20, 0x40, 0x60],
  ]);
  expect(colours).toMatchObject({ dominant: { hex: '#e0c020' }, background: { hex: '#204060' } });
});

describe('max_bytes', () => {
  test.each(['jpeg', 'webp', 'avif'] as const)(
    'when a %s must be small, then it uses most of that, and what nothing can do is said',
    async (format) => {
      const bytes = await photograph(300, 200);
      const usual = await thumbnailOf(bytes, { format });
      const wanted = Math.floor(usual.bytes.length / 2);
      const made = await thumbnailOf(bytes, { format, max_bytes: wanted });
      expect(made.bytes.length).toBeLessThanOrEqual(wanted);
      expect(made.bytes.length).toBeGreaterThan(wanted / 2);
      const enough = await thumbnailOf(bytes, { format, max_bytes: 1_000_000 });
      expect(Math.abs(enough.bytes.length / usual.bytes.length - 1)).toBeLessThan(0.05);
      await expect(thumbnailOf(bytes, { format, width: 200, height: 200, max_bytes: 256 })).rejects.toMatchObject({
        code: 'invalid_option',
        message: expect.stringMatching(/smallest has \d+/),
      });
    },
  );
});

test.each([{ grayscale: true }, { blur: 4 }, { sharpen: 2 }])(
  'when a contained and padded picture gets %j, then what is around it has the colour that was asked for',
  async (effect) => {
    const red = { create: { width: 60, height: 30, channels: 3, background: '#c02020' } } as const;
    const around = { fit: 'contain', padding: 10, background: '#2040c0', format: 'png' } as const;
    const made = await thumbnailOf(await sharp(red).png().toBuffer(), { ...around, ...effect });
    expect([made.width, made.height]).toEqual([120, 120]);
    const inRoom = await colourAt(made.bytes, 0.5, 0.2);
    expect([inRoom, await colourAt(made.bytes, 0.02, 0.02)]).toEqual([
      [0x20, 0x40, 0xc0],
      [0x20, 0x40, 0xc0],
    ]);
    const [r = 0, g = 0, b = 0] = await colourAt(made.bytes, 0.5, 0.5);
    expect([r === g, g === b]).toEqual('grayscale' in effect ? [true, true] : [false, true]);
  },
);

test('when a large picture must be small, then it is so whatever a part of it promised', async () => {
  const flat = { create: { width: 1200, height: 1200, channels: 3, background: '#406080' } } as const;
  // All that is hard to encode stands in its upper quarter, of which bands from all over see little.
  const input = await photograph(1200, 300);
  const bytes = await sharp(flat)
    .composite([{ input, top: 0, left: 0 }])
    .png()
    .toBuffer();
  const box = { width: 1100, height: 1100, format: 'jpeg' } as const;
  const usual = await thumbnailOf(bytes, box);
  const wanted = Math.floor(0.7 * usual.bytes.length);
  const made = await thumbnailOf(bytes, { ...box, max_bytes: wanted });
  expect(made.bytes.length).toBeLessThanOrEqual(wanted);
  expect(made.bytes.length).toBeGreaterThan(0.6 * wanted);
});

test('when a JPEG is larger than ten thousand bytes, then it is progressive', async () => {
  const bytes = await photograph(600, 450);
  for (const [width, isProgressive] of [
    [60, false],
    [200, true],
    [500, true],
  ] as const) {
    const made = await thumbnailOf(bytes, { width, height: width, quality: 95, format: 'jpeg' });
    expect([made.bytes.length > 10_000, (await sharp(made.bytes).metadata()).isProgressive]).toEqual([
      isProgressive,
      isProgressive,
    ]);
  }
});

test('when there are many sizes, then each is the same as alone, but for what a second look makes of it', async () => {
  const bytes = await photograph(1600, 1200);
  const sizes = [40, 500, 80, 900, 160, 320].map((side) => ({ name: `${side}`, width: side, height: side }));
  const together = await thumbnailsOf(bytes, { format: 'png', fit: 'inside', sizes });
  expect(together.map(({ name, width }) => [name, width])).toEqual(sizes.map(({ name, width }) => [name, width]));
  for (const [at, { width, height }] of sizes.entries()) {
    const alone = await thumbnailOf(bytes, { format: 'png', fit: 'inside', width, height });
    const [one, other] = await Promise.all(
      [alone.bytes, together[at]?.bytes].map((picture) => sharp(picture).raw().toBuffer()),
    );
    if (!one || !other) throw new Error('a size is missing');
    const difference = one.reduce((sum, value, place) => sum + Math.abs(value - (other[place] ?? 0)), 0) / one.length;
    expect(difference).toBeLessThan(1.5);
  }
});

test.each(['attention', 'entropy'] as const)(
  'when a line is cut by %s, then nothing of it is enlarged but what is shown',
  async (position) => {
    const data = Uint8Array.from({ length: 16_000 * 3 }, (_, at) => (at > 30_000 ? (at * 97) % 256 : 200));
    const line = await sharp(data, { raw: { width: 1, height: 16_000, channels: 3 } })
      .png()
      .toBuffer();
    const made = await thumbnailOf(line, { position, width: 2000, height: 2000, format: 'png' });
    expect([made.width, made.height]).toEqual([2000, 2000]);
  },
);

test('when what is left of a trimmed picture is made small, then nothing of its border stays', async () => {
  const inner = await sharp({ create: { width: 120, height: 80, channels: 3, background: '#00a000' } })
    .png()
    .toBuffer();
  const bytes = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#eeeeee' } })
    .composite([{ input: inner, left: 60, top: 40 }])
    .png()
    .toBuffer();
  const made = await thumbnailOf(bytes, { trim: true, fit: 'inside', format: 'png' });
  expect([made.width, made.height]).toEqual([100, 67]);
  expect(quarterOf(await colourAt(made.bytes, 0.5, 0.005))).toBe('green');
});
