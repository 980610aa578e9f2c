/** The path of a picture, from bytes to thumbnail, against pictures made by sharp itself. */
import { describe, expect, test } from '@jest/globals';
import { Problem, type Rendition } from '@tintype/contracts';
import { thumbhashOf } from '@tintype/raster';
import { photograph, transparentPng } from '@tintype/testkit';
import sharp, { type Color, type Sharp } from 'sharp';
import {
  decodePicture,
  decodeSize,
  inspectPicture,
  renderThumbnail,
  requireSmallOutput,
  sampleForColours,
} from '../src/index.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 2 ** 29 };
const timeoutMs = 10_000;
const square: Rendition = { width: 100, height: 100, fit: 'cover', format: 'auto' };

async function decode(bytes: Buffer, options = square) {
  const { facts } = await inspectPicture(bytes, options, limits);
  return { facts, pixels: await decodePicture(bytes, decodeSize(facts, options), timeoutMs) };
}

async function thumbnail(bytes: Buffer, options: Partial<Rendition> = {}) {
  const whole = { ...square, ...options };
  const { pixels } = await decode(bytes, whole);
  return renderThumbnail(pixels, whole);
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
    expect((await inspectPicture(bytes, square, limits)).facts).toMatchObject({ format, width: 300, height: 200 });
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
    const { pixels } = await decode(await make().toBuffer());
    expect([pixels.width, pixels.height, pixels.channels, pixels.data.length]).toEqual([144, 144, 3, 62_208]);
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
    ['inside', 30, 20, 100, 67],
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
    const made = await renderThumbnail(
      { data, width: 2_000_001, height: 1, channels: 3 },
      { ...square, format: 'png' },
    );
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
    expect((await inspectPicture(turned, square, limits)).facts).toMatchObject({ width: 200, height: 400 });
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
    const { pixels } = await decode(p3);
    expect(Math.abs((pixels.data[1] ?? 0) - 255)).toBeLessThanOrEqual(2);
  });

  test('when something shines through, then auto is WebP with its transparency; an opaque alpha channel stays JPEG', async () => {
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
    expect((await inspectPicture(gif, square, limits)).facts).toMatchObject({ width: 8, height: 8 });
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
  test('when a thumbnail around the box would be a line without end, then it is refused before decoding', () => {
    const outside = { ...square, fit: 'outside' } as const;
    expect(() => requireSmallOutput({ width: 1, height: 2000 }, outside)).toThrow(
      expect.objectContaining({ code: 'too_many_pixels' }),
    );
    requireSmallOutput({ width: 2000, height: 1000 }, outside);
    requireSmallOutput({ width: 1, height: 2000 }, square);
  });

  test('when an opaque background is put behind transparency, then auto is JPEG', async () => {
    expect((await thumbnail(await transparentPng(), { background: '#00ff00' })).format).toBe('jpeg');
  });
});

describe('sample and placeholder', () => {
  test('when the decoded picture is large, then colours are read from a small copy of all of it', async () => {
    const { pixels } = await decode(await halves(1600, 800).png().toBuffer(), {
      ...square,
      width: 800,
      height: 800,
      fit: 'inside',
    });
    const sample = await sampleForColours(pixels);
    expect([sample.width, sample.height]).toEqual([144, 72]);
  });

  test('when a thumbnail needs few pixels, then the decode is still large enough for colours', () => {
    const size = (width: number, height: number, side: number) =>
      decodeSize({ width, height }, { width: side, height: side, fit: 'cover' });
    expect(size(4000, 3000, 8)).toEqual({ width: 144, height: 108 });
    expect(size(1000, 1000, 100)).toEqual({ width: 144, height: 144 });
    expect(size(4000, 3000, 100)).toEqual({ width: 133, height: 100 });
    expect(size(20, 10, 100)).toEqual({ width: 20, height: 10 });
  });

  test('when the placeholder is made, then it is short base64 and tells flat colours apart', async () => {
    const teal = thumbhashOf((await decode(await flat(300, 200).png().toBuffer())).pixels);
    const red = thumbhashOf((await decode(await flat(300, 200, '#ff0000').png().toBuffer())).pixels);
    expect(Buffer.from(teal, 'base64').length).toBeLessThan(30);
    expect(teal).not.toBe(red);
  });
});

describe('bad pictures', () => {
  const codeOf = async (bytes: Buffer, less = limits) => {
    try {
      const { facts } = await inspectPicture(bytes, square, less);
      await decodePicture(bytes, decodeSize(facts, square), timeoutMs);
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
    expect(await codeOf(await flat(300, 200).avif().toBuffer(), less)).toBe('too_many_pixels');
  });
});

describe('the header of a JPEG', () => {
  test.each<[string, (picture: Sharp) => Sharp]>([
    ['baseline', (picture) => picture.jpeg()],
    ['progressive', (picture) => picture.jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
    ['on its side', (picture) => picture.withMetadata({ orientation: 6 }).jpeg()],
    ['grey', (picture) => picture.greyscale().jpeg()],
  ])('when it is %s, then it is read without libvips and says the same', async (_, encode) => {
    const bytes = await encode(halves(300, 200)).toBuffer();
    const { autoOrient, hasAlpha, ...theirs } = await sharp(bytes).metadata();
    const { facts, jpeg } = await inspectPicture(bytes, square, limits);
    expect(facts).toEqual({ format: 'jpeg', width: autoOrient.width, height: autoOrient.height, hasAlpha });
    expect(jpeg).toMatchObject({ width: theirs.width, height: theirs.height, isProgressive: theirs.isProgressive });
    expect(jpeg?.components.length).toBe(theirs.channels);
  });
});
