/** Step 4: the small, uncropped picture that colours and placeholder are read from. */
import { type Pixels, type Sample, samplePixels } from '@tintype/raster';
import type { PicturePlan } from './plan.ts';

/** The decoded picture itself where it is small, else a copy; null when the colours are known. */
export function sample(raster: Pixels, { order, sampleSize }: PicturePlan): Sample | null {
  return order.colours === null ? null : samplePixels(raster, sampleSize);
}
