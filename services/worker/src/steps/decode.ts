/** Step 3: the one decode, after the header has been held against the limits. */
import type { RenditionOptions } from '@tintype/contracts';
import {
  decodePicture,
  decodeSize,
  inspectPicture,
  type PictureFacts,
  type PictureLimits,
  type Pixels,
  requireSmallOutput,
} from '@tintype/imaging';

export type DecodedPicture = { facts: PictureFacts; pixels: Pixels };

/** Throws `not_an_image`, `unsupported_format`, `too_many_pixels`, `corrupt_image` or `decode_timeout`. */
export async function decodeSource(
  bytes: Buffer,
  options: RenditionOptions,
  limits: PictureLimits,
): Promise<DecodedPicture> {
  const facts = await inspectPicture(bytes, limits);
  requireSmallOutput(facts, options);
  return { facts, pixels: await decodePicture(bytes, decodeSize(facts, options)) };
}
