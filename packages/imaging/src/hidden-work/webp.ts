/** What a WebP brings that its header does not tell of: thousands of prefix codes. */
import type { Size } from '@tintype/raster';
import { prefixCodeGroups, type StepsLeft } from './prefix-codes.ts';

/** Of a decoder each takes 6 to 12 kB and some 15 µs; encoders write twenty. */
const maxGroups = 500;
/** Some milliseconds. A photograph of 12 megapixels takes 17 000. */
const maxSteps = 50_000;
const [headBytes, chunkHeadBytes] = [12, 8];
/** Section 2.7.1.1 of RFC 9649: what stands in a frame before its chunks. */
const frameHeadBytes = 16;
/** Section 3.4: the signature, and 14 bits for each side. */
const losslessHeadBytes = 5;

/** Of all its frames. */
export function hasManyPrefixCodes(webp: Buffer): boolean {
  return anyIn(webp.subarray(headBytes), { width: 0, height: 0 }, { left: maxSteps });
}

/** `canvas` is the size of what has none of its own: transparency. */
function anyIn(bytes: Buffer, canvas: Size, steps: StepsLeft): boolean {
  let size = canvas;
  for (let at = 0; at + chunkHeadBytes <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    const data = bytes.subarray(at + chunkHeadBytes, at + chunkHeadBytes + length);
    const name = bytes.toString('latin1', at, at + 4);
    if (name === 'VP8X') size = sizeAt(data, 4);
    const hasMany =
      name === 'ANMF'
        ? anyIn(data.subarray(frameHeadBytes), sizeAt(data, 6), steps)
        : groupsOf(name, data, size, steps) > maxGroups;
    if (hasMany) return true;
    at += chunkHeadBytes + length + (length % 2);
  }
  return false;
}

function groupsOf(name: string, data: Buffer, size: Size, steps: StepsLeft): number {
  if (name === 'VP8L' && data.length > losslessHeadBytes) {
    const sides = data.readUInt32LE(1);
    const own = { width: (sides & 0x3fff) + 1, height: ((sides >>> 14) & 0x3fff) + 1 };
    return prefixCodeGroups(data.subarray(losslessHeadBytes), own, steps);
  }
  // Section 2.7.1.2: transparency is compressed like a picture, or not at all.
  const isCompressed = name === 'ALPH' && ((data[0] ?? 0) & 3) === 1;
  return isCompressed ? prefixCodeGroups(data.subarray(1), size, steps) : 0;
}

/** Written less one. */
function sizeAt(data: Buffer, at: number): Size {
  if (at + 6 > data.length) return { width: 0, height: 0 };
  return { width: data.readUIntLE(at, 3) + 1, height: data.readUIntLE(at + 3, 3) + 1 };
}
