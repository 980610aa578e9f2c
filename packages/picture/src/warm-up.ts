/** Runs the whole path a few times, so that the first picture does not pay for loading and compiling code. */
import { warmUp as warmUpColour } from '@tintype/colour';
import { usualRendition } from '@tintype/contracts';
import { renderThumbnail } from '@tintype/imaging';
import { type Pixels, thumbhashOf } from '@tintype/raster';
import { drawPicture } from './draw-picture.ts';

const rounds = 3;
const limits = {
  maxMegapixels: 1,
  maxMegapixelsUnstreamed: 1,
  maxDecodeBytes: Number.POSITIVE_INFINITY,
  timeoutMs: 10_000,
};

/** To be called once when a process starts that makes pictures. */
export async function warmUpPicture(): Promise<void> {
  await warmUpDrawing();
  for (let round = 0; round < rounds; round += 1) thumbhashOf(gradient(320, 240));
  warmUpColour();
}

/** The same without colours and placeholder. */
export async function warmUpDrawing(): Promise<void> {
  const order = { renditions: [{ name: 'warm-up', ...usualRendition }], colours: {} };
  const pixels = gradient(320, 240);
  for (let round = 0; round < rounds; round += 1) {
    const { bytes } = await renderThumbnail(pixels, pixels, {
      ...usualRendition,
      width: 320,
      height: 240,
      fit: 'fill',
    });
    await drawPicture(bytes, order, limits);
  }
}

function gradient(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 1) data[at] = (at * 7) % 256;
  return { data, width, height, channels: 3 };
}
