/** Makes a file unique without touching a pixel: a mark in a place that decoders skip. */
import { crc32 } from 'node:zlib';

const jpegComment = 0xfffe;
const jpegStartBytes = 2;
const pngSignatureBytes = 8;
/** IHDR, which must come first: length, type, 13 bytes, checksum. */
const pngHeaderBytes = 4 + 4 + 13 + 4;
const riffHeaderBytes = 12;

/**
 * The same picture with `mark` (ASCII) inside: a comment segment after the start of a JPEG (ITU-T T.81 B.2.4.5), a tEXt
 * chunk after the header of a PNG (PNG 11.3.3.3), an unknown chunk at the end of a WebP (RFC 9649 2.7.1.6). Throws a
 * TypeError for other formats.
 */
export function withMark(bytes: Buffer, mark: string): Buffer {
  if (bytes.readUInt16BE(0) === 0xffd8) return markJpeg(bytes, mark);
  if (bytes.toString('latin1', 1, 4) === 'PNG') return markPng(bytes, mark);
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') {
    return markWebp(bytes, mark);
  }
  throw new TypeError('neither JPEG nor PNG nor WebP');
}

function markJpeg(bytes: Buffer, mark: string): Buffer {
  const segment = Buffer.alloc(4 + mark.length);
  segment.writeUInt16BE(jpegComment, 0);
  segment.writeUInt16BE(2 + mark.length, 2);
  segment.write(mark, 4, 'latin1');
  return insert(bytes, jpegStartBytes, segment);
}

function markPng(bytes: Buffer, mark: string): Buffer {
  const body = Buffer.from(`tEXtComment\0${mark}`, 'latin1');
  const chunk = Buffer.alloc(4 + body.length + 4);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  return insert(bytes, pngSignatureBytes + pngHeaderBytes, chunk);
}

function markWebp(bytes: Buffer, mark: string): Buffer {
  const padding = mark.length % 2;
  const chunk = Buffer.alloc(8 + mark.length + padding);
  chunk.write('MARK', 0, 'latin1');
  chunk.writeUInt32LE(mark.length, 4);
  chunk.write(mark, 8, 'latin1');
  const marked = insert(bytes, bytes.length, chunk);
  marked.writeUInt32LE(marked.length - (riffHeaderBytes - 4), 4);
  return marked;
}

function insert(bytes: Buffer, at: number, piece: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}
