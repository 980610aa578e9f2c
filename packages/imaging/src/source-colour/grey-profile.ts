/** Grey pixels whose profile is one for grey. */
import type { Pixels } from '@tintype/raster';
import { inTurns } from '../in-turns.ts';
import { openPipeline } from '../libvips.ts';
import { type ProfiledSamples, pngWithProfile } from './profile-png.ts';
import type { Samples } from './to-srgb.ts';

/** Takes a few milliseconds of the loop. */
const pixelsPerTurn = 1_000_000;

/** The same pixels in sRGB; all three colours of a grey pixel are the same. */
export async function withGreyProfile(pixels: Pixels, profile: Buffer): Promise<Pixels> {
  const { data, width, height, channels } = pixels;
  const grey = new Uint8Array(data.length / channels);
  await inTurns(grey.length, pixelsPerTurn, (from, end) => {
    for (let at = from; at < end; at += 1) grey[at] = data[at * channels] ?? 0;
  });
  const meant = await meantGreys({ width, height, channels: 1, data: grey }, profile);
  await inTurns(grey.length, pixelsPerTurn, (from, end) => {
    for (let at = from; at < end; at += 1) {
      const colour = meant[at] ?? 0;
      for (let channel = 0; channel < 3; channel += 1) data[at * channels + channel] = colour;
    }
  });
  return pixels;
}

/**
 * The same of samples of 16 bits, to which libvips applies no profile for grey: it is asked about 256 of them, and what lies
 * between two is between what they mean.
 */
export async function greyOfDeep({ data, channels, most }: Samples, profile: Buffer): Promise<Uint8Array> {
  const greys = Uint8Array.from({ length: 256 }, (_, grey) => grey);
  const meant = await meantGreys({ width: greys.length, height: 1, channels: 1, data: greys }, profile);
  const made = new Uint8Array(data.length);
  await inTurns(data.length / channels, pixelsPerTurn, (from, end) => {
    for (let at = from * channels; at < end * channels; at += channels) {
      const place = ((data[at] ?? 0) * 255) / most;
      const below = meant[Math.floor(place)] ?? 0;
      const above = meant[Math.ceil(place)] ?? 0;
      made.fill(Math.round(below + (above - below) * (place % 1)), at, at + 3);
      if (channels === 4) made[at + 3] = Math.round(((data[at + 3] ?? 0) * 255) / most);
    }
  });
  return made;
}

/** One sample for each. */
async function meantGreys(greys: ProfiledSamples, profile: Buffer): Promise<Uint8Array> {
  const png = openPipeline(await pngWithProfile(greys, profile), { limitInputPixels: false });
  const { data, info } = await png.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return data.filter((_, at) => at % info.channels === 0);
}
