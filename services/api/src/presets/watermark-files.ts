/** The files of watermarks, read and checked at start: by their first bytes, chunks and rows, for the API decodes no pixel. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { crc32, inflateSync } from 'node:zlib';
import {
  maxWatermarkBytes,
  maxWatermarkPixels,
  noWatermarkWords,
  Problem,
  parse,
  sniffFormat,
  WatermarkName,
  type WatermarkNames,
} from '@tintype/contracts';

export type WatermarkFiles = {
  names: WatermarkNames;
  bytesOf(sha256: string): Buffer | undefined;
};

/** Throws `invalid_option`, with the name of the watermark, for a file that cannot be used. */
export function readWatermarkFiles(
  presetsFile: string,
  entries: Readonly<Record<string, { file: string }>>,
): WatermarkFiles {
  const files = new Map<string, Buffer>();
  const names = new Map<string, string>();
  for (const [name, { file }] of Object.entries(entries)) {
    parse(WatermarkName, name, { pointer: `/watermarks/${name}` });
    try {
      if (noWatermarkWords.includes(name)) throw new Error('the name stands for none');
      const bytes = readFileSync(resolve(dirname(presetsFile), file));
      requireUsable(bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      files.set(sha256, bytes);
      names.set(name, sha256);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Problem('invalid_option', { detail: `/watermarks/${name} (${file}): ${reason}.`, cause });
    }
  }
  return { names, bytesOf: (sha256) => files.get(sha256) };
}

type About = { width: number; height: number; isAnimated: boolean };

function requireUsable(bytes: Buffer): void {
  if (bytes.length > maxWatermarkBytes) throw new Error(`it has more than ${maxWatermarkBytes} bytes`);
  const format = sniffFormat(bytes);
  if (format !== 'png' && format !== 'webp') throw new Error('it is neither PNG nor WebP');
  const { width, height, isAnimated } = aboutFile(bytes, format);
  if (isAnimated) throw new Error('it is animated');
  if (width * height === 0) throw new Error('it is damaged');
  if (width * height > maxWatermarkPixels) {
    throw new Error(`it has ${width} × ${height} pixels, which are more than ${maxWatermarkPixels}`);
  }
}

/** What ends too early is damaged, whatever it is read for. */
function aboutFile(bytes: Buffer, format: 'png' | 'webp'): About {
  try {
    return format === 'png' ? aboutPng(bytes) : aboutWebp(bytes);
  } catch (cause) {
    throw new Error('it is damaged', { cause });
  }
}

/** PNG (third edition) §5.3: every chunk is there, as it was written, up to the end. */
function aboutPng(bytes: Buffer): About {
  const about = { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), isAnimated: false };
  const data: Buffer[] = [];
  for (let at = 8; ; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) throw new Error(`a wrong sum of ${type}`);
    if (type === 'acTL') about.isAnimated = true;
    if (type === 'IDAT') data.push(bytes.subarray(at + 8, end));
    if (type === 'IEND') break;
    at = end + 4;
  }
  if (about.width * about.height <= maxWatermarkPixels) requireRows(bytes, about, Buffer.concat(data));
  return about;
}

/** Channels, and the bits that each may have, by the type of colour (§11.2.1). */
const pngColours: Readonly<Record<number, { channels: number; depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};

/** Sums may be right of what was written wrongly: the data must unpack to rows, each behind the byte of its filter. */
function requireRows(bytes: Buffer, { width, height }: About, data: Buffer): void {
  const [depth = 0, colour = 0] = bytes.subarray(24, 26);
  const { channels, depths } = pngColours[colour] ?? { channels: 0, depths: [] };
  if (!depths.includes(depth)) throw new Error(`no pixels of type ${colour} have ${depth} bits`);
  const rows = height * (1 + Math.ceil((width * channels * depth) / 8));
  // What is interlaced has a few bytes more.
  const unpacked = inflateSync(data, { maxOutputLength: 2 * rows + 65_536 });
  if (unpacked.length < rows) throw new Error('rows are missing');
}

/** RFC 9649 §2.3 to §2.7: every chunk is there, and one of them is the picture that the first one tells of. */
function aboutWebp(bytes: Buffer): About {
  const chunks = webpChunks(bytes);
  const extended = chunks.get('VP8X');
  const isAnimated = extended !== undefined && (extended.readUInt8(0) & 0b10) !== 0;
  const size = isAnimated ? null : sizeOfWebp(chunks);
  const canvas = extended ? { width: extended.readUIntLE(4, 3) + 1, height: extended.readUIntLE(7, 3) + 1 } : size;
  if (!canvas || (size && (size.width !== canvas.width || size.height !== canvas.height)))
    throw new Error('no picture');
  return { ...canvas, isAnimated };
}

function webpChunks(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const end = bytes.readUInt32LE(4) + 8;
  if (end > bytes.length) throw new Error('it ends too early');
  const chunks = new Map<string, Buffer>();
  for (let at = 12; at < end; ) {
    const length = bytes.readUInt32LE(at + 4);
    const next = at + 8 + length;
    if (next > end) throw new Error('it ends too early');
    chunks.set(bytes.toString('latin1', at, at + 4), bytes.subarray(at + 8, next));
    at = next + (length % 2);
  }
  return chunks;
}

/** RFC 6386 §9.1, RFC 9649 §3.4: the size stands in the picture itself, behind a mark, in each kind in another way. */
function sizeOfWebp(chunks: ReadonlyMap<string, Buffer>): { width: number; height: number } {
  const lossless = chunks.get('VP8L');
  if (lossless) {
    if (lossless.readUInt8(0) !== 0x2f) throw new Error('no mark of a lossless picture');
    const bits = lossless.readUInt32LE(1);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  const lossy = chunks.get('VP8 ');
  if (!lossy) throw new Error('no picture');
  const firstPartBytes = lossy.readUIntLE(0, 3) >>> 5;
  if (lossy.readUIntBE(3, 3) !== 0x9d012a || firstPartBytes + 10 > lossy.length)
    throw new Error('no whole lossy picture');
  return { width: lossy.readUInt16LE(6) & 0x3fff, height: lossy.readUInt16LE(8) & 0x3fff };
}
