/** The chunks of a PNG (PNG, third edition, 5.3). */

/** Whoever writes more of them is not usual, and looked at by a child. */
const maxChunks = 1000;

/** Those before the pixels by their types; of several of one type the first counts. */
export function chunksBeforePixels(bytes: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  for (let at = 8, count = 0; at + 8 <= bytes.length && count < maxChunks; count += 1) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT' || type === 'IEND') break;
    if (!chunks.has(type)) chunks.set(type, bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return chunks;
}

/** A file that says that it is longer is not mended. */
const maxMendedBytes = 64 * 1024 * 1024;

/** The file with zeros for what is missing of its last chunk: decoders wait for all of it before they look at any. */
export function filledPng(bytes: Buffer): Buffer {
  let at = 8;
  while (at + 8 <= bytes.length) at += 12 + bytes.readUInt32BE(at);
  return at > bytes.length && at <= maxMendedBytes ? Buffer.concat([bytes, Buffer.alloc(at - bytes.length)]) : bytes;
}
