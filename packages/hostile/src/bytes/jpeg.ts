/** JPEG by its segments. */
export type JpegSegment = {
  /** Second byte of the marker: 0xda is SOS, whose data here holds the scan's coded bytes too. */
  marker: number;
  /** What follows the marker: the two bytes of the length, then as many less two; nothing for EOI. */
  bytes: Buffer;
};

const jpegStart = Buffer.from([0xff, 0xd8]);
const jpegEnd = Buffer.from([0xff, 0xd9]);

/** A segment with its length. */
export function jpegSegment(marker: number, data: Uint8Array): JpegSegment {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length + 2);
  return { marker, bytes: Buffer.concat([length, data]) };
}

/** The segments of a valid JPEG between SOI and EOI. */
export function segmentsOf(jpeg: Buffer): JpegSegment[] {
  const segments: JpegSegment[] = [];
  for (let at = 2; at + 4 <= jpeg.length; ) {
    const marker = jpeg[at + 1] ?? 0;
    if (marker === 0xd9) break;
    let end = at + 2 + jpeg.readUInt16BE(at + 2);
    if (marker === 0xda) end = endOfScan(jpeg, end);
    segments.push({ marker, bytes: jpeg.subarray(at + 2, end) });
    at = end;
  }
  return segments;
}

/** Coded bytes go on to the next marker that is neither a stuffed zero nor a restart. */
function endOfScan(jpeg: Buffer, from: number): number {
  for (let at = from; at + 1 < jpeg.length; at++) {
    const next = jpeg[at + 1] ?? 0;
    if (jpeg[at] === 0xff && next !== 0 && (next < 0xd0 || next > 0xd7)) return at;
  }
  return jpeg.length;
}

export function jpegOf(segments: readonly JpegSegment[], end: Buffer = jpegEnd): Buffer {
  const parts = segments.flatMap(({ marker, bytes }) => [Buffer.from([0xff, marker]), bytes]);
  return Buffer.concat([jpegStart, ...parts, end]);
}

/** A valid JPEG up to the first coded byte of its first scan. */
export function upToFirstScan(jpeg: Buffer): Buffer {
  const segments = segmentsOf(jpeg);
  const scan = segments.findIndex(({ marker }) => marker === 0xda);
  const [start, ...before] = [segments[scan], ...segments.slice(0, scan)];
  if (start === undefined) throw new Error('the base has no scan');
  const bytes = start.bytes.subarray(0, start.bytes.readUInt16BE(0));
  return jpegOf([...before, { marker: start.marker, bytes }], Buffer.alloc(0));
}

/** The same JPEG with segments put in before everything else. */
export function withSegments(jpeg: Buffer, ...added: JpegSegment[]): Buffer {
  return jpegOf([...added, ...segmentsOf(jpeg)]);
}

export function isFrameHeader(marker: number): boolean {
  return marker === 0xc0 || marker === 0xc1 || marker === 0xc2;
}

/** The same JPEG with another width and height in its frame header, in pixels. */
export function withJpegSize(jpeg: Buffer, width: number, height: number): Buffer {
  return changeSegments(jpeg, isFrameHeader, (bytes) => {
    bytes.writeUInt16BE(height, 3);
    bytes.writeUInt16BE(width, 5);
  });
}

/** The same JPEG with segments of some kinds changed in place. */
export function changeSegments(
  jpeg: Buffer,
  which: (marker: number) => boolean,
  change: (bytes: Buffer) => void,
): Buffer {
  const segments = segmentsOf(jpeg).map(({ marker, bytes }) => {
    const copy = Buffer.from(bytes);
    if (which(marker)) change(copy);
    return { marker, bytes: copy };
  });
  return jpegOf(segments);
}
