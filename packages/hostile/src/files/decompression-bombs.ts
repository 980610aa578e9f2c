/** Little that becomes much: compressed text, profiles and strips. */
import type { Bases } from '../bytes/bases.ts';
import { deflatedZeros } from '../bytes/deflated-zeros.ts';
import { type PngChunk, pngChunk, withChunks } from '../bytes/png.ts';
import { plainTiff, tiffDataAt, tiffEntries, tiffOf } from '../bytes/tiff.ts';
import { anythingInOrder, type FileClass, type HostileFile } from './hostile-file.ts';

const megabyte = 2 ** 20;
const keyword = (word: string) => Buffer.from(`${word}\0`);

/** What unpacks to so many megabytes, in each chunk that may be compressed. */
function compressedChunks(megabytes: number): [string, PngChunk][] {
  const bomb = deflatedZeros(megabytes * megabyte);
  return [
    ['zTXt', pngChunk('zTXt', Buffer.concat([keyword('Comment'), Buffer.from([0]), bomb]))],
    ['iTXt', pngChunk('iTXt', Buffer.concat([keyword('XML:com.adobe.xmp'), Buffer.from([1, 0, 0, 0]), bomb]))],
    ['iCCP', pngChunk('iCCP', Buffer.concat([keyword('icc'), Buffer.from([0]), bomb]))],
  ];
}

function pngBombs({ png }: Bases): HostileFile[] {
  const names = ['zTXt', 'iTXt', 'iCCP'];
  const of = (megabytes: number, name: string) =>
    compressedChunks(megabytes).flatMap(([type, chunk]) => (type === name ? [chunk] : []));
  return [
    ...[10, 100, 1_000].flatMap((megabytes) =>
      names.map((name) => ({
        name: `PNG ${name} of ${megabytes} MB`,
        bytes: async () => withChunks(await png(), ...of(megabytes, name)),
        right: anythingInOrder,
      })),
    ),
    {
      name: 'PNG with 200 zTXt of 5 MB',
      bytes: async () => withChunks(await png(), ...Array.from({ length: 200 }, () => of(5, 'zTXt')).flat()),
      right: anythingInOrder,
    },
    {
      name: 'PNG with 20 000 small texts',
      bytes: async () => {
        const text = pngChunk('tEXt', Buffer.from('Comment\0nothing'));
        return withChunks(await png(), ...Array.from({ length: 20_000 }, () => text));
      },
      right: anythingInOrder,
    },
    {
      name: 'PNG eXIf of 10 MB',
      bytes: async () => withChunks(await png(), pngChunk('eXIf', Buffer.alloc(10 * megabyte))),
      right: anythingInOrder,
    },
    {
      name: 'PNG IDAT with 500 MB too much',
      bytes: async () => withChunks(await png(), pngChunk('IDAT', deflatedZeros(500 * megabyte))),
      right: anythingInOrder,
    },
  ];
}

function deflateTiff(name: string, width: number, height: number, rowsPerStrip: number, samples = 3): HostileFile {
  return {
    name: `TIFF ${name}`,
    bytes: () => {
      const strip = deflatedZeros(width * rowsPerStrip * samples);
      const strips = Math.ceil(height / rowsPerStrip);
      return plainTiff(width, height, strip, {
        compression: 8,
        photometric: samples === 3 ? 2 : 1,
        samplesPerPixel: samples,
        bitsPerSample: Array.from({ length: samples }, () => 8),
        rowsPerStrip,
        stripOffsets: Array.from({ length: strips }, () => tiffDataAt),
        stripByteCounts: Array.from({ length: strips }, () => strip.length),
      });
    },
    right: ['passes', 'too_many_pixels', 'corrupt_image'],
    isSlow: true,
  };
}

function tiledTiff(width: number, height: number, tile: number): HostileFile {
  return {
    name: `TIFF ${width} × ${height} in tiles of ${tile}², all the same bytes`,
    bytes: () => {
      const data = deflatedZeros(tile * tile * 3);
      const tiles = Math.ceil(width / tile) * Math.ceil(height / tile);
      const entries = tiffEntries({
        width,
        height,
        bitsPerSample: [8, 8, 8],
        compression: 8,
        photometric: 2,
        samplesPerPixel: 3,
        tileWidth: tile,
        tileHeight: tile,
        tileOffsets: Array.from({ length: tiles }, () => tiffDataAt),
        tileByteCounts: Array.from({ length: tiles }, () => data.length),
      });
      return tiffOf(entries, { data });
    },
    right: ['passes', 'too_many_pixels', 'corrupt_image'],
    isSlow: true,
  };
}

export function decompressionBombs(bases: Bases): FileClass {
  return {
    name: 'decompression bombs',
    cases: [
      ...pngBombs(bases),
      deflateTiff('9900² deflated in one strip', 9_900, 9_900, 9_900),
      deflateTiff('9900² deflated in strips of 1000 rows', 9_900, 9_900, 1_000),
      deflateTiff('100 × 1 000 000 deflated', 100, 1_000_000, 1_000),
      tiledTiff(9_984, 9_984, 4_992),
      tiledTiff(64, 64, 8_192),
    ],
  };
}
