/** The segments of a JPEG (ITU T.81 annex B.1.1): marker, length, body. */
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/** Markers, without their 0xff. */
export const marker = { dht: 0xc4, eoi: 0xd9, sos: 0xda, dqt: 0xdb, dri: 0xdd, firstRestart: 0xd0, lastRestart: 0xd7 };

export type Segment = { marker: number; body: Uint8Array; end: number };

/** The segment whose marker stands there; fill bytes may stand before it. */
export function readSegment(bytes: Uint8Array, start: number): Segment {
  let at = start;
  if (bytes[at] !== 0xff) throw new UnsupportedJpeg('no marker where one belongs');
  while (bytes[at + 1] === 0xff) at += 1;
  const from = at + 4;
  const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  const end = at + 2 + length;
  if (length < 2 || end > bytes.length) throw new UnsupportedJpeg('a segment that is longer than the file');
  return { marker: bytes[at + 1] ?? 0, body: bytes.subarray(from, end), end };
}

/** APP0 to APP15, and comments. */
export function isSkippable(kind: number): boolean {
  return (kind >= 0xe0 && kind <= 0xef) || kind === 0xfe;
}

/** T.81 B.2.4.4. */
export function readRestartInterval(body: Uint8Array): number {
  return ((body[0] ?? 0) << 8) | (body[1] ?? 0);
}

/** The file with one more end marker, of which half may be there already. What follows an end marker is not looked at. */
export function withEndMarker(bytes: Buffer): Buffer {
  const isHalf = bytes.at(-1) === 0xff;
  return Buffer.concat([bytes, Buffer.from(isHalf ? [marker.eoi] : [0xff, marker.eoi])]);
}
