/** The Huffman-coded data of one scan, without what was stuffed into it, cut at its restart markers. */

import { spareBytes } from './entropy-reader.ts';
import { marker } from './segments.ts';
import { BadJpegData } from './unsupported-jpeg.ts';

export type ScanData = {
  /** Followed by `spareBytes` of whatever. */
  data: Uint8Array;
  /** Where in `data` each restart interval ends; the last is the end of all. */
  ends: Uint32Array;
  /** Where in the file the next marker stands. */
  markerAt: number;
};

type ScanPlace = {
  bytes: Buffer;
  from: number;
  /** Where the data is copied to, if that is large enough. */
  buffer: Uint8Array;
  /** Restart intervals that the scan has: one marker less. */
  intervals: number;
  /** Restart markers may have numbers that libjpeg takes for the right ones, and there may be one at the end. */
  isLenient?: boolean;
};

/**
 * So far is a restart marker ahead of its place when libjpeg takes its number for a mistake, and reads on; when it is
 * nearer, libjpeg leaves out what it believes to be missing (`jpeg_resync_to_restart`).
 */
const mistaken: readonly number[] = [3, 4, 5];
/** So far one byte after the other is looked at; what is further away is found and copied by a call. */
const nearBytes = 16;

/** Memory for the data of any scan of the file: what is given, if that is large enough. */
export function roomForScans(bytes: Buffer, buffer: Uint8Array): Uint8Array {
  const most = bytes.length + spareBytes;
  return buffer.length >= most ? buffer : new Uint8Array(most);
}

/**
 * T.81 B.1.1.5: a byte 0xff in the data is followed by 0. Throws `UnsupportedJpeg` at the first restart marker too many,
 * and where one is missing.
 */
export function readScanData({ bytes, from, buffer, intervals, isLenient = false }: ScanPlace): ScanData {
  const most = bytes.length - from + spareBytes;
  const data = buffer.length >= most ? buffer : new Uint8Array(most);
  const ends = new Uint32Array(intervals);
  let count = 0;
  let length = 0;
  let at = from;
  for (;;) {
    const near = Math.min(at + nearBytes, bytes.length);
    while (at < near && bytes[at] !== 0xff) data[length++] = bytes[at++] ?? 0;
    if (at >= near) {
      const found = bytes.indexOf(0xff, at);
      if (found === -1) throw new BadJpegData('cut short');
      data.set(bytes.subarray(at, found), length);
      length += found - at;
      at = found;
    }
    const markerAt = at;
    while (bytes[at + 1] === 0xff) at += 1; // fill bytes, as before any marker
    const next = bytes[at + 1] ?? 0;
    at += 2;
    if (next === 0) {
      data[length++] = 0xff;
      continue;
    }
    ends[count++] = length;
    const number = next - marker.firstRestart;
    const isRestart = number >= 0 && number < 8;
    if (isLenient && isRestart && count === intervals) return { data, ends, markerAt };
    if (isRestart === (count === intervals)) throw new BadJpegData('another number of restart markers');
    if (!isRestart) return { data, ends, markerAt };
    const ahead = (number - (count - 1)) & 7;
    if (ahead !== 0 && !(isLenient && mistaken.includes(ahead))) throw new BadJpegData('restart markers out of order');
  }
}

/** Where the marker stands that ends the scan; its data is not looked at. */
export function findScanEnd(bytes: Buffer, from: number): number {
  for (let at = from; ; ) {
    const near = Math.min(at + nearBytes, bytes.length);
    while (at < near && bytes[at] !== 0xff) at += 1;
    if (at >= near) at = bytes.indexOf(0xff, at);
    if (at === -1) throw new BadJpegData('cut short');
    while (bytes[at + 1] === 0xff) at += 1;
    const next = bytes[at + 1] ?? 0;
    const isInside = next === 0 || (next >= marker.firstRestart && next <= marker.lastRestart);
    if (!isInside) return at;
    at += 2;
  }
}

/** A restart interval was read so far, in bits, and ends at that byte: less than a byte may be left over. */
export function requireEnd(position: number, end: number | undefined, isLenient: boolean): void {
  const read = Math.ceil(position / 8);
  if (end === undefined || read > end || (read < end && !isLenient))
    throw new BadJpegData('not as much data as blocks');
}
