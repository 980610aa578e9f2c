/** Makes a file unique without touching a pixel: a mark in a place that decoders skip. */
import { crc32 } from 'node:zlib';

const jpegComment = 0xfffe;
const jpegStartBytes = 2;
const pngSignatureBytes = 8;
/** After IHDR, which must come first: length, type, 13 bytes, checksum. */
const pngHeaderEnd = pngSignatureBytes + 4 + 4 + 13 + 4;
const riffHeaderBytes = 12;

/**
 * The same picture with `mark` (ASCII) inside: a comment segment after the start of a JPEG (ITU-T T.81 B.2.4.5), a tEXt
 * chunk after the header of a PNG (PNG 11.3.3.3), an unknown chunk at the end of a WebP (RFC 9649 2.7.1.6), a free box
 * at the end of an AVIF (ISO/IEC 14496-12 8.1.2). Throws a TypeError for other formats.
 */
export function withMark(bytes: Buffer, mark: string): Buffer {
  return Buffer.concat(markedPieces(bytes, mark));
}

/** The same in pieces one after the other: nearly all of it the given memory, so that nothing large is copied. */
export function markedPieces(bytes: Buffer, mark: string): Buffer[] {
  if (bytes.readUInt16BE(0) === 0xffd8) return insert(bytes, jpegStartBytes, jpegSegment(mark));
  if (bytes.toString('latin1', 1, 4) === 'PNG') return insert(bytes, pngHeaderEnd, pngChunk(mark));
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') {
    return appendToWebp(bytes, mark);
  }
  if (bytes.toString('latin1', 4, 12) === 'ftypavif') return [bytes, freeBox(mark)];
  throw new TypeError('neither JPEG nor PNG nor WebP nor AVIF');
}

function jpegSegment(mark: string): Buffer {
  const segment = Buffer.alloc(4 + mark.length);
  segment.writeUInt16BE(jpegComment, 0);
  segment.writeUInt16BE(2 + mark.length, 2);
  segment.write(mark, 4, 'latin1');
  return segment;
}

function pngChunk(mark: string): Buffer {
  const body = Buffer.from(`tEXtComment\0${mark}`, 'latin1');
  const chunk = Buffer.alloc(4 + body.length + 4);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  return chunk;
}

function appendToWebp(bytes: Buffer, mark: string): Buffer[] {
  const padding = mark.length % 2;
  const chunk = Buffer.alloc(8 + mark.length + padding);
  chunk.write('MARK', 0, 'latin1');
  chunk.writeUInt32LE(mark.length, 4);
  chunk.write(mark, 8, 'latin1');
  const header = Buffer.from(bytes.subarray(0, riffHeaderBytes));
  header.writeUInt32LE(bytes.length + chunk.length - (riffHeaderBytes - 4), 4);
  return [header, bytes.subarray(riffHeaderBytes), chunk];
}

function freeBox(mark: string): Buffer {
  const box = Buffer.alloc(8 + mark.length);
  box.writeUInt32BE(box.length, 0);
  box.write(`free${mark}`, 4, 'latin1');
  return box;
}

function insert(bytes: Buffer, at: number, piece: Buffer): Buffer[] {
  return [bytes.subarray(0, at), piece, bytes.subarray(at)];
}
