/** The methods that are compared, ours first. */
import { colorThief } from './color-thief.ts';
import type { Contender } from './contender.ts';
import { extractColors } from './extract-colors.ts';
import { createKMeans } from './k-means.ts';
import { nodeVibrant } from './node-vibrant.ts';
import { sharpDominant } from './sharp-dominant.ts';
import { tintype } from './tintype.ts';

export function createContenders(): Contender[] {
  return [tintype, colorThief, nodeVibrant, extractColors, sharpDominant, createKMeans()];
}
