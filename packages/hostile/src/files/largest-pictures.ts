/** Pictures with which nothing is wrong: they are only as large as can be, coming in or going out. */
import sharp from 'sharp';
import type { FileClass, HostileFile } from './hostile-file.ts';

/** The same noise in every run (xorshift, Marsaglia 2003): nothing makes it smaller. */
function noise(bytes: number): Buffer {
  let state = 2_463_534_242;
  const data = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[i] = state;
  }
  return data;
}

const noisy = (width: number, height: number) =>
  sharp(noise(width * height * 3), { raw: { width, height, channels: 3 } });

/** About 1.1 bytes for each pixel. */
export function noisyJpeg(width: number, height: number): Promise<Buffer> {
  return noisy(width, height).jpeg({ quality: 95 }).toBuffer();
}

function noisyPng(width: number, height: number): Promise<Buffer> {
  return noisy(width, height).png({ compressionLevel: 0 }).toBuffer();
}

type Row = readonly [name: string, bytes: () => Promise<Buffer>, rest?: Partial<HostileFile>];

const rows: readonly Row[] = [
  ['photograph of 20 MB', () => noisyJpeg(5_000, 3_000)],
  ['photograph of 20 MB, by URL', () => noisyJpeg(5_000, 3_001), { isFetched: true }],
  ['PNG of 20 MB', () => noisyPng(2_600, 2_600)],
  ['PNG of 20 MB, by URL', () => noisyPng(2_600, 2_601), { isFetched: true }],
  [
    'PNG of noise that is to be eight colours of its edges',
    () => noisyPng(600, 600),
    { fields: { colours: '{"count":8,"region":"edges"}' } },
  ],
  [
    'PNG of noise that is to be a PNG of 2000 × 2000',
    () => noisyPng(2_000, 2_001),
    { fields: { width: '2000', height: '2000', format: 'png' } },
  ],
  [
    'photograph that is to be a PNG of 8000 × 2000',
    () => noisyJpeg(8_000, 2_000),
    { fields: { width: '2000', height: '2000', fit: 'outside', format: 'png' } },
  ],
];

/** One at a time, so that what the loop was held by has a name. */
export function largestPictures(): FileClass {
  return {
    name: 'largest pictures',
    atOnce: 1,
    cases: rows.map(([name, bytes, rest]) => ({ name, bytes, right: ['passes'], isSlow: true, ...rest })),
  };
}
