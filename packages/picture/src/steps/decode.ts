/** Step 3: the one decode, at the size that serves all thumbnails and the colours. */
import { type DecodeOptions, decodePicture } from '@tintype/imaging';
import type { Pixels } from '@tintype/raster';
import type { PicturePlan } from './plan.ts';

/** Throws as `decodePicture` does: `corrupt_image`, `decode_timeout`, or `too_many_pixels` when there is no memory. */
export function decode(
  bytes: Buffer,
  plan: PicturePlan,
  timeoutMs: number,
  options: DecodeOptions = {},
): Promise<Pixels> {
  return decodePicture(bytes, plan.decodeSize, timeoutMs, options);
}
