/** JPEGs and parts of them, byte by byte. */

/** The marker is its second byte. */
export function jpegSegment(marker: number, body: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

type Exif = { orientation: number; order?: 'II' | 'MM' | 'XX'; magic?: number; values?: number };

/** One entry, the orientation; `XX` is no byte order. */
export function exifSegment({ orientation, order = 'II', magic = 42, values = 1 }: Exif): Buffer {
  const tiff = Buffer.alloc(26);
  const put16 = (value: number, at: number) =>
    order === 'MM' ? tiff.writeUInt16BE(value, at) : tiff.writeUInt16LE(value, at);
  const put32 = (value: number, at: number) =>
    order === 'MM' ? tiff.writeUInt32BE(value, at) : tiff.writeUInt32LE(value, at);
  tiff.write(order, 0, 'latin1');
  put16(magic, 2);
  put32(8, 4);
  put16(1, 8);
  put16(0x0112, 10);
  put16(3, 12);
  put32(values, 14);
  put16(orientation, 18);
  return jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]));
}

/** A grey square whose blocks are two bits each: no difference, end of block. `restartInterval` in blocks. */
export function greyJpeg({ side, restartInterval = 0 }: { side: number; restartInterval?: number }): Buffer {
  const blocks = Math.ceil(side / 8) ** 2;
  const interval = restartInterval || blocks;
  const intervals = Array.from({ length: Math.ceil(blocks / interval) }, (_, at) => {
    const data = Buffer.alloc(Math.ceil(Math.min(interval, blocks - at * interval) / 4));
    return Buffer.concat([...(at === 0 ? [] : [Buffer.from([0xff, 0xd0 + ((at - 1) % 8)])]), data]);
  });
  const table = (kind: number) => jpegSegment(0xc4, Buffer.from([kind, 1, ...Array(15).fill(0), 0]));
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xdb, Buffer.from([0, ...Array(64).fill(16)])),
    jpegSegment(0xc0, Buffer.from([8, side >> 8, side & 255, side >> 8, side & 255, 1, 1, 0x11, 0])),
    table(0x00),
    table(0x10),
    jpegSegment(0xdd, Buffer.from([restartInterval >> 8, restartInterval & 255])),
    jpegSegment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    ...intervals,
    Buffer.from([0xff, 0xd9]),
  ]);
}
