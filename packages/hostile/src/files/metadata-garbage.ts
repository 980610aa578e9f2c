/** Metadata that loops, swells or lies, in pictures that are whole: they pass, and none of it comes out again. */
import type { Bases } from '../bytes/bases.ts';
import {
  billionLaughs,
  exifOf,
  exifSegment,
  iccSegments,
  iptcSegment,
  marker,
  plainXmp,
  xmpSegment,
} from '../bytes/exif.ts';
import { jpegSegment, withSegments } from '../bytes/jpeg.ts';
import { type PngChunk, pngChunk, withChunks } from '../bytes/png.ts';
import { type RiffChunk, riffChunk, riffChunksOf, webpCanvas, webpFlags, webpOf } from '../bytes/riff.ts';
import { plainTiff, tiffOf, tiffTags, tiffTypes } from '../bytes/tiff.ts';
import { anythingInOrder, type FileClass, type HostileFile } from './hostile-file.ts';

const megabyte = 2 ** 20;
const passes: HostileFile['right'] = ['passes'];
const outputs = ['jpeg', 'webp', 'png', 'avif'] as const;

/** A profile with a proper length and signature, and the marker for the rest. */
function profileOf(bytes: number): Buffer {
  const profile = Buffer.alloc(bytes, marker);
  profile.writeUInt32BE(bytes, 0);
  profile.write('acsp', 36, 'latin1');
  return profile;
}

/** Directories that lead back to themselves. */
const loopingExif = () => {
  const entries = [
    { tag: tiffTags.exif, type: tiffTypes.long, value: 8 },
    { tag: tiffTags.gps, type: tiffTypes.long, value: 8 },
  ];
  return tiffOf(entries, { next: 8 });
};

const exifs: readonly [string, () => Buffer][] = [
  ['that leads back to itself', loopingExif],
  ['of entries without end', () => tiffOf([], { claimedEntries: 65_535 })],
  [
    'with values beyond its end',
    () => tiffOf([{ tag: 271, type: tiffTypes.ascii, value: 0, count: 0xffff_ffff, at: 0xffff_ff00 }]),
  ],
  ['of 60 kB of rubbish', () => Buffer.alloc(60_000, 'rubbish')],
  ['that is empty', () => Buffer.alloc(0)],
  ['with an orientation of kind BYTE', () => exifOf(6, tiffTypes.byte)],
  ['with an orientation of kind ASCII', () => exifOf(6, tiffTypes.ascii)],
];

function jpegs({ jpeg }: Bases): HostileFile[] {
  const of = (name: string, right: HostileFile['right'], ...segments: (() => ReturnType<typeof jpegSegment>[])[]) => ({
    name: `JPEG ${name}`,
    bytes: async () => withSegments(await jpeg(), ...segments.flatMap((make) => make())),
    right,
  });
  return [
    ...exifs.map(([name, make]) => of(`with EXIF ${name}`, passes, () => [exifSegment(make())])),
    ...[0, 9, 255, 65_535].map((value) => of(`of orientation ${value}`, passes, () => [exifSegment(exifOf(value))])),
    ...outputs.map((format) => ({
      ...of(`with EXIF, ICC, IPTC and XMP, made ${format}`, passes, () => [
        exifSegment(exifOf(6)),
        ...iccSegments(profileOf(3_000)),
        iptcSegment(marker),
        xmpSegment(plainXmp),
      ]),
      fields: { format },
    })),
    of('with 15 MB of ICC', passes, () => iccSegments(profileOf(15 * megabyte))),
    of('with an XMP that laughs a billion times', passes, () => [xmpSegment(billionLaughs)]),
    of('with 200 EXIF', passes, () => Array.from({ length: 200 }, (_, i) => exifSegment(exifOf(i)))),
    of('with an Adobe segment of an unknown transformation', anythingInOrder, () => [
      jpegSegment(0xee, Buffer.concat([Buffer.from('Adobe'), Buffer.from([0, 100, 0, 0, 0, 0, 99])])),
    ]),
    of('with ICC parts that are missing', passes, () => iccSegments(profileOf(200_000)).slice(1)),
  ];
}

function pngs({ png }: Bases): HostileFile[] {
  const text = (keyword: string, value: string) =>
    pngChunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`), Buffer.from(value)]));
  const cases: readonly [string, PngChunk[]][] = [
    ['that leads back to itself as EXIF', [pngChunk('eXIf', loopingExif())]],
    ['with EXIF and a comment', [pngChunk('eXIf', exifOf(8)), pngChunk('tEXt', Buffer.from(`Author\0${marker}`))]],
    ['with an XMP that laughs a billion times', [text('XML:com.adobe.xmp', billionLaughs)]],
    ['with plain XMP', [text('XML:com.adobe.xmp', plainXmp)]],
    ['with a gamma of 0', [pngChunk('gAMA', Buffer.alloc(4))]],
    ['with a gamma of 2³²−1', [pngChunk('gAMA', Buffer.alloc(4, 255))]],
    ['of 4 million dots per metre', [pngChunk('pHYs', Buffer.alloc(9, 255))]],
  ];
  return cases.map(([name, chunks]) => ({
    name: `PNG ${name}`,
    bytes: async () => withChunks(await png(), ...chunks),
    right: passes,
  }));
}

function webps({ webp }: Bases): HostileFile[] {
  const cases: readonly [string, number, () => RiffChunk[]][] = [
    ['with 20 MB of ICC', webpFlags.icc, () => [riffChunk('ICCP', profileOf(20 * megabyte))]],
    ['with EXIF that leads back to itself', webpFlags.exif, () => [riffChunk('EXIF', loopingExif())]],
    [
      'with EXIF and XMP',
      webpFlags.exif | webpFlags.xmp,
      () => [riffChunk('EXIF', exifOf(6)), riffChunk('XMP ', Buffer.from(billionLaughs))],
    ],
  ];
  return cases.map(([name, flags, make]) => ({
    name: `WebP ${name}`,
    bytes: async () => {
      const added = make();
      const before = added.filter(({ type }) => type === 'ICCP');
      const after = added.filter(({ type }) => type !== 'ICCP');
      return webpOf([webpCanvas(flags, 160, 120), ...before, ...riffChunksOf(await webp()), ...after]);
    },
    right: passes,
  }));
}

export function metadataGarbage(bases: Bases): FileClass {
  return {
    name: 'metadata garbage',
    cases: [
      ...jpegs(bases),
      ...pngs(bases),
      ...webps(bases),
      {
        name: 'TIFF with EXIF that leads nowhere',
        bytes: () => plainTiff(16, 16, Buffer.alloc(256, 99), { exif: 0xffff_0000 }),
        right: passes,
      },
    ],
  };
}
