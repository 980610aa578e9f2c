/** Every class of hostile files. */
import { createBases } from '../bytes/bases.ts';
import { boxTricks } from './box-tricks.ts';
import { bitFlips, splices, truncations } from './damage.ts';
import { decompressionBombs } from './decompression-bombs.ts';
import { dimensionBombs } from './dimension-bombs.ts';
import { frameBombs } from './frame-bombs.ts';
import type { FileClass } from './hostile-file.ts';
import { largeAtOnce } from './large-at-once.ts';
import { largestPictures } from './largest-pictures.ts';
import { lyingHeaders } from './lying-headers.ts';
import { manyParts } from './many-parts.ts';
import { metadataGarbage } from './metadata-garbage.ts';
import { extremeShapes, goodPictures } from './odd-pictures.ts';
import { polyglots } from './polyglots.ts';
import { refusedFormats } from './refused-formats.ts';
import { tiffTricks } from './tiff-tricks.ts';

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
    lyingHeaders(bases),
    tiffTricks(),
    boxTricks(bases),
    metadataGarbage(bases),
    polyglots(bases),
    refusedFormats(bases),
    extremeShapes(),
    goodPictures(bases),
    largeAtOnce(),
    manyParts(bases),
    largestPictures(),
  ];
}
