/** Every class of hostile files. */
import { createBases } from '../bytes/bases.ts';
import { bitFlips, splices, truncations } from './damage.ts';
import { decompressionBombs } from './decompression-bombs.ts';
import { dimensionBombs } from './dimension-bombs.ts';
import { frameBombs } from './frame-bombs.ts';
import type { FileClass } from './hostile-file.ts';

/** The same files for the same seed. */
export function fileClasses(seed: number): FileClass[] {
  const bases = createBases();
  return [
    dimensionBombs(bases),
    decompressionBombs(bases),
    frameBombs(bases),
    truncations(bases),
    bitFlips(bases, seed),
    splices(bases, seed),
  ];
}
