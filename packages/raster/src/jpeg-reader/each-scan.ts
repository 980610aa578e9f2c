/** The scans of a JPEG, one after the other, with the tables that hold for each (ITU T.81 B.2). */
import type { JpegHeader } from './header.ts';
import { type FileTables, readHuffmanTables } from './huffman.ts';
import type { ComponentPlane } from './planes.ts';
import { readScanHeader, type ScanHeader } from './scan-header.ts';
import { isSkippable, marker, readRestartInterval, readSegment } from './segments.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/**
 * From the first scan to the end of the file; `read` is told where a scan's data begins and returns where it ends, or
 * null where nothing is left to be read. Returns how far the file was looked at.
 */
export function forEachScan(
  bytes: Buffer,
  header: JpegHeader,
  planes: ComponentPlane[],
  read: (scan: ScanHeader, from: number) => number | null,
): number {
  const tables: FileTables = { dc: [], ac: [] };
  for (const body of header.huffman) readHuffmanTables(body, tables);
  let { restartInterval } = header;
  let segment = readSegment(bytes, header.scanAt);
  for (;;) {
    if (segment.marker === marker.dht) readHuffmanTables(segment.body, tables);
    else if (segment.marker === marker.dri) restartInterval = readRestartInterval(segment.body);
    else if (segment.marker !== marker.sos && !isSkippable(segment.marker))
      throw new UnsupportedJpeg(`marker ${segment.marker} between scans`);
    const isScan = segment.marker === marker.sos;
    const next = isScan
      ? read(readScanHeader(segment.body, planes, tables, restartInterval), segment.end)
      : segment.end;
    if (next === null) return segment.end;
    if (isEndAt(bytes, next)) return next;
    segment = readSegment(bytes, next);
  }
}

/** Fill bytes may stand before the end, as before any marker. */
function isEndAt(bytes: Buffer, start: number): boolean {
  let at = start;
  while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at += 1;
  return bytes[at] === 0xff && bytes[at + 1] === marker.eoi;
}
