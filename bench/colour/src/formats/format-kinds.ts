/** The kinds of files that are made of each photograph: encodings that sharp writes, and that people have. */
import type { Sharp } from 'sharp';

/** What a photograph becomes: of one kind in one format. */
export type FormatKind = { format: string; kind: string; encode: (picture: Sharp) => Sharp };

const tiff = (kind: string, compression: 'none' | 'lzw' | 'deflate' | 'packbits' | 'jpeg' | 'webp'): FormatKind => ({
  ...{ format: 'TIFF', kind },
  encode: (picture) => picture.tiff({ compression, quality: 90 }),
});

export const formatKinds: readonly FormatKind[] = [
  { format: 'JPEG', kind: 'baseline', encode: (picture) => picture.jpeg({ quality: 85 }) },
  { format: 'JPEG', kind: '4:4:4', encode: (picture) => picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }) },
  { format: 'JPEG', kind: 'progressive', encode: (picture) => picture.jpeg({ quality: 85, progressive: true }) },
  { format: 'JPEG', kind: 'of mozjpeg', encode: (picture) => picture.jpeg({ quality: 85, mozjpeg: true }) },
  { format: 'JPEG', kind: 'grey', encode: (picture) => picture.greyscale().jpeg() },
  { format: 'JPEG', kind: 'CMYK', encode: (picture) => picture.toColourspace('cmyk').jpeg({ quality: 90 }) },
  { format: 'JPEG', kind: 'Display P3', encode: (picture) => picture.withIccProfile('p3').jpeg({ quality: 90 }) },
  { format: 'JPEG', kind: 'lying', encode: (picture) => picture.withMetadata({ orientation: 6 }).jpeg() },
  { format: 'PNG', kind: '8 bits', encode: (picture) => picture.png() },
  { format: 'PNG', kind: '16 bits', encode: (picture) => picture.toColourspace('rgb16').png() },
  { format: 'PNG', kind: 'palette', encode: (picture) => picture.png({ palette: true }) },
  { format: 'PNG', kind: 'interlaced', encode: (picture) => picture.png({ progressive: true }) },
  { format: 'PNG', kind: 'with alpha', encode: (picture) => picture.ensureAlpha(0.5).png() },
  { format: 'WebP', kind: 'lossy', encode: (picture) => picture.webp({ quality: 85 }) },
  { format: 'WebP', kind: 'lossless', encode: (picture) => picture.webp({ lossless: true }) },
  { format: 'WebP', kind: 'with alpha', encode: (picture) => picture.ensureAlpha(0.5).webp({ quality: 85 }) },
  { format: 'GIF', kind: 'still', encode: (picture) => picture.gif() },
  { format: 'AVIF', kind: '8 bits', encode: (picture) => picture.avif({ quality: 70, effort: 1 }) },
  { format: 'AVIF', kind: '10 bits', encode: (picture) => picture.avif({ quality: 70, effort: 1, bitdepth: 10 }) },
  { format: 'AVIF', kind: '4:2:0', encode: (picture) => picture.avif({ effort: 1, chromaSubsampling: '4:2:0' }) },
  tiff('plain', 'none'),
  tiff('LZW', 'lzw'),
  tiff('Deflate', 'deflate'),
  tiff('PackBits', 'packbits'),
  tiff('JPEG', 'jpeg'),
  tiff('WebP', 'webp'),
  { format: 'TIFF', kind: 'tiled', encode: (picture) => picture.tiff({ compression: 'deflate', tile: true }) },
  {
    format: 'TIFF',
    kind: '16 bits',
    encode: (picture) => picture.toColourspace('rgb16').tiff({ compression: 'none' }),
  },
];
