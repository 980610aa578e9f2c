/** The blocks of a GIF (GIF 89a), as far as a stranger's file has them. */

export type GifHead = { width: number; height: number; end: number };

/** An image with what tells how it is shown. */
export type GifFrame = {
  /** Where its graphic control extension begins. */
  controlAt: number | null;
  /** Where its image descriptor begins, and what comes behind its data. */
  at: number;
  end: number;
  /** Codes of its data begin with one bit more. */
  leastCodeBits: number;
  left: number;
  top: number;
  width: number;
  height: number;
  /** Some of its pixels may be transparent. */
  hasTransparency: boolean;
  /** Afterwards its place is cleared. */
  isCleared: boolean;
  /** Afterwards everything is as it was before. */
  isUndone: boolean;
  /** What ends its data is missing; where it `isCut`, part of the data too. */
  isOpen: boolean;
  isCut: boolean;
};

/** Blocks that may still be walked through; none are left where a walk ended before its time. */
export type BlockBudget = { left: number };

const [extension, imageDescriptor] = [0x21, 0x2c];
const graphicControl = 0xf9;
const controlBytes = 4;
const descriptorBytes = 10;

/** Null where the file ends before it does. */
export function headOfGif(bytes: Buffer): GifHead | null {
  if (bytes.length < 13) return null;
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), end: 13 + tableBytes(bytes[10] ?? 0) };
}

/** One frame after the other, until something else comes, or the end. */
export function* framesOfGif(bytes: Buffer, { end }: GifHead, budget: BlockBudget): Generator<GifFrame> {
  for (let at = end; ; ) {
    const found = startOfFrame(bytes, at, budget);
    if (!found) return;
    const frame = frameAt(bytes, found.at, found.controlAt, budget);
    yield frame;
    if (frame.isOpen) return;
    at = frame.end;
  }
}

function startOfFrame(bytes: Buffer, from: number, budget: BlockBudget) {
  let at = from;
  let controlAt: number | null = null;
  while (bytes[at] === extension) {
    if (bytes[at + 1] === graphicControl && bytes[at + 2] === controlBytes) controlAt = at;
    const blocks = endOfBlocks(bytes, at + 2, budget);
    if (blocks.isOpen) return null;
    at = blocks.at;
  }
  return bytes[at] === imageDescriptor && at + descriptorBytes <= bytes.length ? { at, controlAt } : null;
}

/** Section 20. */
function frameAt(bytes: Buffer, at: number, controlAt: number | null, budget: BlockBudget): GifFrame {
  const packed = controlAt === null ? 0 : (bytes[controlAt + 3] ?? 0);
  const disposal = (packed >> 2) & 7;
  // Behind the table of colours stands one byte that belongs to the data.
  const dataAt = at + descriptorBytes + tableBytes(bytes[at + 9] ?? 0) + 1;
  const blocks = endOfBlocks(bytes, dataAt, budget);
  return {
    controlAt,
    at,
    end: blocks.at,
    leastCodeBits: bytes[dataAt - 1] ?? 0,
    left: bytes.readUInt16LE(at + 1),
    top: bytes.readUInt16LE(at + 3),
    width: bytes.readUInt16LE(at + 5),
    height: bytes.readUInt16LE(at + 7),
    hasTransparency: packed % 2 === 1,
    isCleared: disposal === 2,
    isUndone: disposal === 3 || disposal === 4, // browsers take the one for the other
    isOpen: blocks.isOpen,
    isCut: blocks.isCut,
  };
}

/** Section 27: ends a file. */
export const trailer = 0x3b;
/** Encoders write full blocks, and what is left over in the last one. */
const fullBlockBytes = 255;

/**
 * Section 15: blocks of a length and as many bytes; one of none ends them. `at` is behind the last one that is whole.
 * Where the file ends between two blocks, or what ends it stands there, a full one before tells that there were more.
 */
function endOfBlocks(
  bytes: Buffer,
  from: number,
  budget: BlockBudget,
): { at: number; isOpen: boolean; isCut: boolean } {
  let before = fullBlockBytes;
  for (let at = from; ; ) {
    if (at >= bytes.length) return { at: bytes.length, isOpen: true, isCut: before === fullBlockBytes };
    if (budget.left <= 0) return { at, isOpen: true, isCut: false };
    budget.left -= 1;
    const length = bytes[at] ?? 0;
    if (length === 0) return { at: at + 1, isOpen: false, isCut: false };
    const isTrailer = length === trailer && at + 1 === bytes.length;
    if (at + 1 + length > bytes.length) return { at, isOpen: true, isCut: !isTrailer || before === fullBlockBytes };
    at += 1 + length;
    before = length;
  }
}

function tableBytes(packed: number): number {
  return (packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1);
}
