/** TIFF can say nearly everything: loops, odd compressions, odd samples, huge tiles. */
import { plainTiff, type TiffTag, tiffDataAt, tiffDirectoryAt, tiffEntries, tiffOf, tiffTypes } from '../bytes/tiff.ts';
import { anythingInOrder, type FileClass, type HostileFile } from './hostile-file.ts';

const side = 16;
const data = Buffer.from(Array.from({ length: side * side * 4 }, (_, i) => (i * 37) & 255));
const own = tiffDirectoryAt(data);

type Different = Partial<Record<TiffTag, number | number[]>>;

function tiff(name: string, different: Different, right = anythingInOrder): HostileFile {
  return { name: `TIFF ${name}`, bytes: () => plainTiff(side, side, data, different), right };
}

/** A plain picture whose strip begins where `tiffOf` puts its data. */
const entries = tiffEntries({
  width: side,
  height: side,
  bitsPerSample: 8,
  compression: 1,
  photometric: 1,
  stripOffsets: tiffDataAt,
  stripByteCounts: data.length,
});

/** As registered, and two that nobody has (TIFF 6.0 section 8, libtiff's tiff.h). */
const compressions = [
  2, 3, 4, 5, 6, 7, 8, 32_766, 32_773, 32_809, 32_946, 34_676, 34_712, 34_925, 50_000, 50_001, 0, 9_999,
];

function loops(): HostileFile[] {
  const of = (name: string, bytes: () => Buffer): HostileFile => ({
    name: `TIFF ${name}`,
    bytes,
    right: anythingInOrder,
  });
  return [
    of('whose next directory is itself', () => plainTiff(side, side, data, {}, { next: own })),
    of('whose next directory is in the data', () => plainTiff(side, side, data, {}, { next: tiffDataAt })),
    of('whose next directory is beyond the end', () => plainTiff(side, side, data, {}, { next: 0xffff_fff0 })),
    of('whose subdirectory is itself', () => plainTiff(side, side, data, { subDirectories: own })),
    of('whose EXIF is itself', () => plainTiff(side, side, data, { exif: own, gps: own })),
    of('whose directory is beyond the end', () => {
      const bytes = plainTiff(side, side, data);
      bytes.writeUInt32LE(0xffff_0000, 4);
      return bytes;
    }),
    of('whose directory is its header', () => {
      const bytes = plainTiff(side, side, data);
      bytes.writeUInt32LE(0, 4);
      return bytes;
    }),
    of('with entries of 2³²−1 values', () =>
      tiffOf([
        ...tiffEntries({ width: side, height: side, compression: 1, photometric: 1 }),
        { tag: 273, type: tiffTypes.long, value: 8, count: 0xffff_ffff, at: 8 },
        { tag: 279, type: tiffTypes.long, value: 8, count: 0xffff_ffff, at: 8 },
      ]),
    ),
    of('with an entry twice', () => tiffOf([...entries, ...entries], { data })),
    of('with unknown types', () =>
      tiffOf([...tiffEntries({ width: side, height: side }), { tag: 700, type: 99, value: 1 }], { data }),
    ),
    of('with an XMP of 4 GB', () =>
      tiffOf([...entries, { tag: 700, type: tiffTypes.byte, value: 0, count: 0xffff_ffff, at: 8 }], { data }),
    ),
    of('big-endian and empty', () => Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0])),
    of('BigTIFF with a directory of 2⁶³ entries', () => {
      const bytes = Buffer.alloc(64, 255);
      bytes.set([0x49, 0x49, 43, 0, 8, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]);
      return bytes;
    }),
  ];
}

function tiles(): HostileFile[] {
  return [
    [2_147_483_632, 2_147_483_632],
    [65_536, 65_536],
    [16, 1_000_000_000],
    [0, 0],
    [7, 13],
  ].map(([tileWidth = 0, tileHeight = 0]) => ({
    name: `TIFF in tiles of ${tileWidth} × ${tileHeight}`,
    bytes: () =>
      tiffOf(
        tiffEntries({
          width: side,
          height: side,
          bitsPerSample: 8,
          compression: 1,
          photometric: 1,
          samplesPerPixel: 1,
          tileWidth,
          tileHeight,
          tileOffsets: tiffDataAt,
          tileByteCounts: data.length,
        }),
        { data },
      ),
    right: anythingInOrder,
  }));
}

export function tiffTricks(): FileClass {
  return {
    name: 'TIFF tricks',
    cases: [
      ...loops(),
      ...tiles(),
      ...compressions.map((compression) => tiff(`of compression ${compression}`, { compression })),
      ...[1, 2, 3, 4, 5, 6].flatMap((sampleFormat) =>
        [16, 32, 64].map((bits) =>
          tiff(`of ${bits} bits, sample format ${sampleFormat}`, { sampleFormat, bitsPerSample: bits }),
        ),
      ),
      ...[0, 1, 2, 7, 12, 24, 128, 65_535].map((bits) => tiff(`of ${bits} bits`, { bitsPerSample: bits })),
      ...[0, 2, 3, 5, 65_535].map((samples) => tiff(`of ${samples} samples`, { samplesPerPixel: samples })),
      ...[0, 2, 3, 4, 5, 6, 8, 9, 10, 32_844, 32_845, 9_999].map((photometric) =>
        tiff(`of photometric ${photometric}`, { photometric }),
      ),
      tiff('of no width', { width: 0 }),
      tiff('of no height', { height: 0 }),
      tiff('with strips of 2³²−1 rows', { rowsPerStrip: 4_294_967_295 }),
      tiff('with strips of 0 rows', { rowsPerStrip: 0 }),
      tiff('with strips of 4 GB', { stripByteCounts: 4_294_967_295 }),
      tiff('with strips beyond the end', { stripOffsets: 4_000_000_000 }),
      tiff('of separate planes', { planar: 2, samplesPerPixel: 3, photometric: 2 }),
      tiff('of planes of kind 9', { planar: 9 }),
      tiff('of predictor 3', { predictor: 3, compression: 8 }),
      tiff('of orientation 9', { orientation: 9 }),
      tiff('of orientation 255', { orientation: 255 }),
    ],
  };
}
