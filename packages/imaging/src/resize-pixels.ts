/** Smaller copies of decoded pixels. */
import type { Pixels, Size } from '@tintype/raster';
import { openPipeline } from './libvips.ts';

/** A copy of exactly this size. */
export async function resizePixels(
  pixels: Pixels,
  { width, height }: Size,
  kernel: 'lanczos3' | 'linear' = 'lanczos3',
): Promise<Pixels> {
  const pipeline = openPipeline(pixels.data, { raw: pixels, limitInputPixels: false });
  return rawOf(pipeline.resize({ width, height, fit: 'fill', kernel }));
}

/** What comes out of a pipeline, as pixels. */
export async function rawOf(pipeline: ReturnType<typeof openPipeline>): Promise<Pixels> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}
