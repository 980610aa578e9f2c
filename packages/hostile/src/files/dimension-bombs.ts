/** Headers that promise more pixels than anyone can hold, with and without the data behind them. */
import type { Bases } from '../bytes/bases.ts';
import { allBoxes, boxesOf, bytesOfBoxes } from '../bytes/boxes.ts';
import { deflatedZeros } from '../bytes/deflated-zeros.ts';
import { gifFrame, gifHeader, gifTrailer } from '../bytes/gif.ts';
import { withJpegSize } from '../bytes/jpeg.ts';
import { type PngHeader, pngChunk, pngHeader, pngOf, withChanged } from '../bytes/png.ts';
import { riffChunksOf, webpCanvas, webpFlags, webpFrame, webpOf } from '../bytes/riff.ts';
import { plainTiff } from '../bytes/tiff.ts';
import { type FileClass, type HostileFile, refusedAsTooLarge, refusedSomehow } from './hostile-file.ts';

const samplesOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** A PNG whose every byte of picture data is there, and zero. */
function zeroPng(header: PngHeader): Buffer {
  const { width, height, depth = 8, colourType = 0 } = header;
  const rowBytes = Math.ceil((width * depth * (samplesOf[colourType] ?? 1)) / 8) + 1;
  // Interlaced rows are more in number, each with its filter byte: a little too much data is ignored.
  const palette = colourType === 3 ? [pngChunk('PLTE', Buffer.from([1, 2, 3, 4, 5, 6]))] : [];
  const data = pngChunk('IDAT', deflatedZeros(rowBytes * height + (header.interlace ? height * 2 : 0)));
  return pngOf([pngHeader(header), ...palette, data, pngChunk('IEND')]);
}

const pngBombs: readonly [string, PngHeader][] = [
  ['16383² interlaced RGB', { width: 16_383, height: 16_383, colourType: 2, interlace: 1 }],
  ['16383² RGB', { width: 16_383, height: 16_383, colourType: 2 }],
  ['16383² of one bit', { width: 16_383, height: 16_383, depth: 1 }],
  ['12000² of 16-bit RGBA', { width: 12_000, height: 12_000, depth: 16, colourType: 6 }],
  ['8000² interlaced RGBA', { width: 8_000, height: 8_000, colourType: 6, interlace: 1 }],
  ['30000² palette', { width: 30_000, height: 30_000, depth: 1, colourType: 3 }],
];

const emptyPngBombs: readonly [string, PngHeader][] = [
  ['2³¹−1 squared', { width: 2_147_483_647, height: 2_147_483_647 }],
  ['2³²−1 squared', { width: 4_294_967_295, height: 4_294_967_295 }],
  ['100000 × 100000', { width: 100_000, height: 100_000 }],
  ['1 × 2³¹−1', { width: 1, height: 2_147_483_647 }],
];

function jpegBombs({ jpeg, progressiveJpeg }: Bases): HostileFile[] {
  const sizes: readonly [number, number][] = [
    [65_535, 65_535],
    [65_500, 65_500],
    [30_000, 30_000],
    [10_001, 10_000],
  ];
  return [
    ...sizes.map(([width, height]) => ({
      name: `JPEG ${width} × ${height}`,
      bytes: async () => withJpegSize(await jpeg(), width, height),
      right: refusedSomehow,
    })),
    {
      name: 'progressive JPEG 65535²',
      bytes: async () => withJpegSize(await progressiveJpeg(), 65_535, 65_535),
      right: refusedSomehow,
    },
    {
      name: 'progressive JPEG 9000²',
      bytes: async () => withJpegSize(await progressiveJpeg(), 9_000, 9_000),
      right: refusedAsTooLarge,
    },
  ];
}

function webpBombs({ webp, losslessWebp }: Bases): HostileFile[] {
  const on = (base: Bases['webp'], change: (chunks: ReturnType<typeof riffChunksOf>) => Buffer) => async () =>
    change(riffChunksOf(await base()));
  return [
    {
      name: 'WebP canvas 2²⁴ squared',
      bytes: on(webp, (chunks) => webpOf([webpCanvas(0, 2 ** 24, 2 ** 24), ...chunks])),
      right: refusedSomehow,
    },
    {
      name: 'WebP canvas 16383² around a small picture',
      bytes: on(webp, (chunks) => webpOf([webpCanvas(0, 16_383, 16_383), ...chunks])),
      right: refusedSomehow,
    },
    {
      name: 'WebP animation on a canvas of 16383²',
      bytes: on(webp, (chunks) =>
        webpOf([
          webpCanvas(webpFlags.animation, 16_383, 16_383),
          { type: 'ANIM', data: Buffer.alloc(6) },
          ...chunks.filter(({ type }) => type === 'VP8 ').map((image) => webpFrame(image, 160, 120)),
        ]),
      ),
      right: refusedSomehow,
    },
    {
      name: 'VP8 frame that says 16383²',
      bytes: on(webp, (chunks) => {
        for (const { type, data } of chunks) if (type === 'VP8 ') data.writeUInt32LE(0x3fff_3fff, 6);
        return webpOf(chunks);
      }),
      right: refusedSomehow,
    },
    {
      name: 'VP8L that says 16384²',
      bytes: on(losslessWebp, (chunks) => {
        for (const { type, data } of chunks) if (type === 'VP8L') data.writeUInt32LE(0x0fff_ffff, 1);
        return webpOf(chunks);
      }),
      right: refusedSomehow,
    },
  ];
}

function avifBomb({ avif }: Bases, side: number): HostileFile {
  return {
    name: `AVIF that says ${side}²`,
    bytes: async () => {
      const boxes = boxesOf(await avif());
      for (const { type, data } of allBoxes(boxes)) {
        if (type !== 'ispe') continue;
        data.writeUInt32BE(side, 4);
        data.writeUInt32BE(side, 8);
      }
      return bytesOfBoxes(boxes);
    },
    right: refusedSomehow,
  };
}

const tiffBombs: readonly [string, number, number][] = [
  ['1 000 000²', 1_000_000, 1_000_000],
  ['2³²−1 squared', 4_294_967_295, 4_294_967_295],
  ['2³¹ × 1', 2_147_483_648, 1],
];

export function dimensionBombs(bases: Bases): FileClass {
  return {
    name: 'dimension bombs',
    cases: [
      ...pngBombs.map(([name, header]) => ({
        name: `PNG ${name}`,
        bytes: () => zeroPng(header),
        right: refusedAsTooLarge,
      })),
      ...emptyPngBombs.map(([name, header]) => ({
        name: `PNG ${name}, no data`,
        bytes: () => pngOf([pngHeader(header), pngChunk('IDAT', deflatedZeros(1_000)), pngChunk('IEND')]),
        right: refusedSomehow,
      })),
      {
        name: 'PNG with the dimensions of another',
        bytes: async () =>
          withChanged(await bases.png(), 'IHDR', (data) => {
            const changed = Buffer.from(data);
            changed.writeUInt32BE(90_000, 4);
            return changed;
          }),
        right: refusedSomehow,
      },
      ...jpegBombs(bases),
      {
        name: 'GIF screen of 65535²',
        bytes: () => Buffer.concat([gifHeader({ width: 65_535, height: 65_535 }), gifFrame(1, 1), gifTrailer]),
        // The decoder does not believe it, and makes the screen as large as its frames.
        right: [...refusedSomehow, 'passes'],
      },
      {
        name: 'GIF frame of 65535² on a small screen',
        bytes: () => Buffer.concat([gifHeader({ width: 10, height: 10 }), gifFrame(65_535, 65_535), gifTrailer]),
        right: [...refusedSomehow, 'passes'],
      },
      ...webpBombs(bases),
      ...[16_384, 65_536, 4_294_967_295].map((side) => avifBomb(bases, side)),
      ...tiffBombs.map(([name, width, height]) => ({
        name: `TIFF ${name}`,
        bytes: () => plainTiff(width, height, Buffer.alloc(100), { rowsPerStrip: 1 }),
        right: refusedSomehow,
      })),
    ],
  };
}
