/** As many parts as fit into the largest upload: whoever counts or skips them one by one holds the loop for as long. */
import type { Bases } from '../bytes/bases.ts';
import { box, boxesOf, bytesOfBoxes } from '../bytes/boxes.ts';
import { gifComment, gifFrame, gifHeader, gifTrailer } from '../bytes/gif.ts';
import { jpegOf, jpegSegment, segmentsOf, upToFirstScan } from '../bytes/jpeg.ts';
import { chunksOf, pngChunk, pngChunkBytes, pngOf } from '../bytes/png.ts';
import { riffChunk, webpOf } from '../bytes/riff.ts';
import { plainTiff, tiffDirectoryAt } from '../bytes/tiff.ts';
import { anythingInOrder, type FileClass, type HostileFile } from './hostile-file.ts';

/** As large as an upload and a source may be unless an operator says otherwise. */
const largestBytes = 25 * 2 ** 20;

/** The largest file that begins and ends like this and repeats one thing in between. */
function filled(head: Buffer, repeated: Uint8Array, tail: Buffer = Buffer.alloc(0), bytes = largestBytes): Buffer {
  const times = Math.floor((bytes - head.length - tail.length) / repeated.length);
  return Buffer.concat([head, Buffer.alloc(times * repeated.length, repeated), tail]);
}

const byUrl = { isFetched: true } as const;

type Row = readonly [name: string, bytes: HostileFile['bytes'], rest?: Partial<HostileFile>];

const fill = [0xff, 0xff];
const stuffed = [0xff, 0x00];
const restarts = Array.from({ length: 8 }, (_, i) => [0xff, 0xd0 + i]).flat();
const end = Buffer.from([0xff, 0xd9]);

/** One segment with as many empty Huffman tables as its length allows. */
const emptyTables = () => {
  const tables = Array.from({ length: 3_854 }, (_, i) => [i % 2 === 0 ? 0x03 : 0x13, ...new Array(16).fill(0)]);
  return jpegSegment(0xc4, Buffer.from(tables.flat()));
};

function jpegs({ jpeg, progressiveJpeg }: Bases): Row[] {
  const scan =
    (pattern: readonly number[], base = progressiveJpeg, bytes = largestBytes) =>
    async () =>
      filled(upToFirstScan(await base()), Uint8Array.from(pattern), end, bytes);
  const withTables = async (count: number, base: Bases['jpeg']) => {
    const segments = segmentsOf(await base());
    return jpegOf([...Array.from({ length: count }, emptyTables), ...segments]);
  };
  const smallTable = jpegSegment(0xc4, Buffer.from([0x13, ...new Array(16).fill(0)]));
  return [
    ['progressive JPEG whose scan is 5 MB of ff ff', scan(fill, progressiveJpeg, 5e6)],
    ['progressive JPEG whose scan is all ff ff', scan(fill)],
    ['progressive JPEG whose scan is 24 MB of ff ff, by URL', scan(fill, progressiveJpeg, 24e6), byUrl],
    ['progressive JPEG whose scan is 5 MB of ff 00', scan(stuffed, progressiveJpeg, 5e6)],
    ['progressive JPEG whose scan is all ff 00', scan(stuffed)],
    ['progressive JPEG whose scan is all restarts', scan(restarts)],
    [
      'progressive JPEG and ff 00 behind its end',
      async () => filled(await progressiveJpeg(), Uint8Array.from(stuffed)),
    ],
    ['JPEG whose scan is all ff ff', scan(fill, jpeg)],
    ['JPEG whose scan is all ff 00', scan(stuffed, jpeg)],
    ['JPEG whose scan is all restarts', scan(restarts, jpeg)],
    [
      'JPEG with ff before a segment',
      async () => {
        const rest = (await jpeg()).subarray(2);
        return filled(Buffer.from([0xff, 0xd8]), Buffer.from([0xff]), rest, largestBytes);
      },
    ],
    ['JPEG of 380 segments of Huffman tables', () => withTables(380, jpeg)],
    ['progressive JPEG of 380 segments of Huffman tables', () => withTables(380, progressiveJpeg)],
    [
      'JPEG of 50 000 small Huffman tables',
      async () => jpegOf([...Array.from({ length: 50_000 }, () => smallTable), ...segmentsOf(await jpeg())]),
    ],
  ];
}

function pngs({ png }: Bases): Row[] {
  const emptyData = pngChunkBytes(pngChunk('IDAT'));
  const around = async () => {
    const chunks = chunksOf(await png());
    const [before, after] = [chunks.slice(0, 1), chunks.slice(1)];
    return { before: pngOf(before), after: pngOf(after).subarray(8) };
  };
  return [
    [
      'PNG of two million empty IDAT',
      async () => {
        const { before, after } = await around();
        return filled(before, emptyData, after);
      },
    ],
    [
      'PNG of two million empty IDAT and no other',
      async () => {
        const { before } = await around();
        return filled(before, emptyData, pngChunkBytes(pngChunk('IEND')));
      },
    ],
    ['PNG and empty IDAT behind its end', async () => filled(await png(), emptyData)],
    [
      'PNG of IDAT of a byte each',
      async () =>
        pngOf(
          chunksOf(await png()).flatMap((chunk) =>
            chunk.type === 'IDAT' ? [...chunk.data].map((byte) => pngChunk('IDAT', Uint8Array.of(byte))) : [chunk],
          ),
        ),
    ],
  ];
}

function webps({ webp }: Bases): Row[] {
  const head = (bytes: number) => {
    const riff = Buffer.from('RIFF....WEBP');
    riff.writeUInt32LE(bytes - 8, 4);
    return riff;
  };
  const of = (type: string) => async () => {
    const chunks = (await webp()).subarray(12);
    return filled(head(largestBytes), riffBytesOf(type), chunks);
  };
  return [
    ['WebP of three million empty chunks', of('JUNK')],
    ['WebP of three million empty frames', of('ANMF')],
  ];
}

const riffBytesOf = (type: string) => webpOf([riffChunk(type)]).subarray(12);

function avifs({ avif }: Bases): Row[] {
  const emptyBox = bytesOfBoxes([box('free', Buffer.alloc(0))]);
  return [
    [
      'AVIF of three million empty boxes, then its own',
      async () => {
        const [brand, ...rest] = boxesOf(await avif());
        return filled(bytesOfBoxes(brand === undefined ? [] : [brand]), emptyBox, bytesOfBoxes(rest));
      },
    ],
    [
      'AVIF of three million empty boxes and no other',
      async () => filled(bytesOfBoxes(boxesOf(await avif()).slice(0, 1)), emptyBox),
    ],
    [
      'AVIF of 500 000 empty boxes within meta',
      async () => {
        const boxes = boxesOf(await avif()).map((one) => {
          if (one.type !== 'meta') return one;
          const empty = Array.from({ length: 500_000 }, () => box('free', Buffer.alloc(0)));
          return { ...one, children: [...(one.children ?? []), ...empty] };
        });
        return bytesOfBoxes(boxes);
      },
    ],
  ];
}

/** Directories are looked for in rings elsewhere; here they are as many, or as wide, as a file can hold. */
function tiffs(): Row[] {
  const pixels = Buffer.alloc(64);
  const at = tiffDirectoryAt(pixels);
  return [
    [
      'TIFF of two directories that name each other',
      () => {
        const first = plainTiff(8, 8, pixels);
        const directory = Buffer.from(first.subarray(at));
        first.writeUInt32LE(first.length, first.length - 4);
        directory.writeUInt32LE(at, directory.length - 4);
        return Buffer.concat([first, directory]);
      },
    ],
    [
      'TIFF of three million strips of a row each',
      () => {
        const strips = 3_000_000;
        const same = (value: number) => Array.from({ length: strips }, () => value);
        const counts = { rowsPerStrip: 1, stripOffsets: same(8), stripByteCounts: same(8) };
        return plainTiff(8, strips, pixels, counts);
      },
    ],
  ];
}

function gifs(): Row[] {
  const head = gifHeader({ width: 10, height: 10 });
  const last = Buffer.concat([gifFrame(1, 1), gifTrailer]);
  return [
    ['GIF of five million comments of a letter', () => filled(head, gifComment('x'), last)],
    [
      'GIF of a comment of 13 million blocks',
      () =>
        filled(
          Buffer.concat([head, Buffer.from([0x21, 0xfe])]),
          Buffer.from([1, 1]),
          Buffer.concat([Buffer.from([0]), last]),
        ),
    ],
    [
      'GIF of 200 000 frames, then a comment of all that is left',
      () => {
        const frames = Buffer.alloc(200_000 * gifFrame(1, 1).length, gifFrame(1, 1));
        return filled(
          Buffer.concat([head, frames, Buffer.from([0x21, 0xfe])]),
          Buffer.from([1, 1]),
          Buffer.concat([Buffer.from([0]), last]),
        );
      },
    ],
  ];
}

/** One at a time, so that what the loop was held by has a name. */
export function manyParts(bases: Bases): FileClass {
  const rows = [...jpegs(bases), ...pngs(bases), ...webps(bases), ...avifs(bases), ...tiffs(), ...gifs()];
  return {
    name: 'very many parts',
    atOnce: 1,
    cases: rows.map(([name, bytes, rest]) => ({ name, bytes, right: anythingInOrder, isSlow: true, ...rest })),
  };
}
