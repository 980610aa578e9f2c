/** Alpha as it is meant: its range, and colours that are multiplied by it. */
import { inTurns } from '../in-turns.ts';

/** Takes a few milliseconds of the loop. */
const pixelsPerTurn = 500_000;

/** Alpha of narrow range becomes full, in place. */
export async function widenAlpha(data: Uint8Array | Uint16Array, most: number): Promise<void> {
  const [least, range] = [(most * 16) / 255, (most * 219) / 255];
  await inTurns(data.length / 4, pixelsPerTurn, (from, end) => {
    for (let at = from * 4 + 3; at < end * 4; at += 4) {
      const share = ((data[at] ?? 0) - least) / range;
      data[at] = Math.round(most * Math.min(1, Math.max(0, share)));
    }
  });
}

/** Undoes what colours lose when they are multiplied by alpha: of red, green, blue and alpha, in place; as libavif does it, on samples as they are coded. */
export async function unpremultiply(data: Uint8Array | Uint16Array, most: number): Promise<void> {
  await inTurns(data.length / 4, pixelsPerTurn, (from, end) => {
    for (let at = from * 4; at < end * 4; at += 4) {
      const alpha = data[at + 3] ?? 0;
      if (alpha === most) continue;
      for (let channel = at; channel < at + 3; channel += 1) {
        const value = alpha === 0 ? 0 : Math.round(((data[channel] ?? 0) * most) / alpha);
        data[channel] = Math.min(most, value);
      }
    }
  });
}
