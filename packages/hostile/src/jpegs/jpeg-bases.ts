/** A sound JPEG of each kind that there is, to be mutated. */
import { readFile } from 'node:fs/promises';
import { landscape } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { changeSegments, isFrameHeader, jpegSegment, withSegments } from '../bytes/jpeg.ts';

export type JpegBase = { name: string; bytes: () => Promise<Buffer> };

const picture = () => {
  const raw = landscape(320, 208, 7);
  return sharp(raw.data, { raw });
};
const made = (name: string, encode: (picture: Sharp) => Sharp): JpegBase => ({
  name,
  bytes: () => encode(picture()).toBuffer(),
});
/** Written by libjpeg's own tools, with what libvips does not write. */
const kept = (name: string): JpegBase => ({
  name,
  bytes: () => readFile(new URL(`../../../raster/test/jpegs/${name}`, import.meta.url)),
});

/** Marker APP14: version, two times flags, and how the colours were transformed. */
const adobe = (transform: number) =>
  jpegSegment(0xee, Buffer.from([...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]));

export const jpegBases: readonly JpegBase[] = [
  made('4:2:0', (one) => one.jpeg({ quality: 85 })),
  made('4:4:4', (one) => one.jpeg({ quality: 92, chromaSubsampling: '4:4:4' })),
  made('progressive', (one) => one.jpeg({ quality: 85, progressive: true })),
  made('progressive 4:4:4', (one) => one.jpeg({ quality: 85, progressive: true, chromaSubsampling: '4:4:4' })),
  made('progressive by mozjpeg', (one) => one.jpeg({ mozjpeg: true })),
  made('grey', (one) => one.greyscale().jpeg()),
  made('CMYK', (one) => one.toColourspace('cmyk').jpeg()),
  made('EXIF', (one) => one.withMetadata({ orientation: 6 }).jpeg()),
  { name: 'Adobe YCbCr', bytes: async () => withSegments(await made('', (one) => one.jpeg()).bytes(), adobe(1)) },
  { name: 'Adobe RGB', bytes: async () => withSegments(await made('', (one) => one.jpeg()).bytes(), adobe(0)) },
  {
    name: '12-bit',
    bytes: async () =>
      changeSegments(await made('', (one) => one.jpeg()).bytes(), isFrameHeader, (bytes) => bytes.writeUInt8(12, 2)),
  },
  kept('422-restarts.jpg'),
  kept('440.jpg'),
  kept('grey-restarts.jpg'),
  kept('arithmetic.jpg'),
  kept('separate-scans.jpg'),
  kept('progressive-restarts.jpg'),
  kept('progressive-separate.jpg'),
];
