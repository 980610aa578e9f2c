/** The heaviest pictures that are still let in, several of each at the same time: what the memory of a worker is for. */
import { landscape } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { deflatedZeros } from '../bytes/deflated-zeros.ts';
import { plainTiff, tiffDataAt } from '../bytes/tiff.ts';
import type { FileClass, HostileFile } from './hostile-file.ts';

/** As many as are decoded at once. */
const copies = 4;

/** Noise enlarged: cheap to make, and no decoder can skip it. */
const large = (width: number, height: number) => {
  const raw = landscape(64, 64, 5);
  return sharp(raw.data, { raw }).resize(width, height, { fit: 'fill', kernel: 'nearest' });
};

const oneStrip = (side: number) => {
  const data = deflatedZeros(side * side * 3);
  return plainTiff(side, side, data, {
    compression: 8,
    photometric: 2,
    samplesPerPixel: 3,
    bitsPerSample: [8, 8, 8],
    stripOffsets: tiffDataAt,
    stripByteCounts: data.length,
  });
};

const fitting: HostileFile['right'] = ['passes', 'too_many_pixels'];

const pictures: readonly [string, () => Sharp | Buffer][] = [
  [
    'progressive JPEG of 19 megapixels, 4:4:4',
    () => large(5_000, 3_800).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
  ],
  ['interlaced PNG of 19 megapixels', () => large(5_000, 3_800).png({ progressive: true, compressionLevel: 1 })],
  ['AVIF of 12 megapixels', () => large(4_000, 3_000).avif({ effort: 0 })],
  ['WebP of 19 megapixels', () => large(5_000, 3_800).webp({ effort: 0 })],
  ['GIF of 25 megapixels', () => large(5_000, 5_000).gif({ effort: 1, colours: 4 })],
  ['TIFF of 98 megapixels in one strip', () => oneStrip(9_900)],
];

export function largeAtOnce(): FileClass {
  return {
    name: 'large ones at once',
    cases: pictures.flatMap(([name, make]) => {
      let made: Promise<Buffer> | null = null;
      const bytes = async (copy: number) => {
        made ??= Promise.resolve(make()).then((picture) => (Buffer.isBuffer(picture) ? picture : picture.toBuffer()));
        // Each with a byte of its own at the end, or the second would be the first one's result again.
        return Buffer.concat([await made, Buffer.from([copy])]);
      };
      return Array.from({ length: copies }, (_, copy) => ({
        name: `${name}, ${copy + 1} of ${copies}`,
        bytes: () => bytes(copy),
        right: fitting,
        isSlow: true,
      }));
    }),
  };
}
