/** Finds files whose inside is so unusual that even reading their header may take long, without asking a decoder. */
import type { AcceptedFormat, sniffFormat } from '@tintype/contracts';
import { isUnusualAvif, isUnusualHeic } from './boxes.ts';
import { isUnusualGif } from './gif.ts';
import { isUnusualJpeg } from './jpeg.ts';
import { isUnusualPng } from './png.ts';
import { OutOfSteps, StepBudget } from './step-budget.ts';
import { isUnusualTiff } from './tiff.ts';
import { isUnusualWebp } from './webp.ts';

/** `undecided`: the steps were used up before it was known. */
export type StructureVerdict = 'usual' | 'unusual' | 'undecided';

/** What the first bytes say. */
export type ScannedFormat = ReturnType<typeof sniffFormat>;

type Rule = (bytes: Uint8Array, steps: StepBudget) => boolean;

const rules: ReadonlyMap<ScannedFormat, Rule> = new Map<AcceptedFormat, Rule>([
  ['jpeg', isUnusualJpeg],
  ['png', isUnusualPng],
  ['webp', isUnusualWebp],
  ['gif', isUnusualGif],
  ['tiff', isUnusualTiff],
  ['avif', isUnusualAvif],
  ['heic', isUnusualHeic],
]);

/**
 * Whether the header costs more to read than a header should: thousands of segments (each costs a JPEG decoder some 200
 * bytes), scans, frames or pages, or megabytes of metadata. A step is a look at a length or at a marker: 50 to 100 ns,
 * whatever the file is. A GIF counts by its blocks, and only where a later frame is looked for: its first one is read in
 * one pass. What is not accepted is not read at all.
 */
export function scanStructure(bytes: Uint8Array, format: ScannedFormat, maxSteps: number): StructureVerdict {
  const isUnusual = rules.get(format);
  if (!isUnusual) return 'usual';
  try {
    return isUnusual(bytes, new StepBudget(maxSteps)) ? 'unusual' : 'usual';
  } catch (err) {
    if (err instanceof OutOfSteps) return 'undecided';
    throw err;
  }
}

/** Two milliseconds at most, and enough for nearly every file. */
export const quickSteps = 20_000;

/** Enough for every file that an encoder writes: coded data has a marker's byte once in 256 bytes or so. */
export function thoroughSteps(bytes: Uint8Array): number {
  return quickSteps + Math.ceil(bytes.length / 64);
}
