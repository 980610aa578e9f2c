/** What is unusual about the inside of an AVIF or a HEIC: ISO/IEC 14496-12, boxes of length, type and data. */
import { maxMetadataBytes, maxParts } from './limits.ts';
import type { StepBudget } from './step-budget.ts';

const meta = 0x6d657461;

/** Lists of a thousand tiles; all of them are looked through. */
const maxListBytes = 256 * 1024;

export function isUnusualAvif(bytes: Uint8Array, steps: StepBudget): boolean {
  return isUnusualBoxes(bytes, steps, maxMetadataBytes);
}

export function isUnusualHeic(bytes: Uint8Array, steps: StepBudget): boolean {
  return isUnusualBoxes(bytes, steps, maxListBytes);
}

/** What the picture is made of stands in `meta`; a few kilobytes are usual, and so are a few boxes. */
function isUnusualBoxes(bytes: Uint8Array, steps: StepBudget, maxMetaBytes: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let boxes = 0;
  for (let at = 0; at + 8 <= bytes.length; boxes += 1) {
    steps.take();
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === meta) return length === 0 || length === 1 || length > maxMetaBytes;
    if (length < 8) return length === 1; // 64-bit lengths are for films
    if (boxes > maxParts) return true;
    at += length;
  }
  return false;
}
