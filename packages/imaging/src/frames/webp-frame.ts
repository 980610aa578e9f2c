/** One frame of an animated WebP (RFC 9649), as browsers show it: a file with the frames that it is painted over. */
import type { FrameChoice } from '@tintype/contracts';
import type { Size } from '@tintype/raster';
import { damaged } from '../decode-problem.ts';
import { chosenFrame } from './chosen-frame.ts';
import type { ShownFrame } from './shown-frame.ts';

type Chunk = { name: string; at: number; end: number; isCut: boolean };
type Frame = Chunk & { width: number; height: number; hidesAll: boolean; clearsAll: boolean };

const headBytes = 12;
const chunkHeadBytes = 8;
const animationFlag = 0x02;
/** What is needed beside frames: size, profile, and the EXIF for its orientation. */
const kept = ['VP8X', 'ICCP', 'ANIM', 'EXIF'];
/** A file that says that it is longer is not mended. */
const maxMendedBytes = 64 * 1024 * 1024;

/**
 * A still picture as it is. Throws `invalid_option` for a frame that is not there, `corrupt_image` when the file is cut off
 * before its end; one that `isMended` is filled with zeros, of which decoders make what they can.
 */
export function webpFrameOf(bytes: Buffer, choice: FrameChoice, isMended: boolean): ShownFrame {
  const chunks = [...chunksOf(bytes)];
  const [first] = chunks;
  const isAnimated = first?.name === 'VP8X' && ((bytes[first.at + chunkHeadBytes] ?? 0) & animationFlag) !== 0;
  const frames = isAnimated ? chunks.filter(({ name }) => name === 'ANMF') : [];
  const wanted = chosenFrame(choice, Math.max(1, frames.length));
  if (first === undefined || frames.length === 0) {
    return { bytes: isMended ? filled(bytes, chunks) : bytes, page: 0, paintedPixels: 0 };
  }
  const needed = framesUpTo(bytes, first, frames.slice(0, wanted + 1));
  const beside = kept.flatMap((name) => chunks.find((chunk) => chunk.name === name && !chunk.isCut) ?? []);
  if (needed.some(({ isCut }) => isCut) && !isMended) throw damaged();
  const parts = [...beside, ...needed].map((chunk) => wholeChunk(bytes, chunk));
  return {
    bytes: riffOf(parts),
    page: needed.length - 1,
    paintedPixels: needed.reduce((sum, { width, height }) => sum + width * height, 0),
  };
}

/** Those that are in the file; what stands behind the container is read by nobody. */
function* chunksOf(bytes: Buffer): Generator<Chunk> {
  const end = bytes.length < headBytes ? 0 : Math.min(bytes.length, chunkHeadBytes + bytes.readUInt32LE(4));
  for (let at = headBytes; at + chunkHeadBytes <= end; ) {
    const length = bytes.readUInt32LE(at + 4);
    const dataEnd = at + chunkHeadBytes + length;
    yield { name: bytes.toString('latin1', at, at + 4), at, end: dataEnd, isCut: dataEnd > bytes.length };
    at = dataEnd + (length % 2);
  }
}

/** All that the last one is painted over, and itself. */
function framesUpTo(bytes: Buffer, { at }: Chunk, chunks: readonly Chunk[]): Frame[] {
  const canvas = { width: numberAt(bytes, at + 12) + 1, height: numberAt(bytes, at + 15) + 1 };
  let frames: Frame[] = [];
  for (const chunk of chunks) {
    const frame = frameOf(bytes, chunk, canvas);
    if (frame.hidesAll || frames.at(-1)?.clearsAll) frames = [];
    frames.push(frame);
  }
  return frames;
}

/** Section 2.7.1.1: sides are written less one, and places halved. */
function frameOf(bytes: Buffer, chunk: Chunk, canvas: Size): Frame {
  const dataAt = chunk.at + chunkHeadBytes;
  const [left, top] = [numberAt(bytes, dataAt), numberAt(bytes, dataAt + 3)];
  const [width, height] = [numberAt(bytes, dataAt + 6) + 1, numberAt(bytes, dataAt + 9) + 1];
  const flags = bytes[dataAt + 15] ?? 0;
  const covers = left === 0 && top === 0 && width >= canvas.width && height >= canvas.height;
  const isOpaque = bytes.toString('latin1', dataAt + 16, dataAt + 20) === 'VP8 ';
  const isBlended = (flags & 2) === 0 && !isOpaque;
  return { ...chunk, width, height, hidesAll: covers && !isBlended, clearsAll: covers && (flags & 1) === 1 };
}

/** 0 outside of the file. */
function numberAt(bytes: Buffer, at: number): number {
  return at + 3 > bytes.length ? 0 : bytes.readUIntLE(at, 3);
}

function wholeChunk(bytes: Buffer, { at, end }: Chunk): Buffer {
  const length = end - at - chunkHeadBytes;
  const missing = Math.min(Math.max(0, end - bytes.length), maxMendedBytes);
  return Buffer.concat([bytes.subarray(at, end), Buffer.alloc(missing + (length % 2))]);
}

function riffOf(chunks: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...chunks]);
  const head = Buffer.alloc(chunkHeadBytes);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** Throws `corrupt_image` when nothing is told of any pixel. */
function filled(bytes: Buffer, chunks: readonly Chunk[]): Buffer {
  const told = bytes.length < headBytes ? 0 : chunkHeadBytes + bytes.readUInt32LE(4);
  const lossy = chunks.find(({ name }) => name === 'VP8 ');
  if (lossy && endOfPredictions(bytes, lossy) > bytes.length) throw damaged();
  if (told <= bytes.length || told > maxMendedBytes) return bytes;
  return Buffer.concat([bytes, Buffer.alloc(told - bytes.length)]);
}

/** RFC 6386, 9.1: first of all stands how each block is predicted, and then by how much that is wrong. */
function endOfPredictions(bytes: Buffer, { at }: Chunk): number {
  const dataAt = at + chunkHeadBytes;
  return dataAt + 10 + (numberAt(bytes, dataAt) >> 5);
}
