/** Good pictures that look like attacks: all of them must pass, or refusing everything would be called safe. */
import { landscape, transparentPng } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import type { Bases } from '../bytes/bases.ts';
import { exifOf, exifSegment } from '../bytes/exif.ts';
import { changeSegments, isFrameHeader, withSegments } from '../bytes/jpeg.ts';
import { plainTiff } from '../bytes/tiff.ts';
import type { FileClass, HostileFile } from './hostile-file.ts';

const passes: HostileFile['right'] = ['passes'];

const photo = () => {
  const raw = landscape(320, 240, 11);
  return sharp(raw.data, { raw });
};

/** One colour, drawn without holding it whole. */
const flat = (width: number, height: number, background: { r: number; g: number; b: number; alpha?: number }) =>
  sharp({
    create: { width, height, channels: background.alpha === undefined ? 3 : 4, background },
    limitInputPixels: false,
  });
const orange = { r: 240, g: 140, b: 40 };
const nothing = { r: 0, g: 0, b: 0, alpha: 0 };

function file(name: string, make: () => Sharp | Promise<Buffer>, isSlow = false): HostileFile {
  const bytes = async () => {
    const made = await make();
    return Buffer.isBuffer(made) ? made : made.toBuffer();
  };
  return { name, bytes, right: passes, isSlow };
}

/**
 * The encoder offers no 4:1:1. A 4:2:0 picture of 320 × 240 has as many blocks in the same number of units, so its frame
 * header may say 4 × 1 instead of 2 × 2: the picture is shuffled, the file is valid.
 */
async function fourOneOne(): Promise<Buffer> {
  const fourTwoZero = await photo().jpeg({ chromaSubsampling: '4:2:0' }).toBuffer();
  return changeSegments(fourTwoZero, isFrameHeader, (bytes) => void bytes.writeUInt8(0x41, 9));
}

export function extremeShapes(): FileClass {
  return {
    name: 'extreme shapes',
    cases: [
      file('1 × 1 JPEG', () => flat(1, 1, orange).jpeg()),
      file('1 × 1 PNG', () => flat(1, 1, orange).png()),
      file('1 × 1 GIF', () => flat(1, 1, orange).gif()),
      file('1 × 1 WebP', () => flat(1, 1, orange).webp()),
      file('1 × 1 AVIF', () => flat(1, 1, orange).avif({ effort: 0 })),
      file('1 × 1 TIFF', () => flat(1, 1, orange).tiff()),
      file('1 × 20000 PNG', () => flat(1, 20_000, orange).png()),
      file('20000 × 1 PNG', () => flat(20_000, 1, orange).png()),
      file('65000 × 1 JPEG', () => flat(65_000, 1, orange).jpeg()),
      file('1 × 65000 JPEG', () => flat(1, 65_000, orange).jpeg()),
      file('16000 × 2 WebP', () => flat(16_000, 2, orange).webp()),
      file('100000 × 3 TIFF', () => flat(100_000, 3, orange).tiff({ compression: 'deflate' })),
      file('2 × 30000 GIF', () => flat(2, 30_000, orange).gif({ effort: 1 })),
      file('nothing but transparency, PNG', () => flat(50, 50, nothing).png()),
      file('nothing but transparency, WebP', () => flat(50, 50, nothing).webp()),
      file('nothing but transparency, AVIF', () => flat(50, 50, nothing).avif({ effort: 0 })),
      file('TIFF of one bit', () => Promise.resolve(plainTiff(16, 16, Buffer.alloc(32, 0xa5), { bitsPerSample: 1 }))),
      file('PNG of one bit', () => photo().toColourspace('b-w').png({ palette: true, colours: 2 })),
      file('PNG of 256 colours', () => photo().png({ palette: true })),
      file('PNG of 16 bits', () => photo().toColourspace('rgb16').png()),
      file('PNG of 16 bits, grey', () => photo().toColourspace('grey16').png()),
      file('TIFF of 16 bits', () => photo().toColourspace('rgb16').tiff({ compression: 'none' })),
      file('TIFF of floating point', () => photo().toColourspace('scrgb').tiff({ compression: 'deflate' })),
      file('TIFF in CMYK', () => photo().toColourspace('cmyk').tiff()),
      file('TIFF in Lab', () => photo().toColourspace('lab').tiff()),
    ],
  };
}

export function goodPictures(bases: Bases): FileClass {
  const jpeg = (options: NonNullable<Parameters<Sharp['jpeg']>[0]>) => () => photo().jpeg(options);
  return {
    name: 'good strange pictures',
    cases: [
      file('baseline JPEG of 10000²', () => flat(10_000, 10_000, orange).jpeg(), true),
      file('progressive JPEG of 19 megapixels', () => flat(5_000, 3_800, orange).jpeg({ progressive: true }), true),
      file(
        'interlaced PNG of 19 megapixels',
        () => flat(5_000, 3_800, orange).png({ progressive: true, compressionLevel: 1 }),
        true,
      ),
      file('AVIF of 9 megapixels', () => flat(3_000, 3_000, orange).avif({ effort: 0 }), true),
      file('PNG of 90 megapixels', () => flat(9_000, 10_000, orange).png({ compressionLevel: 1 }), true),
      file('JPEG 4:4:4', jpeg({ chromaSubsampling: '4:4:4' })),
      file('JPEG 4:1:1', fourOneOne),
      file('JPEG in CMYK', () => photo().toColourspace('cmyk').jpeg()),
      file('JPEG in grey', () => photo().toColourspace('b-w').jpeg()),
      file('JPEG of quality 1', jpeg({ quality: 1 })),
      file('JPEG of quality 100', jpeg({ quality: 100 })),
      file('JPEG with arithmetic progression', jpeg({ progressive: true, optimiseScans: true })),
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((value) =>
        file(`JPEG of orientation ${value}`, async () => withSegments(await bases.jpeg(), exifSegment(exifOf(value)))),
      ),
      file('animated GIF', bases.animatedGif),
      file('animated WebP', bases.animatedWebp),
      file('interlaced GIF', () => photo().gif({ progressive: true, effort: 1 })),
      file('lossless WebP', bases.losslessWebp),
      file('lossless AVIF', () => photo().avif({ lossless: true, effort: 0 })),
      file('AVIF of 10 bits', () => photo().avif({ bitdepth: 10, effort: 0 })),
      file('PNG with transparency', () => transparentPng()),
      ...(['lzw', 'deflate', 'packbits', 'jpeg', 'ccittfax4', 'none'] as const).map((compression) =>
        file(`TIFF of ${compression}`, () =>
          compression === 'ccittfax4'
            ? photo().toColourspace('b-w').tiff({ compression, bitdepth: 1 })
            : photo().tiff({ compression }),
        ),
      ),
      file('TIFF pyramid', () => photo().tiff({ pyramid: true, tile: true })),
      file('JPEG with a profile of its own', () => photo().withIccProfile('p3').jpeg()),
    ],
  };
}
