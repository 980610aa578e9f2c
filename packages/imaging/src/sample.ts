/** The small, uncropped picture that colours are read from. */
import { sampleSidePixels } from './decode.ts';
import { sharp } from './libvips.ts';
import type { Pixels } from './pixels.ts';

/** Up to this side the decoded picture serves as it is: a second pipeline would cost more than it saves. */
const directSidePixels = 200;

/** The decoded picture itself where it is small, else a copy of at most `sampleSidePixels` a side. */
export async function sampleForColours(pixels: Pixels): Promise<Pixels> {
  if (Math.max(pixels.width, pixels.height) <= directSidePixels) return pixels;
  const { data, info } = await sharp(pixels.data, { raw: pixels })
    .resize({ width: sampleSidePixels, height: sampleSidePixels, fit: 'inside' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}
