/** Bytes that attack the decoder: the right picture, or a clear problem, at a price that the header tells. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type OutputFormat, Problem, type Rendition, sniffFormat } from '@tintype/contracts';
import { isLongForm, photograph, slowJpeg, someOf } from '@tintype/testkit';
import sharp from 'sharp';
import { inspect, makePicture, planPicture } from '../src/index.ts';
import { quickSteps, scanStructure } from '../src/reduced.ts';
import {
  deflateBomb,
  gifWithFrames,
  interlacedPngHeader,
  jpegSegment,
  jpegWith,
  jpegWithHugeProfile,
  jpegWithSegments,
  pngWith,
  tiffWithPages,
  webpWithFrames,
} from './hostile-files.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 2 ** 29, timeoutMs: 120_000 };
const options = { name: 'default', width: 100, height: 100, fit: 'cover', format: 'auto' } as const;

async function thumbnailOf(bytes: Buffer, format: Rendition['format'] = 'auto') {
  const order = { renditions: [{ ...options, format }], colours: null };
  const { facts, renditions } = await makePicture(bytes, order, limits);
  const [thumbnail] = renditions;
  if (!thumbnail) throw new Error('nothing was made');
  return { facts, thumbnail };
}

async function plan(bytes: Buffer, box: Partial<Rendition> = {}, maxDecodeBytes = limits.maxDecodeBytes) {
  const order = { renditions: [{ ...options, ...box }], colours: null };
  return planPicture(await inspect(bytes, limits), order, { ...limits, maxDecodeBytes });
}

/** The code of the problem, or the colour in the middle of the thumbnail. */
async function outcomeOf(bytes: Buffer): Promise<string> {
  try {
    const { thumbnail } = await thumbnailOf(bytes, 'png');
    const pixels = await sharp(thumbnail.bytes).removeAlpha().raw().toBuffer();
    return `#${pixels.subarray(3 * 5050, 3 * 5051).toString('hex')}`;
  } catch (err) {
    return err instanceof Problem ? err.code : String(err);
  }
}

/** Of 40 MB each. */
const manyTexts = isLongForm ? 25 : 6;

const teal = '#008080';
const isTeal = /^#0[0-4](7[c-f]|8[0-4]){2}$/;
const flat = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: teal } });

describe('structure', () => {
  test.each([
    ['a JPEG of thousands of segments', () => jpegWithSegments(2000)],
    ['a JPEG of thousands of comments', () => jpegWithSegments(2000, 0xfe)],
    ['a JPEG with 16 MB of profile', () => jpegWithHugeProfile()],
    ['a JPEG of hundreds of scans', async () => slowJpeg(64)],
    ['a PNG of thousands of texts', async () => pngWith(...Array(2000).fill(['tEXt', Buffer.from('a\0b')]))],
    ['a PNG with 20 MB of EXIF', async () => pngWith(['eXIf', Buffer.alloc(20e6, 1)])],
    ['a WebP of thousands of frames', () => webpWithFrames(3000)],
    ['a TIFF of thousands of pages', () => tiffWithPages(2000)],
    ['a TIFF whose pages go round in a ring', () => tiffWithPages(3, true)],
  ])('when %s comes in, then it is unusual', async (_what, make) => {
    const bytes = await make();
    expect(scanStructure(bytes, sniffFormat(bytes), quickSteps)).toBe('unusual');
  });

  test.each([
    ['a photograph', () => photograph(400, 300)],
    ['a progressive one', () => flat(400, 300).jpeg({ progressive: true }).toBuffer()],
    [
      'a JPEG with EXIF and profile',
      () =>
        flat(300, 200)
          .jpeg()
          .withExif({ IFD0: { Artist: 'x' } })
          .withIccProfile('p3')
          .toBuffer(),
    ],
    [
      'a large PNG',
      async () =>
        sharp(await photograph(300, 200))
          .resize(1500, 1000)
          .png()
          .toBuffer(),
    ],
    ['an animated WebP', () => webpWithFrames(300)],
    ['an animated GIF', () => gifWithFrames(300)],
    ['an AVIF', () => flat(300, 200).avif({ effort: 0 }).toBuffer()],
    ['a TIFF of pages', () => tiffWithPages(100)],
    ['a tiled TIFF', () => flat(900, 900).tiff({ tile: true }).toBuffer()],
    ['a cut one', async () => (await photograph(400, 300)).subarray(0, 300)],
    ['no bytes', async () => Buffer.alloc(0)],
  ])('when %s comes in, then it is not', async (_what, make) => {
    const bytes = await make();
    expect(scanStructure(bytes, sniffFormat(bytes), quickSteps)).toBe('usual');
  });
});

describe('pictures that are more than they seem', () => {
  test.each([
    ['a GIF of 20 000 frames', () => gifWithFrames(20_000)],
    ['a WebP of 300 frames', () => webpWithFrames(300)],
    ['a TIFF of pages', () => tiffWithPages(50)],
    [
      `a PNG whose texts inflate to ${40 * manyTexts} MB`,
      () => pngWith(...Array(manyTexts).fill(['zTXt', deflateBomb('a\0\0', 40)])),
    ],
    ['a PNG whose profile inflates to 200 MB', () => pngWith(['iCCP', deflateBomb('a\0\0', 200)])],
    ['a JPEG whose profile is none', () => jpegWith(jpegSegment(0xe2, Buffer.from('ICC_PROFILE\0\x01\x01none')))],
    [
      'a JPEG whose EXIF is none',
      () => jpegWith(jpegSegment(0xe1, Buffer.from('Exif\0\0MM\0*\0\0\xff\xff', 'latin1'))),
    ],
    ['a CMYK JPEG', () => flat(300, 200).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()],
    ['a 16-bit PNG', () => flat(300, 200).toColourspace('rgb16').png().toBuffer()],
    ['a 12-bit AVIF', () => flat(300, 200).avif({ bitdepth: 12, quality: 90, effort: 0 }).toBuffer()],
  ])('when %s comes in, then its first frame comes out in the right colour', async (what, make) => {
    const outcome = await outcomeOf(await make());
    expect(outcome).toMatch(what.includes('CMYK') ? /^#/ : isTeal);
  });

  test.each(['none', 'lzw', 'deflate', 'packbits', 'jpeg', 'webp'] as const)(
    'when a TIFF is compressed as %s, in strips or tiles, then it comes out right, or as a clear problem',
    async (compression) => {
      for (const tile of [false, true]) {
        const bytes = await flat(300, 200).tiff({ compression, tile, quality: 95 }).toBuffer();
        expect(await outcomeOf(bytes)).toMatch(isTeal);
        expect(await outcomeOf(bytes.subarray(0, bytes.length - 60))).toMatch(/^corrupt_image$|^#/);
      }
    },
  );
});

test('when a TIFF has a second page without entries, then its first one is read', async () => {
  const tiff = await tiffWithPages(1);
  const directoryBytes = 6 + 12 * tiff.readUInt16LE(tiff.readUInt32LE(4));
  const withoutEntries = Buffer.concat([tiff.subarray(0, -directoryBytes), Buffer.alloc(6)]);
  expect(await outcomeOf(withoutEntries)).toMatch(/^#/);
});

describe('what the header tells', () => {
  test('when a baseline JPEG has 10 000 × 10 000 pixels, then it passes', async () => {
    const { facts } = await thumbnailOf(await flat(10_000, 10_000).jpeg().toBuffer());
    expect(facts).toMatchObject({ width: 10_000, height: 10_000 });
  });

  test('when an interlaced PNG promises 16 383 × 16 383 pixels, then it is refused before anything is decoded', async () => {
    expect(await outcomeOf(interlacedPngHeader(16_383, 16_383))).toBe('too_many_pixels');
    expect(await outcomeOf(interlacedPngHeader(100, 100))).toBe('corrupt_image');
  });

  test('when a decode would hold more than it may, then it is refused with both figures', async () => {
    const avif = await flat(1000, 1000).avif({ effort: 0 }).toBuffer();
    await expect(plan(avif, {}, 20e6)).rejects.toMatchObject({
      code: 'too_many_pixels',
      message: 'Decoding the picture may take 28 MB of memory; the limit is 20 MB.',
    });
  });

  test('when a line of pixels is to be covered, then the size that it is decoded to counts', async () => {
    const line = await flat(60_000, 900).jpeg().toBuffer();
    expect((await plan(line, { width: 1000, height: 1000 })).decodeBytes).toBeGreaterThan(60_000 * 900 * 4);
  });

  type Measured = [format: string, make: (side: number) => Promise<Buffer>];
  const soonDrawn: Measured[] = [
    ['baseline JPEG', (side) => flat(side, side).jpeg().toBuffer()],
    ['interlaced PNG', (side) => flat(side, side).png({ progressive: true }).toBuffer()],
    ['WebP', (side) => flat(side, side).webp({ effort: 0 }).toBuffer()],
    ['AVIF', (side) => flat(side, side).avif({ effort: 0 }).toBuffer()],
  ];
  const others: Measured[] = [
    ['progressive JPEG', (side) => flat(side, side).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer()],
    ['PNG', (side) => flat(side, side).png().toBuffer()],
    ['lossless WebP', (side) => flat(side, side).webp({ lossless: true, effort: 0 }).toBuffer()],
    ['GIF', (side) => flat(side, side).gif({ effort: 1 }).toBuffer()],
    ['GIF of two frames', async (side) => (await animation(side)).gif({ effort: 1 }).toBuffer()],
    ['WebP of two frames', async (side) => (await animation(side)).webp({ effort: 0 }).toBuffer()],
    ['AVIF with alpha', (side) => flat(side, side).ensureAlpha(0.5).avif({ effort: 0, bitdepth: 10 }).toBuffer()],
    ['TIFF', (side) => flat(side, side).tiff({ tile: true, tileWidth: 2048, tileHeight: 2048 }).toBuffer()],
  ];
  const decodes = [...soonDrawn, ...(isLongForm ? others : [])].map(
    ([format, make], index) => [format, isLongForm ? [100, 1000] : [index % 2 === 0 ? 100 : 1000], make] as const,
  );
  test.each(decodes)(
    'when a %s is decoded to sides of %j, then it holds no more than was estimated',
    async (_format, sides, make) => {
      const bytes = await make(3000);
      for (const side of sides) {
        const { held, estimated } = await peakMemory(bytes, side, 'auto');
        expect(held).toBeLessThan(estimated);
      }
    },
  );

  const outputs = (['jpeg', 'png', 'webp', 'avif'] as const).flatMap((format) => [
    [format, 'opaque', () => photograph(300, 300, 9)] as const,
    [format, 'transparent', () => flat(300, 300).ensureAlpha(0.5).png().toBuffer()] as const,
  ]);
  test.each(someOf(outputs, 3))(
    'when a large %s of a small %s picture is made, then it holds no more than was estimated',
    async (format, _kind, make) => {
      const { held, estimated } = await peakMemory(await make(), 1200, format);
      expect(held).toBeLessThan(estimated);
    },
  );
});

/** Two frames that differ, one of them transparent. Enlarged: to draw each pixel takes ten times as long. */
async function animation(side: number) {
  const [noisy, smooth] = await Promise.all([9, 5].map((noise) => photograph(side / 8, side / 8, noise)));
  const enlarged = (frame?: Buffer) => sharp(frame).resize(side, side, { kernel: 'nearest' });
  const png = { compressionLevel: 1 };
  const frames = [enlarged(noisy).png(png).toBuffer(), enlarged(smooth).ensureAlpha(0.5).png(png).toBuffer()];
  return sharp(await Promise.all(frames), { join: { animated: true } });
}

async function peakMemory(bytes: Buffer, side: number, format: string): Promise<{ held: number; estimated: number }> {
  const entry = fileURLToPath(new URL('./peak-memory.ts', import.meta.url));
  const args = ['--conditions=source', '--no-warnings', entry, String(side), format];
  const making = promisify(execFile)(process.execPath, args);
  making.child.stdin?.end(bytes);
  return JSON.parse((await making).stdout);
}

describe('what goes out', () => {
  const words = [
    'Exif',
    'ICC_PROFILE',
    'iCCP',
    'ICCP',
    'http:',
    'xmp',
    'XMP',
    'Photoshop',
    '8BIM',
    'tEXt',
    'eXIf',
    'secret',
    'colrprof',
    'colrrICC',
  ];
  const rich = () =>
    flat(300, 200)
      .withExif({ IFD0: { Copyright: 'secret', ImageDescription: 'secret' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
      .withIccProfile('p3')
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/" secret="secret"></x:xmpmeta>');
  const iptc = jpegSegment(
    0xed,
    Buffer.from('Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0b\x1c\x02\x78\0\x06secret', 'latin1'),
  );
  const sources: [string, () => Promise<Buffer>][] = [
    [
      'JPEG',
      async () => {
        const jpeg = await rich().jpeg().toBuffer();
        const comment = jpegSegment(0xfe, Buffer.from('secret'));
        return Buffer.concat([jpeg.subarray(0, 2), iptc, comment, jpeg.subarray(2)]);
      },
    ],
    [
      'PNG',
      async () => pngWith(['tEXt', Buffer.from('Author\0secret')], ['eXIf', Buffer.from('MM\0*\0\0\0\x08\0\0secret')]),
    ],
    ['WebP', () => rich().webp().toBuffer()],
    ['AVIF', () => rich().avif({ effort: 0 }).toBuffer()],
    ['TIFF', () => rich().tiff().toBuffer()],
  ];
  const formats: OutputFormat[] = ['jpeg', 'png', 'webp', 'avif'];

  test.each(sources)(
    'when a %s has EXIF, ICC, XMP, IPTC, texts or comments, then no thumbnail has any',
    async (_format, make) => {
      const source = await make();
      expect(source.includes('secret')).toBe(true);
      for (const format of formats) {
        const { bytes } = (await thumbnailOf(source, format)).thumbnail;
        expect([format, words.filter((word) => bytes.includes(word))]).toEqual([format, []]);
        const { exif, icc, xmp, iptc: records, comments, orientation } = await sharp(bytes).metadata();
        expect([exif, icc, xmp, records, comments, orientation]).toEqual(Array(6).fill(undefined));
      }
    },
  );
});
