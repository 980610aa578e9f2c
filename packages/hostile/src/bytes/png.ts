/** PNG by its chunks, with correct checksums: what is wrong in a hostile PNG is wrong on purpose. */
import { pngChunkOf } from '@tintype/testkit';

export type PngChunk = { type: string; data: Buffer };

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export function pngChunk(type: string, data: Uint8Array = Buffer.alloc(0)): PngChunk {
  return { type, data: Buffer.from(data) };
}

/** Length, type, data and their CRC. */
export function pngChunkBytes({ type, data }: PngChunk): Buffer {
  return pngChunkOf(type, data);
}

export function pngOf(chunks: readonly PngChunk[]): Buffer {
  return Buffer.concat([pngSignature, ...chunks.map(pngChunkBytes)]);
}

/** The chunks of a valid PNG. */
export function chunksOf(png: Buffer): PngChunk[] {
  const chunks: PngChunk[] = [];
  for (let at = pngSignature.length; at + 12 <= png.length; ) {
    const length = png.readUInt32BE(at);
    chunks.push(pngChunk(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length)));
    at += length + 12;
  }
  return chunks;
}

export type PngHeader = { width: number; height: number; depth?: number; colourType?: number; interlace?: number };

/** IHDR; grey of eight bits unless told otherwise. */
export function pngHeader({ width, height, depth = 8, colourType = 0, interlace = 0 }: PngHeader): PngChunk {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, colourType, 0, 0, interlace], 8);
  return pngChunk('IHDR', data);
}

/** The same PNG with chunks put in behind its header. */
export function withChunks(png: Buffer, ...added: PngChunk[]): Buffer {
  const [header, ...rest] = chunksOf(png);
  return pngOf(header === undefined ? added : [header, ...added, ...rest]);
}

/** The same PNG with the data of one kind of chunk changed. */
export function withChanged(png: Buffer, type: string, change: (data: Buffer) => Buffer): Buffer {
  return pngOf(chunksOf(png).map((chunk) => (chunk.type === type ? { type, data: change(chunk.data) } : chunk)));
}
