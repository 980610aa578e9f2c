/** A small HEIC file, which nothing here can write. */
import { readFileSync } from 'node:fs';

/** 64 × 64 pixels: a red, a green, a blue and a white quarter (made by packages/imaging/test/fixtures/heic.py). */
export function heicPicture(): Buffer {
  return readFileSync(new URL('../fixtures/quarters.heic', import.meta.url));
}
