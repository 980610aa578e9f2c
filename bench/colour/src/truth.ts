/** What is known of a generated picture: its colours, its dominant one, what lies behind. */
import { hexFromRgb, type Pixels, type Rgb, rgbFromHex } from '@tintype/colour';

/** `share` of the opaque pixels, 0 … 1. */
export type Colour = { rgb: Rgb; share: number };

export type Truth = {
  /** Heaviest first. */
  palette: readonly Colour[];
  /** Null where two colours are about equally heavy: either would be right. */
  dominant: Rgb | null;
  /** Null where nothing lies behind the rest. */
  background: Rgb | 'transparent' | null;
  /** The one colour among greys that should be found as accent, where there is one. */
  accent: Rgb | null;
};

/** So much heavier than the next must a colour be to count as the dominant one. */
const clearLead = 1.12;

export function truthOf(palette: readonly Colour[], background: Truth['background'], accent: Rgb | null = null): Truth {
  const heaviestFirst = palette.toSorted((one, other) => other.share - one.share);
  const [first, second] = heaviestFirst;
  const isClear = first !== undefined && first.share > clearLead * (second?.share ?? 0);
  return { palette: heaviestFirst, dominant: isClear ? first.rgb : null, background, accent };
}

/** The colours of flat art by counting its opaque pixels. */
export function countColours({ data, channels }: Pixels): Colour[] {
  const counts = new Map<string, number>();
  let total = 0;
  for (let at = 0; at < data.length; at += channels) {
    if (channels === 4 && (data[at + 3] ?? 0) < 128) continue;
    const hex = hexFromRgb([data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0]);
    counts.set(hex, (counts.get(hex) ?? 0) + 1);
    total++;
  }
  return [...counts].map(([hex, count]) => ({ rgb: rgbFromHex(hex), share: count / total }));
}
