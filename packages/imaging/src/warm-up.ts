/** Runs the whole path once, so that the first stranger's picture does not pay for loading code. */
import { type Pixels, thumbhashOf } from '@tintype/raster';
import { decodePicture, decodeSize } from './decode.ts';
import { inspectPicture } from './inspect.ts';
import { renderThumbnail } from './render.ts';

const rounds = 3;
const limits = { maxMegapixels: 1, maxMegapixelsUnstreamed: 1, maxDecodeBytes: Number.POSITIVE_INFINITY };
const timeoutMs = 10_000;

/** Decodes and renders a gradient a few times. */
export async function warmUpImaging(): Promise<void> {
  const options = { width: 100, height: 100, fit: 'cover', format: 'auto' } as const;
  const pixels = gradient(320, 240);
  for (let round = 0; round < rounds; round += 1) {
    const { bytes } = await renderThumbnail(pixels, { ...options, width: 320, height: 240, fit: 'fill' });
    const { facts } = await inspectPicture(bytes, options, limits);
    const decoded = await decodePicture(bytes, decodeSize(facts, options), timeoutMs);
    await renderThumbnail(decoded, options);
    thumbhashOf(decoded);
  }
}

function gradient(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 1) data[at] = (at * 7) % 256;
  return { data, width, height, channels: 3 };
}
