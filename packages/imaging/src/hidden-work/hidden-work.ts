/** Whether a file brings work that neither its size nor its length tells of: then it is for a process that can be stopped. */
import type { AcceptedFormat } from '@tintype/contracts';
import { hasManyFrames } from './avif.ts';
import { isMoreThanPixels } from './tiff.ts';
import { hasManyPrefixCodes } from './webp.ts';

/** Of a file with what is shown alone (`soundFileOf`); takes a few milliseconds at most. */
export function hasHiddenWork(bytes: Buffer, format: AcceptedFormat): boolean {
  if (format === 'webp') return hasManyPrefixCodes(bytes);
  if (format === 'avif') return hasManyFrames(bytes);
  return format === 'tiff' && isMoreThanPixels(bytes);
}
