/** Step 3: the one decode, as large as colours want it, and what thumbnails are made of. */
import { type DecodedPixels, type DecodeOptions, decodePicture, resizePixels } from '@tintype/imaging';
import type { Pixels } from '@tintype/raster';
import type { PicturePlan } from './plan.ts';

/** Throws as `decodePicture` does: `corrupt_image`, `decode_timeout`, or `too_many_pixels` when there is no memory. */
export function decode(
  bytes: Buffer,
  { rasterSize, order }: PicturePlan,
  timeoutMs: number,
  options: DecodeOptions = {},
): Promise<DecodedPixels> {
  return decodePicture(bytes, rasterSize, timeoutMs, { ...order, ...options });
}

/** The decoded picture itself where it has that size, else a copy. */
export async function shrink(raster: Pixels, { decodeSize: size }: PicturePlan): Promise<Pixels> {
  return isOfSize(raster, size) ? raster : resizePixels(raster, size);
}

function isOfSize(pixels: Pixels, { width, height }: { width: number; height: number }): boolean {
  return pixels.width === width && pixels.height === height;
}
