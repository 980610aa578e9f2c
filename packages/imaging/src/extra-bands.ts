/** Leaves out the bands of a picture that are neither colour nor transparency. */
import type { Pixels } from '@tintype/raster';
import { inTurns } from './in-turns.ts';

/** Takes a few milliseconds of the loop. */
const pixelsPerTurn = 1_000_000;

/**
 * A TIFF may have bands besides its colours that nobody has said the meaning of (TIFF 6.0, ExtraSamples 0). There may
 * be millions of pixels: others get on in between.
 */
export async function withoutExtraBands(
  data: Uint8Array,
  { width, height, channels }: { width: number; height: number; channels: number },
  kept: 3 | 4,
): Promise<Pixels> {
  const pixels = width * height;
  const made = new Uint8Array(pixels * kept);
  await inTurns(pixels, pixelsPerTurn, (from, end) => {
    for (let at = from; at < end; at += 1) {
      for (let band = 0; band < kept; band += 1) made[at * kept + band] = data[at * channels + band] ?? 0;
    }
  });
  return { data: made, width, height, channels: kept };
}
