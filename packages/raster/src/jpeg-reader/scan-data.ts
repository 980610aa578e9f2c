/** The Huffman-coded data of one scan, without what was stuffed into it, cut at its restart markers. */

import { spareBytes } from './entropy-reader.ts';
import { marker } from './header.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

export type ScanData = {
  /** Followed by `spareBytes` of whatever. */
  data: Uint8Array;
  /** Where in `data` each restart interval ends; the last is the end of all. */
  ends: number[];
  /** Where in the file the next marker stands. */
  markerAt: number;
};

/** T.81 B.1.1.5: a byte 0xff in the data is followed by 0. Copies into `buffer` where that is large enough. */
export function readScanData(bytes: Buffer, from: number, buffer: Uint8Array): ScanData {
  const most = bytes.length - from + spareBytes;
  const data = buffer.length >= most ? buffer : new Uint8Array(most);
  const ends: number[] = [];
  let length = 0;
  let start = from;
  for (;;) {
    const at = bytes.indexOf(0xff, start);
    if (at === -1) throw new UnsupportedJpeg('cut short');
    const next = bytes[at + 1] ?? 0;
    const isStuffed = next === 0;
    const end = isStuffed ? at + 1 : at;
    data.set(bytes.subarray(start, end), length);
    length += end - start;
    if (!isStuffed) {
      ends.push(length);
      const number = next - marker.firstRestart;
      if (number < 0 || number > 7) return { data, ends, markerAt: at };
      if (number !== (ends.length - 1) % 8) throw new UnsupportedJpeg('restart markers out of order');
    }
    start = at + 2;
  }
}

/** Where the marker stands that ends the scan; its data is not looked at. */
export function findScanEnd(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 2)) {
    const next = bytes[at + 1] ?? 0;
    const isInside = next === 0 || (next >= marker.firstRestart && next <= marker.lastRestart);
    if (!isInside) return at;
  }
  throw new UnsupportedJpeg('cut short');
}
