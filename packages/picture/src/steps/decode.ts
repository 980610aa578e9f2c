/** Step 3: the one decode, at the size that serves all thumbnails and the colours. */
import { type DecodedPixels, decodePicture } from '@tintype/imaging';
import type { PicturePlan } from './plan.ts';

/** Throws `corrupt_image`, `decode_timeout`, or `too_many_pixels` when there is no memory for it. */
export function decode(bytes: Buffer, plan: PicturePlan, timeoutMs: number): Promise<DecodedPixels> {
  return decodePicture(bytes, plan.decodeSize, timeoutMs, plan.order);
}
