/** The first frame of a GIF alone (GIF 89a), and where it lies on its canvas: around it there is nothing. */
import type { Pixels } from '@tintype/raster';
import { inTurns } from './in-turns.ts';

export type Frame = { left: number; top: number; width: number; height: number };
export type GifFile = {
  /** Later frames, which may be damaged, are not in it. */
  bytes: Buffer;
  /** The first frame, where it is smaller than the canvas. */
  smallFrame: Frame | null;
};

const [extension, imageDescriptor, trailer] = [0x21, 0x2c, 0x3b];
/** Whoever writes the first frame in more blocks is left to libvips; of 255 bytes each they are 25 MB. */
const maxBlocks = 100_000;
/** Takes a few milliseconds of the loop. */
const pixelsPerTurn = 1_000_000;

/** The file as it is where no frame is found. */
export function firstFrameOf(bytes: Buffer): GifFile {
  const asItIs = { bytes, smallFrame: null };
  if (bytes.length < 13) return asItIs;
  let at = 13 + tableBytes(bytes[10] ?? 0);
  let blocks = 0;
  while (bytes[at] === extension && blocks < maxBlocks) {
    const end = endOfBlocks(bytes, at + 2, maxBlocks - blocks);
    blocks += end.blocks + 1;
    at = end.at;
  }
  if (bytes[at] !== imageDescriptor || at + 10 > bytes.length) return asItIs;
  const smallFrame = smallFrameAt(bytes, at);
  const end = endOfBlocks(bytes, at + 11 + tableBytes(bytes[at + 9] ?? 0), maxBlocks);
  if (end.blocks >= maxBlocks) return { bytes, smallFrame };
  return {
    bytes: Buffer.concat([bytes.subarray(0, end.at), Buffer.from(end.isOpen ? [0, trailer] : [trailer])]),
    smallFrame,
  };
}

/** Section 20: left, top, width and height; null where the frame covers the canvas. */
function smallFrameAt(bytes: Buffer, at: number): Frame | null {
  const canvas = { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  const [left, top] = [bytes.readUInt16LE(at + 1), bytes.readUInt16LE(at + 3)];
  const [width, height] = [bytes.readUInt16LE(at + 5), bytes.readUInt16LE(at + 7)];
  const covers = left === 0 && top === 0 && width >= canvas.width && height >= canvas.height;
  return covers ? null : { left, top, width, height };
}

/** Section 15: blocks of a length and as many bytes; one of none ends them. `isOpen`: the file ends before. */
function endOfBlocks(bytes: Buffer, from: number, most: number): { at: number; blocks: number; isOpen: boolean } {
  let at = from;
  for (let blocks = 0; blocks < most; blocks += 1) {
    if (at >= bytes.length) return { at: bytes.length, blocks, isOpen: true };
    const length = bytes[at] ?? 0;
    at += 1 + length;
    if (length === 0) return { at, blocks, isOpen: false };
  }
  return { at, blocks: most, isOpen: true };
}

function tableBytes(packed: number): number {
  return (packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1);
}

/** The canvas, transparent around the frame. Four channels; changes the pixels that it is given. */
export async function transparentAround(
  pixels: Pixels & { channels: 4 },
  { left, top, width, height }: Frame,
): Promise<Pixels> {
  const { data, width: across, height: down } = pixels;
  const rowBytes = across * 4;
  const clear = (row: number, from: number, end: number) =>
    end > from && data.fill(0, row * rowBytes + from * 4, row * rowBytes + end * 4);
  await inTurns(down, Math.ceil(pixelsPerTurn / across), (from, end) => {
    for (let row = from; row < end; row += 1) {
      const isInside = row >= top && row < top + height;
      clear(row, 0, isInside ? Math.min(left, across) : across);
      clear(row, isInside ? Math.min(left + width, across) : across, across);
    }
  });
  return pixels;
}
