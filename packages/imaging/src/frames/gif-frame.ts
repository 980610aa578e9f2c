/** One frame of a GIF (GIF 89a), as browsers show it: a file with the frames that it is painted over, and no others. */
import type { FrameChoice } from '@tintype/contracts';
import { damaged } from '../decode-problem.ts';
import { chosenFrame } from './chosen-frame.ts';
import { type BlockBudget, framesOfGif, type GifFrame, type GifHead, headOfGif, trailer } from './gif-blocks.ts';
import type { ShownFrame } from './shown-frame.ts';

/**
 * Whoever writes the first frame in more blocks is left to libvips; of 255 bytes each they are 25 MB. Files of which later
 * frames are wanted are looked through before.
 */
const maxBlocksOfFirst = 100_000;

/**
 * The file as it is where no frame is found. Throws `invalid_option` for a frame that is not there, `corrupt_image` when
 * it is cut off, unless it `isMended`: then it ends where it can.
 */
export function gifFrameOf(bytes: Buffer, choice: FrameChoice, isMended: boolean): ShownFrame {
  const asItIs = { bytes, page: 0, paintedPixels: 0 };
  const head = headOfGif(bytes);
  if (!head) return asItIs;
  const budget = { left: choice === 0 ? maxBlocksOfFirst : Number.POSITIVE_INFINITY };
  const frames = framesUpTo(bytes, head, choice, budget);
  const last = frames.at(-1);
  if (!last || budget.left <= 0) return asItIs;
  if (last.isCut && !isMended) throw damaged();
  return fileOf(bytes, head, frames);
}

/** All that the chosen one is painted over, and itself. */
function framesUpTo(bytes: Buffer, head: GifHead, choice: FrameChoice, budget: BlockBudget): GifFrame[] {
  const wanted = choice === 'middle' ? chosenFrame(choice, countOf(bytes, head, budget)) : choice;
  let frames: GifFrame[] = [];
  let count = 0;
  let isFirstInside = false;
  for (const frame of framesOfGif(bytes, head, budget)) {
    // libvips makes the canvas as large as the first frame: without that one it would be another.
    if (count === 0) isFirstInside = isInside(frame, head);
    count += 1;
    const isLast = count > wanted;
    if (frame.isUndone && !isLast && frames.length > 0) continue;
    const isFirstNeeded = (isLast || !frame.isUndone) && hidesOthers(frame, frames.at(-1), head);
    if (isFirstInside && isFirstNeeded) frames = [];
    frames.push(frame);
    if (isLast) return frames;
  }
  if (count > 0) chosenFrame(wanted, count);
  return frames;
}

/** Whether what was painted until now cannot be seen any more. */
function hidesOthers(frame: GifFrame, before: GifFrame | undefined, canvas: GifHead): boolean {
  const isOnNothing = before?.isCleared === true && covers(before, canvas);
  return isInside(frame, canvas) && (isOnNothing || hidesAll(frame, canvas));
}

function countOf(bytes: Buffer, head: GifHead, budget: BlockBudget): number {
  let count = 0;
  for (const _ of framesOfGif(bytes, head, budget)) count += 1;
  return count;
}

function isInside({ left, top, width, height }: GifFrame, canvas: GifHead): boolean {
  return left + width <= canvas.width && top + height <= canvas.height;
}

function covers({ left, top, width, height }: GifFrame, canvas: GifHead): boolean {
  return left === 0 && top === 0 && width >= canvas.width && height >= canvas.height;
}

function hidesAll(frame: GifFrame, canvas: GifHead): boolean {
  return !frame.hasTransparency && covers(frame, canvas);
}

/** A graphic control extension, and an image of no data in this place, which leaves everything as it is. */
function nothingAt(place: Buffer, disposal: 0 | 2): Buffer {
  const control = Buffer.from([0x21, 0xf9, 4, (disposal << 2) | 1, 0, 0, 0, 0]);
  return Buffer.concat([control, Buffer.from([0x2c]), place, Buffer.from([0, 2, 0])]);
}

/**
 * libvips looks at the byte behind a code that ends with its byte. Where no code ends the data, as some programs write them,
 * it would not show what the last one stands for: a block of (the low bits of) that code is added. Behind data that are
 * cut off it would be read as pixels.
 */
function endOfData({ leastCodeBits, isCut }: GifFrame): Buffer {
  const endCode = 2 ** leastCodeBits + 1;
  return Buffer.from(isCut ? [0] : [1, endCode & 255, 0]);
}

const onePixel = Buffer.from([0, 0, 0, 0, 1, 0, 1, 0]);

/**
 * libvips makes a cleared place transparent where its frame has transparency; of others it takes the background's colour,
 * which no browser does. There a frame of nothing is cleared in its stead. It has no alpha either unless a frame says that it
 * has: where the canvas may shine through, one of nothing says so at the end.
 */
function fileOf(bytes: Buffer, head: GifHead, frames: readonly GifFrame[]): ShownFrame {
  const parts = [bytes.subarray(0, head.end)];
  const last = frames.at(-1);
  let page = -1;
  let paintedPixels = 0;
  for (const frame of frames) {
    const { controlAt, at, end, width, height } = frame;
    const isClearedByUs = frame.isCleared && !frame.hasTransparency && frame !== last;
    if (controlAt !== null && !isClearedByUs) parts.push(bytes.subarray(controlAt, controlAt + 8));
    parts.push(bytes.subarray(at, frame.isOpen ? end : end - 1), endOfData(frame));
    if (isClearedByUs) parts.push(nothingAt(bytes.subarray(at + 1, at + 9), 2));
    page += isClearedByUs ? 2 : 1;
    paintedPixels += width * height;
  }
  const [first] = frames;
  const stays = (frame: GifFrame) => (frame === last ? !frame.isCut : !frame.isCleared && !frame.isUndone);
  const isOpaque = first !== undefined && hidesAll(first, head) && frames.every(stays);
  if (!isOpaque) parts.push(nothingAt(onePixel, 0));
  parts.push(Buffer.from([trailer]));
  return { bytes: Buffer.concat(parts), page, paintedPixels };
}
