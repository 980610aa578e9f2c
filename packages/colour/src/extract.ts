/** Extracts the colours of a picture: dominant, background, average, accent and palette from one run. */
import { accentOf } from './accent.ts';
import { backgroundOf } from './background.ts';
import { dissolveBlends } from './blend.ts';
import { type Clusters, clusterBins, isFlatArt, maxClusters } from './cluster.ts';
import { channelFromLinear, contrastRatio, type Rgb, rgbFromHex } from './convert.ts';
import { densestColour } from './densest.ts';
import { type Bins, histogramOf } from './histogram.ts';
import { absorbTiny, type Group, groupsOf, mergeNear } from './merge.ts';
import { type NamedHex, named } from './named-hex.ts';
import { withoutNoise } from './noise.ts';
import type { Pixels } from './pixels.ts';
import { joinRamps } from './ramps.ts';
import { representativesOf } from './representatives.ts';
import { roundedShare, sharesOf } from './shares.ts';
import { noSwatches, type Swatches, swatchesOf } from './swatches.ts';
import { trimmedMean } from './trimmed-mean.ts';

/** Belongs into the key of every cache of extracted colours: raise it whenever any answer may change. */
export const extractionVersion = 7;

/** Merging distances in the clustering space: for the palette shades stay apart, for the dominant a surface is one. */
const paletteDistance = 0.065;
const surfaceDistance = 0.12;
/** For a palette of many colours, whose shades are wanted too. */
const fineDistance = 0.04;

/** Of so many colours a palette comes from the same clusters as everything else; more need finer ones. */
const usualCount = 8;

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

/** `share`: of all pixels by their alpha, 0 … 1, four decimals. */
export type Swatch = { hex: string; share: number; name: string };

/** Plain data, ready to be stored as JSON. */
export type ExtractedColours = {
  /**
   * The colour that most of the picture is like, and the share of its surface with all shades: that may be the share
   * of several swatches of the palette.
   */
  dominant: Swatch | null;
  /** `confidence`: its share of the band along the edge, 0 … 1, four decimals. Null only if there are no pixels. */
  background: { hex: string; name: string; confidence: number } | 'transparent' | null;
  /** The mean in linear light: what the eye sees of the picture from far away. */
  average: NamedHex | null;
  /** The most eye-catching colour that is no shade of the dominant; null if there is none worth the name. */
  accent: NamedHex | null;
  /** Heaviest first, at most `count`; the shares are whole ten-thousandths that add up to exactly one. */
  palette: Swatch[];
  swatches: Swatches;
  /** Which of the two reads better on the dominant colour, and with what WCAG contrast, two decimals. */
  text: '#000000' | '#ffffff' | null;
  contrast: number | null;
  /** Whether the average is light or dark: by whether black or white text would read better on it. */
  scheme: 'light' | 'dark' | null;
  /** How much of the picture is seen through: one less the mean of alpha, four decimals. */
  transparentShare: number;
};

/**
 * The colours of a picture. Deterministic: the same pixels give the same answer, whatever picture came before. Only
 * `background` depends on where they are, and in a picture of strong noise which of them are one surface. Meant for samples of up to about 400×400; costs under 1 ms for 128×128.
 * `count` is the most colours of the palette, 5 unless told; there are never more than 32.
 * @throws {RangeError} if the data does not fit the dimensions, or `count` is not a whole number ≥ 1.
 */
export function extractColours(given: Pixels, { count = 5 }: { count?: number } = {}): ExtractedColours {
  checkArguments(given, count);
  const all = histogramOf(given);
  const transparentShare = roundedShare(all.transparent / Math.max(1, given.width * given.height));
  if (all.opaque === 0) return withoutColours(transparentShare);
  const average = averageOf(all);
  const pixels = isFlatArt(all) ? given : withoutNoise(given);
  const bins = pixels === given ? all : histogramOf(pixels);
  const clusters = clusterBins(bins);
  const near = mergeNear(clusters, groupsOf(clusters), paletteDistance);
  const shades = dissolveBlends(clusters, joinRamps(clusters, near));
  const surfaces = absorbTiny(mergeNear(clusters, shades, surfaceDistance));
  const colourOf = colourReader(clusters);
  const main = mainOf(clusters, surfaces, colourOf);
  const palette = paletteOf(representativesOf(absorbTiny(shades), count), colourOf);
  const dominant = dominantOf(palette, main.colour, main.group.weight / bins.opaque);
  const accent = accentOf(shades, main.group);
  const { found: behind, confidence } = backgroundOf(pixels, clusters, surfaces);
  const found: ExtractedColours = {
    dominant,
    background:
      behind === 'transparent'
        ? behind
        : { ...('core' in behind ? colourOf(behind) : named(behind)), confidence: roundedShare(confidence) },
    average,
    accent: accent && colourOf(accent),
    palette,
    swatches: swatchesOf(clusters, shades, colourOf),
    ...textOn(dominant.hex),
    scheme: textOn(average.hex).text === '#000000' ? 'light' : 'dark',
    transparentShare,
  };
  return count > usualCount ? { ...found, ...finePaletteOf(bins, dominant, count) } : found;
}

/** A palette of many colours, from clusters of its own: what else is found does not depend on how many are wanted. */
function finePaletteOf(bins: Bins, dominant: Swatch, count: number): Pick<ExtractedColours, 'dominant' | 'palette'> {
  const clusters = clusterBins(bins, Math.min(maxClusters, 2 * count));
  const shades = dissolveBlends(clusters, mergeNear(clusters, groupsOf(clusters), fineDistance));
  const palette = paletteOf(representativesOf(absorbTiny(shades), count), colourReader(clusters));
  return { palette, dominant: dominantOf(palette, dominant, dominant.share) };
}

function checkArguments({ data, width, height, channels }: Pixels, count: number): void {
  const bytes = width * height * channels;
  if (data.length !== bytes) {
    throw new RangeError(`${width}×${height} pixels of ${channels} channels are ${bytes} bytes, not ${data.length}`);
  }
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`count must be a whole number ≥ 1, not ${count}`);
}

function withoutColours(transparentShare: number): ExtractedColours {
  return {
    dominant: null,
    background: transparentShare > 0 ? 'transparent' : null,
    average: null,
    accent: null,
    palette: [],
    swatches: noSwatches,
    text: null,
    contrast: null,
    scheme: null,
    transparentShare,
  };
}

/** Reads the colours of groups, each once: the same group is often dominant, background and in the palette. */
function colourReader(clusters: Clusters): (group: Group) => NamedHex {
  const known = new Map<Group, NamedHex>();
  return (group) => {
    const colour = known.get(group) ?? named(trimmedMean(clusters, group));
    known.set(group, colour);
    return colour;
  };
}

/** The surface that the picture is mostly of: in flat art the heaviest, else the one in which most pixels are alike. */
function mainOf(clusters: Clusters, surfaces: readonly Group[], colourOf: (group: Group) => NamedHex) {
  const heaviest = surfaces.reduce((most, next) => (next.weight > most.weight ? next : most));
  if (isFlatArt(clusters.bins)) return { group: heaviest, colour: colourOf(heaviest) };
  const { rgb, cluster } = densestColour(clusters);
  return {
    group: surfaces.find((surface) => surface.clusters.some((own) => own === cluster)) ?? heaviest,
    colour: named(rgb),
  };
}

function paletteOf(groups: readonly Group[], colourOf: (group: Group) => NamedHex): Swatch[] {
  const heaviestFirst = groups.toSorted((one, other) => other.weight - one.weight);
  const shares = sharesOf(heaviestFirst.map(({ weight }) => weight));
  return heaviestFirst.map((group, index) => swatch(colourOf(group), shares[index] ?? 0));
}

/** A surface without shades is a swatch of the palette: its share must not be rounded in another way than there. */
function dominantOf(palette: readonly Swatch[], colour: NamedHex, share: number): Swatch {
  const same = palette.find(({ hex, share: rounded }) => hex === colour.hex && Math.abs(rounded - share) < 0.0001);
  return swatch(colour, same?.share ?? roundedShare(share));
}

function swatch({ hex, name }: NamedHex, share: number): Swatch {
  return { hex, share, name };
}

/** The mean light of the picture as a colour. */
function averageOf({ meanLight: { red, green, blue } }: Bins): NamedHex {
  return named([channelFromLinear(red), channelFromLinear(green), channelFromLinear(blue)]);
}

function textOn(hex: string): { text: '#000000' | '#ffffff'; contrast: number } {
  const rgb = rgbFromHex(hex);
  const onBlack = contrastRatio(rgb, black);
  const onWhite = contrastRatio(rgb, white);
  return {
    text: onBlack >= onWhite ? '#000000' : '#ffffff',
    contrast: Math.round(Math.max(onBlack, onWhite) * 100) / 100,
  };
}
