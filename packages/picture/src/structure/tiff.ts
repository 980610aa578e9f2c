/** What is unusual about a TIFF's inside: TIFF 6.0 §2, a chain of directories; BigTIFF (version 43) is wider. */
import { maxParts } from './limits.ts';
import type { StepBudget } from './step-budget.ts';

/** A chain that is a ring has many pages too. */
export function isUnusualTiff(bytes: Uint8Array, steps: StepBudget): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = bytes[0] === 0x49;
  const isBig = bytes[isLittle ? 2 : 3] === 43;
  const number = (at: number, width: 2 | 4 | 8): number => {
    if (at < 0 || at + width > bytes.length) return 0;
    if (width === 2) return view.getUint16(at, isLittle);
    return width === 4 ? view.getUint32(at, isLittle) : Number(view.getBigUint64(at, isLittle));
  };
  const offsetBytes = isBig ? 8 : 4;
  const countBytes = isBig ? 8 : 2;
  const entryBytes = isBig ? 20 : 12;
  let at = number(isBig ? 8 : 4, offsetBytes);
  for (let pages = 0; at !== 0; pages += 1) {
    steps.take();
    if (pages > maxParts) return true;
    at = number(at + countBytes + number(at, countBytes) * entryBytes, offsetBytes);
  }
  return false;
}
