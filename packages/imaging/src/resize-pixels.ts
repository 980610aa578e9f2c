/** Smaller copies of decoded pixels. */
import type { Pixels, Size } from '@tintype/raster';
import { openPipeline } from './libvips.ts';

/** A copy of exactly this size. */
export async function resizePixels(pixels: Pixels, size: Size): Promise<Pixels> {
  const { data, info } = await openPipeline(pixels.data, { raw: pixels, limitInputPixels: false })
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}
