/** Structures that contradict themselves: sizes, orders, ends, tables. */
import type { Bases } from '../bytes/bases.ts';
import { gifClearCodes, gifFrame, gifHeader, gifTrailer } from '../bytes/gif.ts';
import {
  changeSegments,
  isFrameHeader,
  type JpegSegment,
  jpegOf,
  jpegSegment,
  segmentsOf,
  withJpegSize,
  withSegments,
} from '../bytes/jpeg.ts';
import { chunksOf, type PngChunk, pngChunk, pngChunkBytes, pngOf, withChanged, withChunks } from '../bytes/png.ts';
import { riffChunksOf, webpCanvas, webpFlags, webpOf } from '../bytes/riff.ts';
import { anythingInOrder, type FileClass, type HostileFile, refusedAsCorrupt } from './hostile-file.ts';

type Change = readonly [name: string, change: (base: Buffer) => Buffer, right?: HostileFile['right']];

const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);
const garbage = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 151 + 89) & 255));

function changed(format: string, base: () => Promise<Buffer>, changes: readonly Change[]): HostileFile[] {
  return changes.map(([name, change, right = anythingInOrder]) => ({
    name: `${format} ${name}`,
    bytes: async () => change(await base()),
    right,
  }));
}

/** The segments with some of them changed. */
function onSegments(change: (segments: JpegSegment[]) => JpegSegment[], end?: Buffer) {
  return (jpeg: Buffer) => jpegOf(change(segmentsOf(jpeg)), end);
}

const isTable = (marker: number) => (one: JpegSegment) => one.marker === marker;

const jpegChanges: readonly Change[] = [
  ['without EOI', onSegments((all) => all, Buffer.alloc(0))],
  // A height of 0 says that the height is told behind the pixels (ITU T.81, DNL).
  ['of 0 × 0', (jpeg) => withJpegSize(jpeg, 0, 0), ['unsupported_format']],
  ['of height 0', (jpeg) => withJpegSize(jpeg, 160, 0), ['unsupported_format']],
  ['with SOF twice', onSegments((all) => all.flatMap((one) => (isFrameHeader(one.marker) ? [one, one] : [one])))],
  [
    'with two different SOF',
    (jpeg) => {
      const second = segmentsOf(withJpegSize(jpeg, 60_000, 60_000)).filter(({ marker }) => isFrameHeader(marker));
      return onSegments((all) => all.flatMap((one) => (one.marker === 0xda ? [...second, one] : [one])))(jpeg);
    },
  ],
  ['without Huffman tables', onSegments((all) => all.filter((one) => !isTable(0xc4)(one)))],
  ['without quantisation tables', onSegments((all) => all.filter((one) => !isTable(0xdb)(one))), refusedAsCorrupt],
  [
    'with garbage as Huffman tables',
    (jpeg) =>
      changeSegments(
        jpeg,
        (marker) => marker === 0xc4,
        (bytes) => void garbage(bytes.length).copy(bytes, 2, 2),
      ),
  ],
  [
    'with garbage as quantisation tables',
    (jpeg) =>
      changeSegments(
        jpeg,
        (marker) => marker === 0xdb,
        (bytes) => void garbage(bytes.length).copy(bytes, 2, 2),
      ),
  ],
  [
    'with 10 000 Huffman tables',
    onSegments((all) => [...times(10_000, all.find(isTable(0xc4))).flatMap((one) => one ?? []), ...all]),
  ],
  ['with a restart interval of 65535', (jpeg) => withSegments(jpeg, jpegSegment(0xdd, Buffer.from([255, 255])))],
  ['with a restart interval of 1', (jpeg) => withSegments(jpeg, jpegSegment(0xdd, Buffer.from([0, 1])))],
  ['of 255 components', (jpeg) => changeSegments(jpeg, isFrameHeader, (bytes) => void bytes.writeUInt8(255, 7))],
  [
    'with sampling factors of 15',
    (jpeg) => changeSegments(jpeg, isFrameHeader, (bytes) => void bytes.writeUInt8(255, 9)),
  ],
  ['of 12 bits', (jpeg) => changeSegments(jpeg, isFrameHeader, (bytes) => void bytes.writeUInt8(12, 2))],
  [
    'said to be arithmetic',
    onSegments((all) => all.map((one) => (isFrameHeader(one.marker) ? { ...one, marker: 0xc9 } : one))),
  ],
  [
    'said to be lossless',
    onSegments((all) => all.map((one) => (isFrameHeader(one.marker) ? { ...one, marker: 0xc3 } : one))),
  ],
  [
    'whose scan is 2000 scans',
    onSegments((all) => [...all, ...times(2_000, all.find(isTable(0xda))).flatMap((one) => one ?? [])]),
  ],
  [
    'with a segment that is longer than the file',
    (jpeg) => Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe0, 0xff, 0xff]), jpeg.subarray(2, 300)]),
  ],
  ['with 60 000 empty comments', (jpeg) => withSegments(jpeg, ...times(60_000, jpegSegment(0xfe, Buffer.alloc(0))))],
  [
    'of a million fill bytes',
    (jpeg) => Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(1_000_000, 0xff), jpeg.subarray(3)]),
  ],
];

const progressiveChanges: readonly Change[] = [
  [
    'with 3000 scans',
    onSegments((all) => [...all, ...times(3_000, all.findLast(isTable(0xda))).flatMap((one) => one ?? [])]),
  ],
  [
    'of 4000² with 90 scans',
    (jpeg) =>
      onSegments((all) => [...all, ...times(80, all.findLast(isTable(0xda))).flatMap((one) => one ?? [])])(
        withJpegSize(jpeg, 4_000, 4_000),
      ),
  ],
];

const reorder = (order: (chunks: PngChunk[]) => PngChunk[]) => (png: Buffer) => pngOf(order(chunksOf(png)));
const inHeader = (change: (data: Buffer) => void) => (png: Buffer) =>
  withChanged(png, 'IHDR', (data) => {
    const copy = Buffer.from(data);
    change(copy);
    return copy;
  });

const pngChanges: readonly Change[] = [
  ['without IEND', reorder((all) => all.filter(({ type }) => type !== 'IEND'))],
  ['without IDAT', reorder((all) => all.filter(({ type }) => type !== 'IDAT')), refusedAsCorrupt],
  ['with IEND first', reorder((all) => [pngChunk('IEND'), ...all]), refusedAsCorrupt],
  ['with IDAT before IHDR', reorder((all) => all.toReversed()), refusedAsCorrupt],
  ['with IHDR twice', reorder(([header, ...rest]) => (header ? [header, header, ...rest] : rest))],
  [
    'with two different IHDR',
    reorder(([header, ...rest]) => (header ? [header, { ...header, data: Buffer.alloc(13, 1) }, ...rest] : rest)),
  ],
  ['with an unknown critical chunk', (png) => withChunks(png, pngChunk('ABCD', garbage(100)))],
  [
    'with a chunk of 2³¹ bytes',
    (png) => {
      const lying = pngChunkBytes(pngChunk('tEXt', Buffer.from('a\0b')));
      lying.writeUInt32BE(0x8000_0000, 0);
      return Buffer.concat([png.subarray(0, 33), lying, png.subarray(33)]);
    },
  ],
  [
    'with wrong checksums',
    (png) => {
      const wrong = Buffer.from(png);
      wrong.writeUInt32BE(0xdeadbeef, 29);
      return wrong;
    },
    refusedAsCorrupt,
  ],
  ['of 0 × 0', inHeader((data) => void data.fill(0, 0, 8)), refusedAsCorrupt],
  ['of colour type 5', inHeader((data) => void data.writeUInt8(5, 9)), refusedAsCorrupt],
  ['of 3 bits', inHeader((data) => void data.writeUInt8(3, 8)), refusedAsCorrupt],
  ['of compression 1', inHeader((data) => void data.writeUInt8(1, 10)), refusedAsCorrupt],
  ['of interlace 7', inHeader((data) => void data.writeUInt8(7, 12)), refusedAsCorrupt],
  ['said to have a palette', inHeader((data) => void data.writeUInt8(3, 9)), refusedAsCorrupt],
  ['with garbage as data', (png) => withChanged(png, 'IDAT', () => garbage(5_000)), refusedAsCorrupt],
  ['with empty data', (png) => withChanged(png, 'IDAT', () => Buffer.alloc(0)), refusedAsCorrupt],
  ['with 50 000 empty IDAT', (png) => withChunks(png, ...times(50_000, pngChunk('IDAT')))],
  ['with a text behind IEND', (png) => Buffer.concat([png, garbage(100_000)])],
];

const palettePngChanges: readonly Change[] = [
  ['without its palette', reorder((all) => all.filter(({ type }) => type !== 'PLTE')), refusedAsCorrupt],
  ['with a palette of one colour', (png) => withChanged(png, 'PLTE', (data) => data.subarray(0, 3))],
  ['with a palette of 4 bytes', (png) => withChanged(png, 'PLTE', (data) => data.subarray(0, 4))],
  [
    'with more transparency than colours',
    (png) => {
      const chunks = chunksOf(png);
      const at = chunks.findIndex(({ type }) => type === 'IDAT');
      return pngOf(chunks.toSpliced(at, 0, pngChunk('tRNS', Buffer.alloc(1_000))));
    },
  ],
];

const webpChanges: readonly Change[] = [
  ['with a RIFF size of 0', (webp) => webpOf(riffChunksOf(webp), 0), refusedAsCorrupt],
  ['with a RIFF size of 2³²−1', (webp) => webpOf(riffChunksOf(webp), 0xffff_ffff)],
  ['with a RIFF size that is too small', (webp) => webpOf(riffChunksOf(webp), 30), refusedAsCorrupt],
  [
    'with a chunk of 2³²−1 bytes',
    (webp) => {
      const lying = Buffer.from(webp);
      lying.writeUInt32LE(0xffff_ffff, 16);
      return lying;
    },
    refusedAsCorrupt,
  ],
  ['that promises what is not there', (webp) => webpOf([webpCanvas(0xff, 160, 120), ...riffChunksOf(webp)])],
  [
    'said to be animated without a frame',
    (webp) => webpOf([webpCanvas(webpFlags.animation, 160, 120), ...riffChunksOf(webp)]),
  ],
  [
    'with 100 000 unknown chunks',
    (webp) =>
      webpOf([
        webpCanvas(0, 160, 120),
        ...times(100_000, { type: 'ABCD', data: Buffer.alloc(0) }),
        ...riffChunksOf(webp),
      ]),
  ],
  [
    'with alpha that is garbage',
    (webp) =>
      webpOf([webpCanvas(webpFlags.alpha, 160, 120), { type: 'ALPH', data: garbage(50) }, ...riffChunksOf(webp)]),
  ],
  ['without any picture', () => webpOf([webpCanvas(0, 160, 120)]), refusedAsCorrupt],
];

function gifCases(): HostileFile[] {
  const of = (name: string, parts: readonly Uint8Array[], right: HostileFile['right'] = anythingInOrder) => ({
    name: `GIF ${name}`,
    bytes: () => Buffer.concat(parts),
    right,
  });
  const header = gifHeader({ width: 100, height: 100 });
  return [
    of('without a frame', [header, gifTrailer], refusedAsCorrupt),
    of('without a trailer', [header, gifFrame(1, 1)]),
    of('of 0 × 0', [gifHeader({ width: 0, height: 0 }), gifFrame(0, 0), gifTrailer]),
    of('whose frame lies outside', [header, gifFrame(10, 10, undefined, 60_000, 60_000), gifTrailer]),
    of('with LZW codes of 200 bits', [header, gifFrame(10, 10, [200, 1, 255, 0]), gifTrailer]),
    of('with LZW that only says clear', [header, gifFrame(100, 100, gifClearCodes(50)), gifTrailer]),
    of('with an unknown block', [header, Buffer.from([0x99, 1, 2, 3]), gifFrame(1, 1), gifTrailer]),
    of('whose extension never ends', [header, Buffer.from([0x21, 0xff]), Buffer.alloc(100_000, 255)]),
  ];
}

export function lyingHeaders(bases: Bases): FileClass {
  return {
    name: 'lying headers',
    cases: [
      ...changed('JPEG', bases.jpeg, jpegChanges),
      ...changed('progressive JPEG', bases.progressiveJpeg, progressiveChanges),
      ...changed('PNG', bases.png, pngChanges),
      ...changed('palette PNG', bases.palettePng, palettePngChanges),
      ...changed('WebP', bases.webp, webpChanges),
      ...gifCases(),
    ],
  };
}
