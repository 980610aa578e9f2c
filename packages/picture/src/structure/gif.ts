/** What is unusual about a GIF's inside, for whoever looks for a later frame: GIF 89a, blocks of a length and as many bytes. */
import type { StepBudget } from './step-budget.ts';

/** Of 255 bytes each they are 25 MB; all of them are walked through. */
const maxBlocks = 100_000;
const [extension, imageDescriptor] = [0x21, 0x2c];

export function isUnusualGif(bytes: Uint8Array, steps: StepBudget): boolean {
  let blocks = 0;
  let at = 13 + tableBytes(bytes[10] ?? 0);
  while (at < bytes.length) {
    if (bytes[at] === extension) at += 2;
    else if (bytes[at] === imageDescriptor) at += 11 + tableBytes(bytes[at + 9] ?? 0);
    else return false;
    for (let length = 1; length > 0 && at < bytes.length; at += 1 + length, blocks += 1) {
      steps.take();
      length = bytes[at] ?? 0;
    }
    if (blocks > maxBlocks) return true;
  }
  return false;
}

function tableBytes(packed: number): number {
  return (packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1);
}
