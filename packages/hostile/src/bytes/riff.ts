/** WebP by its RIFF chunks, with sizes that are right until a case says otherwise. */
export type RiffChunk = { type: string; data: Buffer };

export function riffChunk(type: string, data: Uint8Array = Buffer.alloc(0)): RiffChunk {
  return { type, data: Buffer.from(data) };
}

/** `RIFF`, the size, `WEBP`, the chunks, each padded to an even length. */
export function webpOf(chunks: readonly RiffChunk[], riffBytes?: number): Buffer {
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks.map(riffChunkBytes)]);
  const head = Buffer.alloc(8);
  head.write('RIFF');
  head.writeUInt32LE(riffBytes ?? body.length, 4);
  return Buffer.concat([head, body]);
}

function riffChunkBytes({ type, data }: RiffChunk): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

/** The chunks of a valid WebP. */
export function riffChunksOf(webp: Buffer): RiffChunk[] {
  const chunks: RiffChunk[] = [];
  for (let at = 12; at + 8 <= webp.length; ) {
    const length = webp.readUInt32LE(at + 4);
    chunks.push(riffChunk(webp.toString('latin1', at, at + 4), webp.subarray(at + 8, at + 8 + length)));
    at += 8 + length + (length % 2);
  }
  return chunks;
}

export const webpFlags = { animation: 0x02, xmp: 0x04, exif: 0x08, alpha: 0x10, icc: 0x20 };

function canvas(width: number, height: number): Buffer {
  const sides = Buffer.alloc(6);
  sides.writeUIntLE(width - 1, 0, 3);
  sides.writeUIntLE(height - 1, 3, 3);
  return sides;
}

/** VP8X: flags and the canvas in pixels. */
export function webpCanvas(flags: number, width: number, height: number): RiffChunk {
  return riffChunk('VP8X', Buffer.concat([Buffer.from([flags, 0, 0, 0]), canvas(width, height)]));
}

/** ANMF: one frame at the upper left corner around an image chunk. */
export function webpFrame(image: RiffChunk, width: number, height: number): RiffChunk {
  const place = Buffer.alloc(6);
  const durationAndFlags = Buffer.from([10, 0, 0, 0]);
  return riffChunk('ANMF', Buffer.concat([place, canvas(width, height), durationAndFlags, riffChunkBytes(image)]));
}
