/** What is unusual about a PNG's inside: PNG (third edition) §5.3, chunks of length, type, data and CRC. */
import { maxMetadataBytes, maxParts } from './limits.ts';
import type { StepBudget } from './step-budget.ts';

const pictureData = 0x49444154; // IDAT
const end = 0x49454e44; // IEND

/** Samples of a pixel by the colour type: §11.2.1. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** What cannot be packed becomes a little longer. */
const [dataTimes, spareBytes] = [1.25, 64 * 1024];

/**
 * Only IDAT may come often, and not with more than the pixels take: a decoder reads a megabyte of empty blocks in 100 ms.
 * What stands behind IEND is read by nobody.
 */
export function isUnusualPng(bytes: Uint8Array, steps: StepBudget): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let parts = 0;
  let metadataBytes = 0;
  let dataBytes = 0;
  const maxDataBytes = mostDataBytes(view);
  for (let at = 8; at + 8 <= bytes.length; ) {
    steps.take();
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === end) return false;
    if (type === pictureData) {
      dataBytes += length;
      if (dataBytes > maxDataBytes) return true;
    } else {
      parts += 1;
      metadataBytes += length;
      if (parts > maxParts || metadataBytes > maxMetadataBytes) return true;
    }
    at += 12 + length;
  }
  return false;
}

/** Of pixels that are not packed at all: a byte for the filter of each row, and rows of several passes (§8). */
function mostDataBytes(view: DataView): number {
  if (view.byteLength < 29) return Number.POSITIVE_INFINITY; // without a header, which the decoder says
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const bits = view.getUint8(24) * (samples[view.getUint8(25)] ?? 4);
  const passes = view.getUint8(28) === 0 ? 1 : 2;
  return dataTimes * passes * height * ((width * bits) / 8 + 2) + spareBytes;
}
