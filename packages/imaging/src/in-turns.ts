/** Goes through the pixels of a picture on the loop without keeping it from others. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Of a simple step for each pixel, some milliseconds. */
export const pixelsPerTurn = 200_000;

/** The same in rows: at least one. */
export function rowsPerTurn(width: number): number {
  return Math.max(1, Math.floor(pixelsPerTurn / width));
}

/** Calls for one range of pixels, or of rows, after the other, each in a turn of its own. */
export async function inTurns(
  count: number,
  perTurn: number,
  work: (from: number, end: number) => void,
): Promise<void> {
  for (let from = 0; from < count; from += perTurn) {
    if (from > 0) await nextTurn();
    work(from, Math.min(count, from + perTurn));
  }
}
