/** The operator's picture upon thumbnails: where it stands, how large and how strong it is, in its own colours. */
import { expect, test } from '@jest/globals';
import { type NamedRendition, type RenditionsRequest, renditionsOf } from '@tintype/contracts';
import sharp, { type Color } from 'sharp';
import { decodeWatermark, makePicture } from '../src/index.ts';
import { createJpegReducer } from '../src/reduced.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 2 ** 29, timeoutMs: 120_000 };
const sha256 = 'a'.repeat(64);
const names = new Map([['logo', sha256]]);
const plain = (width: number, height: number, background: Color) =>
  sharp({ create: { width, height, channels: 4, background } });

const logo = await plain(40, 20, '#ff0000').png().toBuffer();
const blueJpeg = await plain(1600, 1200, '#0000ff').removeAlpha().jpeg().toBuffer();
const bluePng = await plain(400, 300, '#0000ff').removeAlpha().png().toBuffer();
const clear = await plain(400, 300, { r: 0, g: 0, b: 255, alpha: 0 }).png().toBuffer();

async function made(source: Buffer, request: RenditionsRequest, mark = logo) {
  const order = { renditions: renditionsOf(request, names), colours: {} };
  const watermarks = new Map([[sha256, await decodeWatermark(mark)]]);
  return makePicture(source, order, limits, { reducer: createJpegReducer(), watermarks });
}

/** The pixels of the first thumbnail, as RGBA. */
async function pixelsOf(source: Buffer, request: RenditionsRequest, mark = logo) {
  const { renditions } = await made(source, request, mark);
  return rgbaOf(renditions[0]?.bytes);
}

async function rgbaOf(bytes: Buffer | undefined) {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 4, (y * info.width + x) * 4 + 4)];
  /** Left, top, width and height of what is rather red than blue. */
  const box = () => {
    const found = Array.from({ length: info.width * info.height }, (_, pixel) => pixel).filter(
      (pixel) => (data[pixel * 4] ?? 0) > 128 && (data[pixel * 4 + 3] ?? 0) > 128,
    );
    const [xs, ys] = [found.map((pixel) => pixel % info.width), found.map((pixel) => Math.floor(pixel / info.width))];
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    return [left, top, Math.max(...xs) - left + 1, Math.max(...ys) - top + 1];
  };
  return { at, box };
}

test.each([
  ['logo', [75, 87, 25, 13]],
  [{ name: 'logo', position: 'northwest' }, [0, 0, 25, 13]],
  [{ name: 'logo', position: 'centre', scale: 0.5 }, [25, 37, 50, 25]],
  [{ name: 'logo', position: 'west', scale: 0.1 }, [0, 47, 10, 5]],
  [{ name: 'logo', position: { x: 0, y: 1 }, margin: 10 }, [10, 77, 25, 13]],
  [{ name: 'logo', scale: 1 }, [0, 50, 100, 50]],
  [{ name: 'logo', scale: 1, margin: 20, position: 'north' }, [20, 20, 60, 30]],
  [{ name: 'logo', margin: 500, position: 'northwest' }, [49, 49, 2, 1]],
] as const)(
  'when the watermark is %j, then it stands at %j, of a JPEG that is reduced and of a PNG',
  async (watermark, box) => {
    for (const source of [blueJpeg, bluePng]) {
      expect((await pixelsOf(source, { watermark, format: 'png' })).box()).toEqual(box);
    }
  },
);

test('when there is padding, blur and grayscale, then the watermark is put upon all of that, and not changed', async () => {
  const watermark = { name: 'logo', position: 'northwest', scale: 0.2 } as const;
  const request = { watermark, padding: 50, grayscale: true, blur: 5, background: '#0000ff', format: 'png' } as const;
  const pixels = await pixelsOf(blueJpeg, request);
  expect(pixels.box()).toEqual([0, 0, 40, 20]);
  expect([pixels.at(0, 0), pixels.at(39, 19)]).toEqual([
    [255, 0, 0, 255],
    [255, 0, 0, 255],
  ]);
});

test.each([
  ['an opaque', 1, [255, 0, 0, 255], bluePng],
  ['an opaque', 0.5, [128, 0, 128, 255], bluePng],
  ['an opaque', 0, [0, 0, 255, 255], bluePng],
  ['a clear', 1, [255, 0, 0, 255], clear],
  ['a clear', 0.5, [255, 0, 0, 128], clear],
] as const)(
  'when it is put upon %s picture with opacity %d, then the pixel is %j',
  async (_what, opacity, pixel, source) => {
    const watermark = { name: 'logo', opacity, scale: 0.5, position: 'centre' } as const;
    expect((await pixelsOf(source, { watermark, format: 'png' })).at(50, 50)).toEqual(pixel);
  },
);

test('when the watermark itself is half transparent, then that and its opacity count together', async () => {
  const half = await plain(40, 20, { r: 255, g: 0, b: 0, alpha: 0.5 }).webp({ lossless: true }).toBuffer();
  const watermark = { name: 'logo', scale: 1, opacity: 0.5 } as const;
  const [red = 0, , blue = 0] = (await pixelsOf(bluePng, { watermark, format: 'png' }, half)).at(50, 75);
  expect([Math.abs(red - 64) <= 1, Math.abs(blue - 191) <= 1]).toEqual([true, true]);
});

test('when its file has another colour space, then its colours are those that it means', async () => {
  const wide = await plain(40, 20, '#ff0000').withIccProfile('p3').png().toBuffer();
  const [red = 0, green = 0, blue = 0] = (
    await pixelsOf(bluePng, { watermark: { name: 'logo', scale: 1 }, format: 'png' }, wide)
  ).at(50, 75);
  expect([red > 250, green < 5, blue < 5]).toEqual([true, true, true]);
  expect(Buffer.compare(wide, logo)).not.toBe(0);
});

test.each(['jpeg', 'webp', 'png', 'avif', 'auto'] as const)(
  'when the format is %s, then the watermark is seen, and colours and placeholder are those without it',
  async (format) => {
    const watermark = { name: 'logo', scale: 1 } as const;
    const [marked, usual] = [await made(blueJpeg, { watermark, format }), await made(blueJpeg, { format })];
    const [red = 0, , blue = 0] = (await rgbaOf(marked.renditions[0]?.bytes)).at(50, 75);
    expect([red > 200, blue < 60]).toEqual([true, true]);
    expect([marked.colours, marked.placeholder]).toEqual([usual.colours, usual.placeholder]);
    expect(marked.renditions[0]?.format).toBe(usual.renditions[0]?.format);
  },
);

test('when there are several sizes, then each has its own watermark, and none has that of a larger one', async () => {
  const request: RenditionsRequest = {
    watermark: { name: 'logo', position: 'centre', scale: 0.5 },
    format: 'png',
    sizes: [
      { name: 'large', width: 800, height: 800 },
      { name: 'corner', width: 300, height: 300, watermark: { name: 'logo', position: 'southeast', scale: 0.1 } },
      { name: 'small', width: 100, height: 100 },
      { name: 'none', width: 60, height: 60, watermark: false },
    ],
  };
  for (const source of [blueJpeg, bluePng]) {
    const { renditions } = await made(source, request);
    const found = await Promise.all(renditions.map(async ({ bytes }) => (await rgbaOf(bytes)).box()));
    expect(found.slice(0, 3)).toEqual([
      [200, 300, 400, 200],
      [270, 285, 30, 15],
      [25, 37, 50, 25],
    ]);
    expect(found[3]?.[2]).not.toBeGreaterThan(0);
  }
});

test('when the margin is said with dpr, or what is usual is said, then the order has one spelling', () => {
  const markOf = (request: RenditionsRequest): NamedRendition['watermark'] =>
    renditionsOf(request, names)[0]?.watermark;
  const usual = { name: 'logo', position: 'southeast', scale: 0.25, opacity: 1, margin: 0 } as const;
  expect([markOf({ watermark: 'logo' }), markOf({ watermark: usual })]).toEqual([{ sha256 }, { sha256 }]);
  expect(markOf({ watermark: { name: 'logo', margin: 8 }, dpr: 2 })).toEqual({ sha256, margin: 16 });
  const none = [false, '', 'false', { name: 'logo', opacity: 0 }] as const;
  expect(none.map((watermark) => markOf({ watermark }))).toEqual(none.map(() => undefined));
});

test.each([
  [{ watermark: 'lgo' }, '/watermark', 'did you mean logo?'],
  [{ watermark: { name: 'constructor' } }, '/watermark/name', 'there are logo'],
  [{ sizes: [{ name: 'a' }, { name: 'b', watermark: 'x' }] }, '/sizes/1/watermark', 'there are logo'],
  [{ watermark: sha256, sizes: [{ name: 'a' }] }, '/watermark', 'is no watermark'],
])('when %j is asked for, then it is refused at %s: %s', (request, pointer, words) => {
  const refused = expect.objectContaining({
    code: 'invalid_option',
    errors: [{ pointer, detail: expect.stringContaining(words) }],
  });
  expect(() => renditionsOf(request, names)).toThrow(refused);
});

test('when its file is no picture that can be read, then that is a fault of ours', async () => {
  await expect(decodeWatermark(logo.subarray(0, 60))).rejects.toMatchObject({
    code: 'unreadable_watermark',
    retryable: false,
  });
});
