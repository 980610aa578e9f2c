/** What is unusual about a PNG's inside: PNG (third edition) §5.3, chunks of length, type, data and CRC. */
import { maxMetadataBytes, maxParts } from './limits.ts';
import type { StepBudget } from './step-budget.ts';

const pictureData = 0x49444154; // IDAT
const end = 0x49454e44; // IEND

/** Only IDAT may come often; what stands behind IEND is read by nobody. */
export function isUnusualPng(bytes: Uint8Array, steps: StepBudget): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let parts = 0;
  let metadataBytes = 0;
  for (let at = 8; at + 8 <= bytes.length; ) {
    steps.take();
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === end) return false;
    if (type !== pictureData) {
      parts += 1;
      metadataBytes += length;
      if (parts > maxParts || metadataBytes > maxMetadataBytes) return true;
    }
    at += 12 + length;
  }
  return false;
}
