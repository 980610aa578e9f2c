/** What chance or malice does to a JPEG: to its bits, its segments, its markers, its tables, its end. */
import { type JpegSegment, jpegOf, segmentsOf } from '../bytes/jpeg.ts';

/** A whole number below a bound. */
type Below = (bound: number) => number;
type Mutation = (jpeg: Buffer, below: Below) => Buffer;

const huffman = 0xc4;
const quantisation = 0xdb;
const startOfScan = 0xda;

/** Mostly where the structure is; elsewhere one bit spoils all that follows. */
function flipBits(jpeg: Buffer, below: Below): Buffer {
  const bytes = Buffer.from(jpeg);
  for (let flips = 1 + below(4); flips > 0; flips -= 1) {
    const at = 2 + below((below(3) === 0 ? bytes.length : Math.min(700, bytes.length)) - 2);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
  }
  return bytes;
}

function editBytes(jpeg: Buffer, below: Below): Buffer {
  const bytes = Buffer.from(jpeg);
  for (let edits = 1 + below(3); edits > 0; edits -= 1) {
    bytes[2 + below(Math.min(below(2) === 0 ? 700 : bytes.length, bytes.length) - 2)] = below(256);
  }
  return bytes;
}

const changed = (jpeg: Buffer, change: (segments: JpegSegment[]) => JpegSegment[]) => jpegOf(change(segmentsOf(jpeg)));

const removeSegment: Mutation = (jpeg, below) =>
  changed(jpeg, (segments) => segments.filter((_, at, { length }) => at !== below(length)));

const repeatSegment: Mutation = (jpeg, below) =>
  changed(jpeg, (segments) => {
    const one = segments[below(segments.length)];
    return one ? segments.toSpliced(below(segments.length + 1), 0, one) : segments;
  });

const editMarker: Mutation = (jpeg, below) =>
  changed(jpeg, (segments) => {
    const at = below(segments.length);
    return segments.map((one, index) => (index === at ? { ...one, marker: 0xc0 + below(64) } : one));
  });

/** A byte of a table, of the frame, or of the head of a scan. */
const editTable: Mutation = (jpeg, below) =>
  changed(jpeg, (segments) => {
    const isTable = ({ marker }: JpegSegment) =>
      marker === huffman || marker === quantisation || marker === startOfScan || (marker & 0xf0) === 0xc0;
    const tables = segments.filter(isTable);
    const one = tables[below(tables.length)];
    return segments.map((segment) => {
      if (segment !== one) return segment;
      const bytes = Buffer.from(segment.bytes);
      const headBytes = segment.marker === startOfScan ? Math.min(14, bytes.length) : bytes.length;
      bytes[2 + below(Math.max(1, headBytes - 2))] = below(2) === 0 ? below(256) : below(8);
      return { ...segment, bytes };
    });
  });

const truncate: Mutation = (jpeg, below) =>
  jpeg.subarray(0, jpeg.length - 1 - (below(2) === 0 ? below(30) : below(jpeg.length - 20)));

const removeBytes: Mutation = (jpeg, below) => {
  const from = 2 + below(jpeg.length - 40);
  return Buffer.concat([jpeg.subarray(0, from), jpeg.subarray(from + 1 + below(30))]);
};

const putMarker: Mutation = (jpeg, below) => {
  const at = 2 + below(jpeg.length - 2);
  const marker = Buffer.from([0xff, below(3) === 0 ? 0xff : 0xd0 + below(10)]);
  return Buffer.concat([jpeg.subarray(0, at), ...Array<Buffer>(1 + below(3)).fill(marker), jpeg.subarray(at)]);
};

const appendBytes: Mutation = (jpeg, below) =>
  Buffer.concat([jpeg, Buffer.from(Array.from({ length: below(40) }, () => below(256)))]);

const mutations: readonly Mutation[] = [
  flipBits,
  editBytes,
  removeSegment,
  repeatSegment,
  editMarker,
  editTable,
  editTable,
  truncate,
  removeBytes,
  putMarker,
  appendBytes,
];

/** The file with one mutation; the next numbers of the seed decide which. */
export function mutantOf(jpeg: Buffer, below: Below): Buffer {
  return (mutations[below(mutations.length)] ?? flipBits)(jpeg, below);
}
