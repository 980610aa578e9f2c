/** Picks the six swatches that designers ask for: a vibrant and a muted colour, and a light and a dark one of each. */
import type { Clusters } from './cluster.ts';
import { hexFromRgb, type Rgb, rgbFromHex } from './convert.ts';
import type { Group } from './merge.ts';
import { type NamedHex, named } from './named-hex.ts';
import { splitByError, squaredDistance } from './split.ts';

/** In the order in which they choose; no colour is chosen twice. */
export const swatchNames = ['vibrant', 'lightVibrant', 'darkVibrant', 'muted', 'lightMuted', 'darkMuted'] as const;
export type SwatchName = (typeof swatchNames)[number];
/** Null where the picture has no such colour. */
export type Swatches = Record<SwatchName, NamedHex | null>;

type Range = { least: number; wanted: number; most: number };
type Target = { lightness: Range; saturation: Range };

/**
 * Lightness and saturation of HSL, 0 … 1, as Android's Palette has published them (androidx.palette.graphics.Target)
 * and node-vibrant took them over (@vibrant/generator-default 4.0.4, DefaultOpts).
 */
const normal: Range = { least: 0.3, wanted: 0.5, most: 0.7 };
const light: Range = { least: 0.55, wanted: 0.74, most: 1 };
const dark: Range = { least: 0, wanted: 0.26, most: 0.45 };
const vibrant: Range = { least: 0.35, wanted: 1, most: 1 };
const muted: Range = { least: 0, wanted: 0.3, most: 0.4 };

const targets: Record<SwatchName, Target> = {
  vibrant: { lightness: normal, saturation: vibrant },
  lightVibrant: { lightness: light, saturation: vibrant },
  darkVibrant: { lightness: dark, saturation: vibrant },
  muted: { lightness: normal, saturation: muted },
  lightMuted: { lightness: light, saturation: muted },
  darkMuted: { lightness: dark, saturation: muted },
};
/** How much each counts in the choice: node-vibrant's. */
const weights = { saturation: 3, lightness: 6.5, population: 0.5 };

/** From how many colours they are chosen, as in node-vibrant: a palette of five has no room for a small vibrant thing. */
const maxCandidates = 64;
/** What holds a smaller share of the pixels is noise: eight pixels of a usual sample. */
const leastShare = 0.0005;
/** Black and white have any saturation; Android's Palette leaves them out by the same bounds of lightness. */
const darkest = 0.05;
const lightest = 0.95;
/** What is heavier is no mere edge: greys of a photograph lie between its black and its white like blends of them. */
const thinShare = 0.03;
/** In the clustering space: a candidate that is so near to a colour of the picture is that colour. */
const sameColour = 0.02;

type Candidate = { population: number; saturation: number; lightness: number; rgb: Rgb };

/** What a picture without colours has. */
export const noSwatches: Swatches = swatchesBy(() => null);

/**
 * The swatches of a picture, from its groups without blends, whose colours are read by `colourOf`: what is near one of
 * them is that colour, and what is only the blend of two is none.
 */
export function swatchesOf(
  clusters: Clusters,
  groups: readonly Group[],
  colourOf: (group: Group) => NamedHex,
): Swatches {
  const candidates = candidatesOf(clusters, groups, colourOf);
  const most = candidates.reduce((largest, { population }) => Math.max(largest, population), 1);
  const taken = new Set<Candidate>();
  return swatchesBy((name) => {
    const left = candidates.filter((candidate) => !taken.has(candidate));
    const best = bestFor(targets[name], left, most);
    if (!best) return null;
    taken.add(best);
    return named(best.rgb);
  });
}

/** All six, as they are chosen one after the other. */
export function swatchesBy(choose: (name: SwatchName) => NamedHex | null): Swatches {
  // The fields are in the order of `swatchNames`, in which they choose.
  return {
    vibrant: choose('vibrant'),
    lightVibrant: choose('lightVibrant'),
    darkVibrant: choose('darkVibrant'),
    muted: choose('muted'),
    lightMuted: choose('lightMuted'),
    darkMuted: choose('darkMuted'),
  };
}

function bestFor({ lightness, saturation }: Target, candidates: readonly Candidate[], most: number): Candidate | null {
  let best: Candidate | null = null;
  let highest = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    if (!isWithin(candidate.saturation, saturation) || !isWithin(candidate.lightness, lightness)) continue;
    const score =
      weights.saturation * (1 - Math.abs(candidate.saturation - saturation.wanted)) +
      weights.lightness * (1 - Math.abs(candidate.lightness - lightness.wanted)) +
      weights.population * (candidate.population / most);
    if (score <= highest) continue;
    highest = score;
    best = candidate;
  }
  return best;
}

function isWithin(value: number, { least, most }: Range): boolean {
  return value >= least && value <= most;
}

/** Up to 64 parts of the histogram; those that are near a group stand for its colour together. */
function candidatesOf(clusters: Clusters, groups: readonly Group[], colourOf: (group: Group) => NamedHex): Candidate[] {
  const { bins } = clusters;
  const partOf = new Uint8Array(bins.size);
  const parts = splitByError(bins, maxCandidates, partOf);
  const sums = sumsOf(clusters, groups, partOf, parts.length);
  const ofGroups = new Map<Group, Candidate>();
  const candidates: Candidate[] = [];
  parts.forEach((part, index) => {
    const [population = 0, red = 0, green = 0, blue = 0] = sums.subarray(index * stride, (index + 1) * stride);
    if (population < part.weight / 2 || population < leastShare * bins.opaque) return;
    const group = groups.find((candidate) => squaredDistance(candidate, part) <= sameColour ** 2);
    const known = group && ofGroups.get(group);
    if (known) {
      known.population += population;
      return;
    }
    const hex = group ? colourOf(group).hex : hexFromRgb([red / population, green / population, blue / population]);
    const rgb = rgbFromHex(hex);
    const [saturation, lightness] = saturationAndLightness(rgb);
    if (lightness < darkest || lightness > lightest) return;
    const candidate = { population, saturation, lightness, rgb };
    if (group) ofGroups.set(group, candidate);
    candidates.push(candidate);
  });
  return candidates;
}

const stride = 4;

/** Pixels and sums of their channels by part, without the bins of blends: of thin clusters that no group goes by. */
function sumsOf(
  { bins, list, owner }: Clusters,
  groups: readonly Group[],
  partOf: Uint8Array,
  parts: number,
): Float64Array {
  const counts = list.map(
    (cluster) => cluster.weight > thinShare * bins.opaque || groups.some(({ core }) => core.includes(cluster)),
  );
  const sums = new Float64Array(parts * stride);
  for (let bin = 0; bin < bins.size; bin++) {
    if (!counts[owner[bin] ?? 0]) continue;
    const at = (partOf[bin] ?? 0) * stride;
    sums[at] = (sums[at] ?? 0) + (bins.weight[bin] ?? 0);
    sums[at + 1] = (sums[at + 1] ?? 0) + (bins.red[bin] ?? 0);
    sums[at + 2] = (sums[at + 2] ?? 0) + (bins.green[bin] ?? 0);
    sums[at + 3] = (sums[at + 3] ?? 0) + (bins.blue[bin] ?? 0);
  }
  return sums;
}

/** Of HSL, 0 … 1. Source: CSS Color 4, section 7.1 (rgbToHsl). */
function saturationAndLightness([red, green, blue]: Rgb): [saturation: number, lightness: number] {
  const most = Math.max(red, green, blue) / 255;
  const least = Math.min(red, green, blue) / 255;
  const lightness = (most + least) / 2;
  return [most === least ? 0 : (most - least) / 2 / Math.min(lightness, 1 - lightness), lightness];
}
