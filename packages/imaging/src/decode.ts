/** The one decode of a picture, and smaller copies of what came of it. */
import type { Pixels, Size } from '@tintype/raster';
import { decodeProblem } from './decode-problem.ts';
import { withoutExtraBands } from './extra-bands.ts';
import { sharp } from './libvips.ts';

/**
 * Decodes to 8-bit sRGB of exactly this size, upright, first frame, alpha kept, without metadata. JPEG and WebP are
 * shrunk while they are loaded. `timeoutMs` is soft: libvips looks at it between regions, in whole seconds. Throws
 * `corrupt_image`, `decode_timeout`, or `too_many_pixels` when there is no memory for it.
 */
export async function decodePicture(bytes: Buffer, size: Size, timeoutMs: number): Promise<Pixels> {
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error', autoOrient: true, limitInputPixels: false, pages: 1 })
      .resize({ ...size, fit: 'fill' })
      .toColourspace('srgb')
      .timeout({ seconds: Math.ceil(timeoutMs / 1000) })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels > 4) return await withoutExtraBands(data, info);
    return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
  } catch (err) {
    throw decodeProblem(err);
  }
}

/** A copy of exactly this size. */
export async function resizePixels(pixels: Pixels, size: Size): Promise<Pixels> {
  const { data, info } = await sharp(pixels.data, { raw: pixels })
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}
