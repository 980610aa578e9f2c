/** A PNG of one colour, for what has no picture (yet): the API decodes and encodes no picture, so it is put together by hand. */
import { crc32, deflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** It shows a colour: it is so long, and its other side as the picture's. */
const longestSidePixels = 16;
/** Eight bits a channel, RGB, and no other compression, filter or interlacing than the usual (PNG, 11.2.1). */
const howItIsWritten = [8, 2, 0, 0, 0];

/** `hex` is `#rrggbb`; the sides tell the shape alone. */
export function oneColourPng(hex: string, shape: { width: number; height: number }): Buffer {
  const scale = longestSidePixels / Math.max(shape.width, shape.height);
  const [width, height] = [shape.width, shape.height].map((side) => Math.max(1, Math.round(side * scale)));
  const row = [0, ...Array.from({ length: width ?? 1 }, () => [...Buffer.from(hex.slice(1), 'hex')]).flat()];
  const rows = Buffer.from(Array.from({ length: height ?? 1 }, () => row).flat());
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width ?? 1, 0);
  header.writeUInt32BE(height ?? 1, 4);
  header.set(howItIsWritten, 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Length, type, data, and the checksum of the last two (PNG, 5.3). */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
