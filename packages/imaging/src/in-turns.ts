/** Goes through the pixels of a picture on the loop without keeping it from others. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Calls for one range of pixels after the other, each in a turn of its own. */
export async function inTurns(
  pixels: number,
  pixelsPerTurn: number,
  work: (from: number, end: number) => void,
): Promise<void> {
  for (let from = 0; from < pixels; from += pixelsPerTurn) {
    if (from > 0) await nextTurn();
    work(from, Math.min(pixels, from + pixelsPerTurn));
  }
}
