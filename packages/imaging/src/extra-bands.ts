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
): Promise<Pixels> {
  const pixels = width * height;
  const colours = new Uint8Array(pixels * 3);
  await inTurns(pixels, pixelsPerTurn, (from, end) => copyColours(data, channels, colours, from, end));
  return { data: colours, width, height, channels: 3 };
}

function copyColours(data: Uint8Array, channels: number, into: Uint8Array, from: number, end: number): void {
  for (let pixel = from, at = from * channels, to = from * 3; pixel < end; pixel += 1, at += channels, to += 3) {
    into[to] = data[at] ?? 0;
    into[to + 1] = data[at + 1] ?? 0;
    into[to + 2] = data[at + 2] ?? 0;
  }
}
