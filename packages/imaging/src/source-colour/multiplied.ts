/** Colours that are multiplied by their alpha, which some writers of AVIF and HEIC do. */
import { inTurns } from '../in-turns.ts';
import type { Samples } from './to-srgb.ts';

/** Takes a few milliseconds of the loop. */
const pixelsPerTurn = 250_000;

/** In place, as libavif does it: rounded, full intensity at the most, and nothing where alpha is 0. */
export async function divideByAlpha({ data, most }: Samples): Promise<void> {
  await inTurns(data.length / 4, pixelsPerTurn, (from, end) => {
    for (let at = from * 4; at < end * 4; at += 4) {
      const alpha = data[at + 3] ?? 0;
      if (alpha === most) continue;
      for (let channel = at; channel < at + 3; channel += 1) {
        data[channel] = alpha === 0 ? 0 : Math.min(most, Math.round(((data[channel] ?? 0) * most) / alpha));
      }
    }
  });
}
