/** Files made by hand that no encoder would write. */
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

const repeat = (piece: Buffer, times: number) => Buffer.concat(Array<Buffer>(times).fill(piece));
const flat = (width = 300, height = 200, background = '#008080') =>
  sharp({ create: { width, height, channels: 3, background } });

/** A JPEG segment; the marker is its second byte. */
export function jpegSegment(marker: number, body: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** A teal JPEG with something put before everything else. */
export async function jpegWith(...segments: Buffer[]): Promise<Buffer> {
  const jpeg = await flat().jpeg().toBuffer();
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

export async function jpegWithSegments(count: number, marker = 0xe1): Promise<Buffer> {
  return jpegWith(repeat(jpegSegment(marker, Buffer.alloc(0)), count));
}

/** 255 segments of a colour profile that is none, 16 MB together. */
export async function jpegWithHugeProfile(): Promise<Buffer> {
  const part = (_: unknown, at: number) =>
    jpegSegment(
      0xe2,
      Buffer.concat([Buffer.from('ICC_PROFILE\0'), Buffer.from([at + 1, 255]), Buffer.alloc(65_000, 1)]),
    );
  return jpegWith(...Array.from({ length: 255 }, part));
}

function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** A teal PNG with chunks put after its header. */
export async function pngWith(...chunks: [type: string, data: Buffer][]): Promise<Buffer> {
  const png = await flat().png().toBuffer();
  return Buffer.concat([png.subarray(0, 33), ...chunks.map(([type, data]) => pngChunk(type, data)), png.subarray(33)]);
}

/** What inflates to so many megabytes, after the given words. */
export function deflateBomb(words: string, megabytes: number): Buffer {
  return Buffer.concat([Buffer.from(words, 'latin1'), deflateSync(Buffer.alloc(megabytes * 1e6), { level: 9 })]);
}

/** Only the header of an interlaced PNG is right: whoever decodes it finds it damaged. */
export function interlacedPngHeader(width: number, height: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 1]);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', Buffer.alloc(1000, 7))]);
}

function riffChunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

/** A WebP animation: a teal frame, and red ones after it. */
export async function webpWithFrames(count: number): Promise<Buffer> {
  const frame = async (background: string) => {
    const webp = await flat(16, 16, background).webp({ lossless: true }).toBuffer();
    const place = Buffer.from([0, 0, 0, 0, 0, 0, 15, 0, 0, 15, 0, 0, 10, 0, 0, 0]);
    return riffChunk('ANMF', Buffer.concat([place, webp.subarray(12)]));
  };
  const body = Buffer.concat([
    Buffer.from('WEBP'),
    riffChunk('VP8X', Buffer.from([2, 0, 0, 0, 15, 0, 0, 15, 0, 0])),
    riffChunk('ANIM', Buffer.alloc(6)),
    await frame('#008080'),
    repeat(await frame('#ff0000'), count - 1),
  ]);
  return riffChunk('RIFF', body);
}

/** A GIF animation: a teal frame, and red ones after it. */
export async function gifWithFrames(count: number): Promise<Buffer> {
  const frames = Buffer.concat([
    Buffer.alloc(16 * 16 * 3, Buffer.from([0, 128, 128])),
    Buffer.alloc(16 * 16 * 3, Buffer.from([255, 0, 0])),
  ]);
  const gif = await sharp(frames, { raw: { width: 16, height: 32, channels: 3, pageHeight: 16 } })
    .gif({ delay: [50, 50] })
    .toBuffer();
  const last = gif.lastIndexOf(Buffer.from([0x21, 0xf9, 4]));
  return Buffer.concat([gif.subarray(0, last), repeat(gif.subarray(last, -1), count - 1), Buffer.from([0x3b])]);
}

/** A little-endian TIFF whose directory is followed by so many copies; the last may point back to the first. */
export async function tiffWithPages(count: number, isRing = false): Promise<Buffer> {
  const tiff = await flat().tiff({ compression: 'lzw' }).toBuffer();
  const first = tiff.readUInt32LE(4);
  const directoryBytes = 2 + 12 * tiff.readUInt16LE(first) + 4;
  const directory = tiff.subarray(first, first + directoryBytes);
  const pages = Array.from({ length: count }, (_, page) => {
    const copy = Buffer.from(directory);
    const next = tiff.length + directoryBytes * (page + 1);
    copy.writeUInt32LE(page + 1 < count ? next : isRing ? first : 0, directoryBytes - 4);
    return copy;
  });
  tiff.writeUInt32LE(tiff.length, first + directoryBytes - 4);
  return Buffer.concat([tiff, ...pages]);
}
