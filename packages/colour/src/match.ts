/** Nearest colours of a palette: a palette is prepared once, then searched by CIEDE2000, OKLab or sRGB distance. */
import { type Lab, labFromRgb, type Oklab, oklabFromRgb, type Rgb, rgbFromHex } from './convert.ts';
import { ciede2000, oklabDistance, rgbDistance } from './difference.ts';

export const colourMetrics = ['ciede2000', 'oklab', 'rgb'] as const;
export type ColourMetric = (typeof colourMetrics)[number];

/**
 * How far a colour may be from its match, by default. CIEDE2000 ≤ 10 covers 89 % of random sRGB colours against the CSS
 * names; the others cover the same part.
 */
export const defaultTolerance: Record<ColourMetric, number> = { ciede2000: 10, oklab: 0.12, rgb: 50 };

/** A palette ready to be searched; `entries` are the caller's own objects. */
export type PreparedPalette<Entry> = {
  readonly entries: readonly Entry[];
  readonly rgbs: readonly Rgb[];
  readonly labs: readonly Lab[];
  readonly oklabs: readonly Oklab[];
};

export type ColourMatch<Entry> = { entry: Entry; distance: number };

/** Up to this size every entry is compared by CIEDE2000; above, those that OKLab finds near. */
const exactScanEntries = 500;
/**
 * How many of OKLab's nearest are compared by CIEDE2000. Where thousands of colours crowd together the very nearest may
 * still be missed for one that is less than 0.1 ΔE farther.
 */
const shortlistEntries = 64;

/** A palette to which colours are added one by one: thousands at once would keep a loop from everybody else. */
export type GrowingPalette<Entry> = { entries: Entry[]; rgbs: Rgb[]; labs: Lab[]; oklabs: Oklab[] };

export function emptyPalette<Entry>(): GrowingPalette<Entry> {
  return { entries: [], rgbs: [], labs: [], oklabs: [] };
}

/** Converts the colour once. Throws RangeError for a hex that is not #rrggbb. */
export function addToPalette<Entry extends { readonly hex: string }>(
  { entries, rgbs, labs, oklabs }: GrowingPalette<Entry>,
  entry: Entry,
): void {
  const rgb = rgbFromHex(entry.hex);
  entries.push(entry);
  rgbs.push(rgb);
  labs.push(labFromRgb(rgb));
  oklabs.push(oklabFromRgb(rgb));
}

/** Converts every colour once. Throws RangeError for a hex that is not #rrggbb. */
export function preparePalette<Entry extends { readonly hex: string }>(
  entries: readonly Entry[],
): PreparedPalette<Entry> {
  const palette = emptyPalette<Entry>();
  for (const entry of entries) addToPalette(palette, entry);
  return palette;
}

/** The nearest entries, nearest first, at most `count`; of equally near ones the earlier in the palette. */
export function nearestColours<Entry>(
  palette: PreparedPalette<Entry>,
  rgb: Rgb,
  options: { metric: ColourMetric; count: number },
): ColourMatch<Entry>[] {
  const { metric, count } = options;
  const oklab = oklabFromRgb(rgb);
  const byOklab = (index: number) => distanceAt(palette.oklabs, index, oklab, oklabDistance);
  if (metric === 'oklab') return resolve(palette, leastOf(palette.entries.length, count, byOklab));
  if (metric === 'rgb') {
    return resolve(
      palette,
      leastOf(palette.entries.length, count, (index) => distanceAt(palette.rgbs, index, rgb, rgbDistance)),
    );
  }
  const lab = labFromRgb(rgb);
  const byCiede2000 = (index: number) => distanceAt(palette.labs, index, lab, ciede2000);
  if (palette.entries.length <= exactScanEntries)
    return resolve(palette, leastOf(palette.entries.length, count, byCiede2000));
  const shortlist = leastOf(palette.entries.length, Math.max(shortlistEntries, 2 * count), byOklab).map(
    ({ index }) => index,
  );
  const ranked = shortlist.map((index) => ({ index, distance: byCiede2000(index) }));
  ranked.sort((one, other) => one.distance - other.distance || one.index - other.index);
  return resolve(palette, ranked.slice(0, count));
}

type Candidate = { index: number; distance: number };

function distanceAt<Space>(
  list: readonly Space[],
  index: number,
  to: Space,
  measure: (one: Space, other: Space) => number,
): number {
  const from = list[index];
  return from === undefined ? Number.POSITIVE_INFINITY : measure(to, from);
}

/** Keeps the few least in order while it scans: no sorting of the whole. */
function leastOf(length: number, count: number, distanceOf: (index: number) => number): Candidate[] {
  const least: Candidate[] = [];
  let worst = Number.POSITIVE_INFINITY;
  for (let index = 0; index < length; index += 1) {
    const distance = distanceOf(index);
    if (least.length === count && distance >= worst) continue;
    let at = least.length;
    while (at > 0 && (least[at - 1]?.distance ?? 0) > distance) at -= 1;
    least.splice(at, 0, { index, distance });
    if (least.length > count) least.pop();
    worst = least.at(-1)?.distance ?? worst;
  }
  return least;
}

function resolve<Entry>(palette: PreparedPalette<Entry>, candidates: Candidate[]): ColourMatch<Entry>[] {
  return candidates.flatMap(({ index, distance }) => {
    const entry = palette.entries[index];
    return entry === undefined ? [] : [{ entry, distance }];
  });
}
