/** The path of a picture, from bytes to thumbnail, against pictures made by sharp itself. */
import { describe, expect, test } from '@jest/globals';
import { type NamedRendition, Problem, type Rendition, renditionOf } from '@tintype/contracts';
import { photograph, transparentPng } from '@tintype/testkit';
import sharp, { type Color, type Sharp } from 'sharp';
import {
  decode,
  describe as describePicture,
  inspect,
  makePicture,
  planPicture,
  render,
  sample,
} from '../src/index.ts';
import { createJpegReducer } from '../src/reduced.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 2 ** 29, timeoutMs: 120_000 };
const square = { name: 'default', width: 100, height: 100, fit: 'cover', format: 'auto' } as const;

async function decoded(bytes: Buffer, rendition: NamedRendition = square) {
  const plan = planPicture(await inspect(bytes, limits), { renditions: [rendition], colours: {} }, limits);
  return { plan, pixels: await decode(bytes, plan, limits.timeoutMs) };
}

async function thumbnail(bytes: Buffer, options: Partial<Rendition> = {}) {
  const order = { renditions: [{ ...square, ...options }], colours: null };
  const [made] = (await makePicture(bytes, order, limits)).renditions;
  if (!made) throw new Error('nothing was made');
  return made;
}

const flat = (width: number, height: number, background: Color = '#008080') =>
  sharp({ create: { width, height, channels: 3, background } });

/** Left half red, right half blue. */
function halves(width: number, height: number): Sharp {
  const blue = { create: { width: width / 2, height, channels: 3, background: '#0000ff' } } as const;
  return flat(width, height, '#ff0000')
    .composite([{ input: blue, left: width / 2, top: 0 }])
    .removeAlpha();
}

async function pixelAt(bytes: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const at = (y * info.width + x) * info.channels;
  return [...data.subarray(at, at + info.channels)];
}

describe('formats', () => {
  test.each([
    ['jpeg', () => flat(300, 200).jpeg()],
    ['png', () => flat(300, 200).png()],
    ['webp', () => flat(300, 200).webp({ lossless: true })],
    ['gif', () => flat(300, 200).gif()],
    ['avif', () => flat(300, 200).avif()],
    ['tiff', () => flat(300, 200).tiff()],
  ] as const)('when a %s comes in, then its facts are told and a JPEG of 100 × 100 goes out', async (format, make) => {
    const bytes = await make().toBuffer();
    expect((await inspect(bytes, limits)).facts).toMatchObject({ format, width: 300, height: 200 });
    const made = await thumbnail(bytes);
    expect(await sharp(made.bytes).metadata()).toMatchObject({ format: 'jpeg', width: 100, height: 100 });
    const [red = 0, green = 0, blue = 0] = await pixelAt(made.bytes, 50, 50);
    expect(Math.max(red, Math.abs(green - 128), Math.abs(blue - 128))).toBeLessThanOrEqual(4);
  });

  test.each([
    ['CMYK', () => flat(200, 200).toColourspace('cmyk').jpeg()],
    ['16 bit', () => flat(200, 200).toColourspace('rgb16').png()],
    ['grey', () => flat(200, 200, '#808080').toColourspace('b-w').png()],
    ['palette', () => flat(200, 200).png({ palette: true })],
    ['progressive', () => flat(200, 200).jpeg({ progressive: true })],
  ] as const)('when the picture is %s, then it is decoded to 8-bit sRGB', async (_name, make) => {
    const { pixels } = await decoded(await make().toBuffer());
    expect([pixels.width, pixels.height, pixels.channels, pixels.data.length]).toEqual([200, 200, 3, 120_000]);
  });

  test.each([
    ['jpeg', 'jpeg'],
    ['webp', 'webp'],
    ['png', 'png'],
    ['avif', 'heif'],
  ] as const)('when %s is asked for, then it is made', async (format, known) => {
    const made = await thumbnail(await flat(300, 200).png().toBuffer(), { format });
    expect(made.format).toBe(format);
    expect((await sharp(made.bytes).metadata()).format).toBe(known);
  });
});

describe('shape', () => {
  test.each([
    ['cover', 400, 200, 100, 100],
    ['contain', 400, 200, 100, 100],
    ['fill', 400, 200, 100, 100],
    ['inside', 400, 200, 100, 50],
    ['outside', 400, 200, 200, 100],
    ['cover', 30, 20, 100, 100],
    ['inside', 30, 20, 30, 20],
    ['cover', 1, 1, 100, 100],
    ['cover', 2000, 3, 100, 100],
    ['cover', 101, 1999, 100, 100],
  ] as const)(
    'when %s is asked for a picture of %i × %i, then it is %i × %i',
    async (fit, width, height, toWidth, toHeight) => {
      const made = await thumbnail(await flat(width, height).png().toBuffer(), { fit });
      expect(await sharp(made.bytes).metadata()).toMatchObject({ width: toWidth, height: toHeight });
      expect([made.width, made.height]).toEqual([toWidth, toHeight]);
    },
  );

  test('when a picture is covered, then it is cut in the middle', async () => {
    const made = await thumbnail(await halves(400, 100).png().toBuffer(), { format: 'png' });
    expect(await pixelAt(made.bytes, 10, 50)).toEqual([255, 0, 0]);
    expect(await pixelAt(made.bytes, 90, 50)).toEqual([0, 0, 255]);
  });

  test('when a picture is a line, then its middle is what covers the box', async () => {
    const data = new Uint8Array(2_000_001 * 3);
    data.set([255, 0, 0], 1_000_000 * 3);
    const line = { data, width: 2_000_001, height: 1, channels: 3 } as const;
    const made = await render(line, line, { ...square, format: 'png' });
    expect([made.width, made.height]).toEqual([100, 100]);
    const [red = 0] = await pixelAt(made.bytes, 50, 50);
    expect(red).toBeGreaterThan(200);
  });

  test('when a picture is contained, then the bars are white, or what was asked for', async () => {
    const wide = await flat(400, 200).png().toBuffer();
    expect(await pixelAt((await thumbnail(wide, { fit: 'contain', format: 'png' })).bytes, 50, 2)).toEqual([
      255, 255, 255,
    ]);
    const pink = await thumbnail(wide, { fit: 'contain', format: 'png', background: '#ff00ff' });
    expect(await pixelAt(pink.bytes, 50, 2)).toEqual([255, 0, 255]);
    const clear = await thumbnail(wide, { fit: 'contain', background: 'transparent' });
    expect(clear.format).toBe('webp');
  });

  test('when EXIF says the camera was turned, then the picture is upright', async () => {
    const turned = await halves(400, 200).jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer();
    expect((await inspect(turned, limits)).facts).toMatchObject({ width: 200, height: 400 });
    const made = await thumbnail(turned, { fit: 'inside', format: 'png' });
    expect([made.width, made.height]).toEqual([50, 100]);
    const [red, , blue] = await pixelAt(made.bytes, 25, 5);
    expect([(red ?? 0) > 200, (blue ?? 255) < 60]).toEqual([true, true]);
  });
});

describe('what goes out', () => {
  test('when the source has EXIF, ICC and XMP, then none of it is in the thumbnail', async () => {
    const rich = await flat(300, 200)
      .jpeg()
      .withExif({ IFD0: { Copyright: 'somebody', ImageDescription: 'secret place' } })
      .withIccProfile('p3')
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>')
      .toBuffer();
    const { exif, icc, xmp, iptc } = await sharp((await thumbnail(rich)).bytes).metadata();
    expect({ exif, icc, xmp, iptc }).toEqual({ exif: undefined, icc: undefined, xmp: undefined, iptc: undefined });
  });

  test('when the picture has a wide-gamut profile, then it is converted to sRGB, not relabelled', async () => {
    const p3 = await flat(100, 100, '#00ff00').withIccProfile('p3').png().toBuffer();
    const { pixels } = await decoded(p3);
    expect(Math.abs((pixels.data[1] ?? 0) - 255)).toBeLessThanOrEqual(2);
  });

  test('when something stays transparent, then auto is WebP with its transparency; an opaque alpha channel stays JPEG', async () => {
    const seeThrough = await thumbnail(await transparentPng());
    expect(await sharp(seeThrough.bytes).metadata()).toMatchObject({ format: 'webp', hasAlpha: true });
    const opaque = await flat(200, 200).ensureAlpha(1).png().toBuffer();
    expect((await thumbnail(opaque)).format).toBe('jpeg');
  });

  test('when a transparent picture becomes a JPEG, then it stands on white, or on the background asked for', async () => {
    const corner = async (background?: string) => {
      const made = await thumbnail(await transparentPng(), { format: 'jpeg', ...(background && { background }) });
      return pixelAt(made.bytes, 1, 1);
    };
    expect(await corner()).toEqual([255, 255, 255]);
    expect((await corner('#0000ff'))[2]).toBeGreaterThan(250);
  });

  test('when a GIF is animated, then its first frame is shown', async () => {
    const frames = Buffer.concat([
      Buffer.alloc(3 * 64, Buffer.from([255, 0, 0])),
      Buffer.alloc(3 * 64, Buffer.from([0, 0, 255])),
    ]);
    const gif = await sharp(frames, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } })
      .gif({ delay: [50, 50] })
      .toBuffer();
    expect((await inspect(gif, limits)).facts).toMatchObject({ width: 8, height: 8 });
    expect((await pixelAt((await thumbnail(gif, { format: 'png' })).bytes, 50, 50)).slice(0, 3)).toEqual([255, 0, 0]);
  });

  test('when the same picture is worked on twice, then the bytes are the same', async () => {
    const photo = await photograph(800, 600);
    expect((await thumbnail(photo)).bytes).toEqual((await thumbnail(photo)).bytes);
  });

  test('when a photograph is shrunk in one go, then it looks as sharp would have it', async () => {
    const photo = await photograph(1600, 1067);
    const ours = await sharp((await thumbnail(photo, { format: 'png' })).bytes)
      .raw()
      .toBuffer();
    const theirs = await sharp(photo).resize(100, 100).raw().toBuffer();
    const difference = ours.reduce((sum, value, at) => sum + Math.abs(value - (theirs[at] ?? 0)), 0) / ours.length;
    expect(difference).toBeLessThan(1.5);
  });
});

describe('what is not made', () => {
  test('when an opaque background is put behind transparency, then auto is JPEG', async () => {
    expect((await thumbnail(await transparentPng(), { background: '#00ff00' })).format).toBe('jpeg');
  });
});

describe('sample and placeholder', () => {
  test('when the decoded picture is large, then colours are read from a small copy of all of it', async () => {
    const large = { ...square, width: 800, height: 800, fit: 'inside' } as const;
    const { plan, pixels } = await decoded(await halves(1600, 800).png().toBuffer(), large);
    const small = await sample(pixels, plan);
    expect([small?.width, small?.height]).toEqual([144, 72]);
    expect(await sample(pixels, { ...plan, order: { ...plan.order, colours: null } })).toBeNull();
  });

  test('when the placeholder is made, then it is short base64 and tells flat colours apart', async () => {
    const placeholderOf = async (colour: Color) => {
      const { pixels } = await decoded(await flat(300, 200, colour).png().toBuffer());
      return describePicture(pixels, {}).placeholder;
    };
    const teal = await placeholderOf('#008080');
    expect(Buffer.from(teal, 'base64').length).toBeLessThan(30);
    expect(teal).not.toBe(await placeholderOf('#ff0000'));
  });
});

describe('bad pictures', () => {
  const codeOf = async (bytes: Buffer, less = limits) => {
    try {
      await makePicture(bytes, { renditions: [square], colours: null }, less);
      return 'none';
    } catch (err) {
      return err instanceof Problem ? err.code : err;
    }
  };

  test.each([
    ['jpeg', () => photograph(400, 300)],
    ['png', () => halves(400, 300).png().toBuffer()],
    ['webp', () => halves(400, 300).webp().toBuffer()],
    ['tiff', () => halves(400, 300).tiff().toBuffer()],
  ] as const)('when a %s is cut off or only begins as one, then it is corrupt', async (_format, make) => {
    const bytes = await make();
    expect(await codeOf(bytes.subarray(0, bytes.length / 2))).toBe('corrupt_image');
    expect(await codeOf(Buffer.concat([bytes.subarray(0, 12), Buffer.alloc(500, 7)]))).toBe('corrupt_image');
  });

  test('when there are no bytes, text, or a format that is not accepted, then it is said', async () => {
    expect(await codeOf(Buffer.alloc(0))).toBe('not_an_image');
    expect(await codeOf(Buffer.from('hello'))).toBe('not_an_image');
    expect(await codeOf(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'))).toBe(
      'unsupported_format',
    );
  });

  test('when the header promises too many pixels, then nothing is decoded; progressive ones have a limit of their own', async () => {
    const less = { ...limits, maxMegapixels: 0.1, maxMegapixelsUnstreamed: 0.01 };
    expect(await codeOf(await flat(400, 300).jpeg().toBuffer(), less)).toBe('too_many_pixels');
    expect(await codeOf(await flat(300, 200).jpeg().toBuffer(), less)).toBe('none');
    expect(await codeOf(await flat(300, 200).jpeg({ progressive: true }).toBuffer(), less)).toBe('too_many_pixels');
    const wide = await flat(1600, 50).jpeg({ progressive: true }).toBuffer();
    const order = { renditions: [{ name: 'default', ...renditionOf({ width: 100, height: 3 }) }], colours: null };
    await expect(makePicture(wide, order, less)).rejects.toMatchObject({ code: 'too_many_pixels' });
    const reducer = createJpegReducer();
    expect(await makePicture(wide, order, less, { reducer })).toMatchObject({ facts: { width: 1600 } });
    expect(await codeOf(await flat(300, 200).avif().toBuffer(), less)).toBe('too_many_pixels');
  });
});
