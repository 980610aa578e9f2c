/** What is unusual about the inside of an AVIF or a HEIC: ISO/IEC 14496-12, boxes of length, type and data. */
import { maxMetadataBytes, maxParts } from './limits.ts';
import type { StepBudget } from './step-budget.ts';

const meta = 0x6d657461;
const itemInfos = 0x69696e66;

/** Boxes that hold others, by their types, with the bytes that stand before these; in `iinf` two or four more. */
const holders = new Map([
  [meta, 4],
  [0x69707270, 0], // iprp
  [0x6970636f, 0], // ipco
  [itemInfos, 4],
  [0x69726566, 4], // iref
]);

type MetaLimits = { bytes: number; boxes: number };

/** A few kilobytes are usual, and so are a few boxes. */
const avifLimits: MetaLimits = { bytes: maxMetadataBytes, boxes: maxParts };
/** Lists of a thousand tiles; all of them are looked through. */
const heicLimits: MetaLimits = { bytes: 256 * 1024, boxes: Number.POSITIVE_INFINITY };

export function isUnusualAvif(bytes: Uint8Array, steps: StepBudget): boolean {
  return isUnusualBoxes(bytes, steps, avifLimits);
}

export function isUnusualHeic(bytes: Uint8Array, steps: StepBudget): boolean {
  return isUnusualBoxes(bytes, steps, heicLimits);
}

/** What the picture is made of stands in `meta`. */
function isUnusualBoxes(bytes: Uint8Array, steps: StepBudget, most: MetaLimits): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let boxes = 0;
  for (let at = 0; at + 8 <= bytes.length; boxes += 1) {
    steps.take();
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === meta) {
      return length === 0 || length === 1 || length > most.bytes || hasMoreBoxes(view, at, length, steps, most.boxes);
    }
    if (length < 8) return length === 1; // 64-bit lengths are for films
    if (boxes > maxParts) return true;
    at += length;
  }
  return false;
}

/** All of them are looked through for each picture, several times. */
function hasMoreBoxes(view: DataView, from: number, length: number, steps: StepBudget, most: number): boolean {
  if (most === Number.POSITIVE_INFINITY) return false;
  const ranges = [{ at: from, end: Math.min(view.byteLength, from + length) }];
  for (let boxes = 0, range = ranges.pop(); range; range = ranges.pop()) {
    for (let { at } = range; at + 8 <= range.end; boxes += 1) {
      steps.take();
      if (boxes > most) return true;
      const bytes = view.getUint32(at);
      if (bytes < 8) break;
      const type = view.getUint32(at + 4);
      const before = holders.get(type);
      if (before !== undefined && at + 12 <= range.end) {
        const counts = type === itemInfos ? (view.getUint8(at + 8) === 0 ? 2 : 4) : 0;
        ranges.push({ at: at + 8 + before + counts, end: Math.min(range.end, at + bytes) });
      }
      at += bytes;
    }
  }
  return false;
}
