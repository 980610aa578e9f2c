/** Grey pixels whose profile is one for grey. */
import type { Pixels } from '@tintype/raster';
import { inTurns } from '../in-turns.ts';
import { openPipeline } from '../libvips.ts';
import { pngWithProfile } from './profile-png.ts';

/** Takes a few milliseconds of the loop. */
const pixelsPerTurn = 1_000_000;

/** The same pixels in sRGB; all three colours of a grey pixel are the same. */
export async function withGreyProfile(pixels: Pixels, profile: Buffer): Promise<Pixels> {
  const { data, width, height, channels } = pixels;
  const grey = new Uint8Array(data.length / channels);
  await inTurns(grey.length, pixelsPerTurn, (from, end) => {
    for (let at = from; at < end; at += 1) grey[at] = data[at * channels] ?? 0;
  });
  const png = await pngWithProfile({ width, height, channels: 1, data: grey }, profile);
  const { data: meant, info } = await openPipeline(png)
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  await inTurns(grey.length, pixelsPerTurn, (from, end) => {
    for (let at = from; at < end; at += 1) {
      const colour = meant[at * info.channels] ?? 0;
      for (let channel = 0; channel < 3; channel += 1) data[at * channels + channel] = colour;
    }
  });
  return pixels;
}
