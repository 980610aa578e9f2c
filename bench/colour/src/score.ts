/** Holds one answer against what is known of the picture. */
import { ciede2000, cssColours, labFromRgb, type Rgb } from '@tintype/colour';
import type { Answer } from './contender.ts';
import { earthMoversDistance } from './transport.ts';
import type { Colour, Truth } from './truth.ts';

/** In ΔE2000: so near a dominant or background colour counts as found. */
export const foundWithin = 5;
/** Colours of less than this share need not be among five swatches. */
const leastShare = 0.02;
/** With more colours than swatches the worst colour says only how many there are. */
const mostColours = 5;

/** Null where the question cannot be asked of this picture or this method. */
export type Score = {
  /** Exact earth mover's distance to the whole true palette, ΔE2000. */
  distance: number | null;
  /**
   * The least such distance that any `mostColours` of the true colours could have: the floor of a five-swatch palette.
   */
  floor: number;
  isDominantFound: boolean | null;
  isBackgroundFound: boolean | null;
  isAccentFound: boolean | null;
  /** From the true colour that is least well represented to its nearest swatch, ΔE2000. */
  worst: number | null;
  /** Mean over the true colours of the difference in share, 0 … 1; each swatch counts for the nearest true colour. */
  shareError: number | null;
  /** True colours of ≥ 2 % that came back to the byte, 0 … 1. */
  exact: number | null;
  /** Swatches whose name is that of the nearest CSS colour, 0 … 1. */
  names: number | null;
  swatches: number;
};

export function scoreAnswer(answer: Answer, truth: Truth): Score {
  const large = truth.palette.filter(({ share }) => share >= leastShare);
  const hasPalette = answer.palette.length > 0;
  const isCounted = hasPalette && large.length <= mostColours;
  return {
    distance: hasPalette ? earthMoversDistance(truth.palette, answer.palette) : null,
    floor: floorOf(truth.palette),
    isDominantFound: truth.dominant && isFound(answer.dominant, truth.dominant),
    isBackgroundFound:
      truth.background && answer.background !== undefined ? isFound(answer.background, truth.background) : null,
    isAccentFound: truth.accent && answer.accent !== undefined ? isFound(answer.accent, truth.accent) : null,
    worst: isCounted ? Math.max(...large.map(({ rgb }) => distanceToNearest(rgb, answer.palette))) : null,
    shareError: isCounted ? shareErrorOf(truth.palette, answer.palette) : null,
    exact: isCounted
      ? shareOf(large, ({ rgb }) => answer.palette.some((swatch) => `${swatch.rgb}` === `${rgb}`))
      : null,
    names: answer.names
      ? shareOf(answer.palette, ({ rgb }, index) => answer.names?.[index] === nearestName(rgb))
      : null,
    swatches: answer.palette.length,
  };
}

export function differenceOf(one: Rgb, other: Rgb): number {
  return ciede2000(labFromRgb(one), labFromRgb(other));
}

function isFound(given: Rgb | 'transparent' | null | undefined, wanted: Rgb | 'transparent'): boolean {
  if (typeof given === 'string' || typeof wanted === 'string') return given === wanted;
  return !!given && differenceOf(given, wanted) <= foundWithin;
}

function distanceToNearest(rgb: Rgb, palette: readonly Colour[]): number {
  return Math.min(...palette.map((swatch) => differenceOf(rgb, swatch.rgb)));
}

function shareOf<Item>(items: readonly Item[], isRight: (item: Item, index: number) => boolean): number {
  return items.filter(isRight).length / Math.max(1, items.length);
}

function shareErrorOf(truth: readonly Colour[], palette: readonly Colour[]): number {
  const total = palette.reduce((sum, { share }) => sum + share, 0);
  const given = truth.map(() => 0);
  for (const { rgb, share } of palette) {
    const distances = truth.map((colour) => differenceOf(rgb, colour.rgb));
    const nearest = distances.indexOf(Math.min(...distances));
    given[nearest] = (given[nearest] ?? 0) + share / total;
  }
  return truth.reduce((sum, { share }, index) => sum + Math.abs(share - (given[index] ?? 0)), 0) / truth.length;
}

/** By looking at every CSS colour, which the product does not. */
function nearestName(rgb: Rgb): string {
  const distances = cssColours.map((colour) => ciede2000(labFromRgb(rgb), colour.lab));
  return cssColours[distances.indexOf(Math.min(...distances))]?.name ?? '';
}

/** Every choice of five of the colours, each of the others moved to the nearest chosen one. */
function floorOf(palette: readonly Colour[]): number {
  if (palette.length <= mostColours) return 0;
  const distances = palette.map(({ rgb }) => palette.map((other) => differenceOf(rgb, other.rgb)));
  const costOf = (chosen: readonly number[]) =>
    palette.reduce(
      (sum, { share }, index) => sum + share * Math.min(...chosen.map((at) => distances[index]?.[at] ?? 0)),
      0,
    );
  return choices(palette.length, mostColours).reduce((least, chosen) => Math.min(least, costOf(chosen)), 100);
}

/** All ways to choose `count` of the numbers below `from`. */
function choices(from: number, count: number): number[][] {
  if (count === 0) return [[]];
  return Array.from({ length: from }, (_, last) => last).flatMap((last) =>
    choices(last, count - 1).map((chosen) => [...chosen, last]),
  );
}
