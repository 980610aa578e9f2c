/** Step 3: the one decode, after the header has been held against the limits. */
import type { Rendition } from '@tintype/contracts';
import { decodePicture, decodeSize, type PictureFacts, requireSmallOutput } from '@tintype/imaging';
import type { Pixels } from '@tintype/raster';

/** Throws `too_many_pixels`, `corrupt_image` or `decode_timeout`. */
export async function decodeSource(
  bytes: Buffer,
  facts: PictureFacts,
  options: Rendition,
  timeoutMs: number,
): Promise<Pixels> {
  requireSmallOutput(facts, options);
  return decodePicture(bytes, decodeSize(facts, options), timeoutMs);
}
