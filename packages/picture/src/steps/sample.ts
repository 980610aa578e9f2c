/** Step 4: the small, uncropped picture that colours and placeholder are read from. */
import { resizePixels } from '@tintype/imaging';
import type { Pixels } from '@tintype/raster';
import type { PicturePlan } from './plan.ts';

/** The decoded picture itself where it is small, else a copy; null when the colours are known. */
export async function sample(pixels: Pixels, { order, sampleSize: size }: PicturePlan): Promise<Pixels | null> {
  if (order.colours === null) return null;
  if (size.width === pixels.width && size.height === pixels.height) return pixels;
  return resizePixels(pixels, size);
}
