/** The small, uncropped picture that colours are read from. */
import type { Pixels } from '@tintype/raster';
import { sampleSidePixels } from './decode.ts';
import { sharp } from './libvips.ts';

/** Up to this side the decoded picture serves as it is: a second pipeline would cost more than it saves. */
const directSidePixels = 200;

type Size = { width: number; height: number };

/** The size of the picture that colours are read from: that of the thumbnail, unless it is too large or too small. */
export function sampleSize({ width, height }: Size): Size {
  const longerSide = Math.max(width, height);
  if (longerSide <= directSidePixels) return { width, height };
  const side = (pixels: number) => Math.max(1, Math.round((pixels * sampleSidePixels) / longerSide));
  return { width: side(width), height: side(height) };
}

/** The decoded picture itself where it is small, else a copy of at most `sampleSidePixels` a side. */
export async function sampleForColours(pixels: Pixels): Promise<Pixels> {
  const size = sampleSize(pixels);
  if (size.width === pixels.width && size.height === pixels.height) return pixels;
  const { data, info } = await sharp(pixels.data, { raw: pixels })
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}
