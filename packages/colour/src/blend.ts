/** Gives the pixels of softened edges back to the two colours between which they lie: no blend becomes a swatch. */
import type { Cluster, Clusters } from './cluster.ts';
import type { Rgb } from './convert.ts';
import type { Bins } from './histogram.ts';
import type { Group } from './merge.ts';
import { trimmedMean } from './trimmed-mean.ts';

/**
 * Of the pixels so many must lie in full bins (`peakShare`): the ends of a blend are flat colours. Photographs have
 * surfaces that lie on a line with others by chance, and are left alone.
 */
const leastPeakShare = 0.4;
/**
 * How far off the line a blend may lie, in steps of sRGB: rounding and JPEG, and a little more the longer the line is.
 */
const tolerance = 5;
const tolerancePerStep = 0.02;
/** Colours nearer than this, in steps of sRGB, leave no room for blends that could be told from them. */
const leastLength = 24;
/**
 * Along the line, where the nearer end is 0 and the other 1: ringing goes out so far, and what is near an end so far
 * in.
 */
const ringing = -0.25;
const fringeTo = 0.15;
/** In steps of sRGB: nearer to an end than this is the end itself. */
const endReach = 3;
/** An end must be so much denser than the middle: along a gradient all is equally dense, and nothing is a blend. */
const leastContrast = 1.2;
/** How far to either side of an end its density is measured, along the line. */
const peakReach = 0.08;
/** A blend may be so much heavier than the lighter of its ends: of fine texture there is more blend than colour. */
const heaviestBlend = 1.3;
/** Below this share of the opaque pixels what lies on a line needs no further proof. */
const thinShare = 0.016;

/** A group with what it has been given so far. */
type Part = { group: Group; rgb: Rgb; weight: number; clusters: Cluster[] };

/**
 * Where a part lies between two others: `place` 0 at `near`, 1 at `far`; `offset` 0 on the line, 1 at the tolerance.
 */
type Blend = { near: Part; far: Part; place: number; offset: number };

/**
 * The groups without those that are blends of two others. Each blend is shared out by the lever rule, as pixels on an
 * edge were: half-way between two colours, half of it belongs to either. The line is one of sRGB, since pictures are
 * drawn and resized in sRGB and not in linear light.
 */
export function dissolveBlends(clusters: Clusters, groups: readonly Group[]): readonly Group[] {
  if (clusters.bins.peakShare < leastPeakShare) return groups;
  const parts: Part[] = groups.map((group) => ({
    group,
    rgb: trimmedMean(clusters, group),
    weight: group.weight,
    clusters: [...group.clusters],
  }));
  const left = new Set(parts);
  for (const part of parts.toSorted((one, other) => one.weight - other.weight)) {
    const blend = blendOf(clusters.bins, part, [...left]);
    if (!blend) continue;
    left.delete(part);
    const toFar = Math.max(0, blend.place) * part.weight;
    blend.far.weight += toFar;
    blend.near.weight += part.weight - toFar;
    blend.near.clusters.push(...part.clusters);
  }
  return [...left].map(weighed);
}

/** The group with its new weight, which does not change its colour. */
function weighed({ group, weight, clusters }: Part): Group {
  const scale = weight / group.weight;
  const { red, green, blue } = group;
  return { ...group, weight, clusters, red: red * scale, green: green * scale, blue: blue * scale };
}

/** The two others of which the part is most likely a blend, if it is one. */
function blendOf(bins: Bins, part: Part, others: readonly Part[]): Blend | undefined {
  let best: Blend | undefined;
  for (const near of others) {
    for (const far of others) {
      if (near === far || near === part || far === part) continue;
      const { place, offset } = placeOf(part.rgb, near.rgb, far.rgb);
      // What is near an end belongs there only if it is between no two others.
      const rank = offset + (place > fringeTo ? 0 : 0.5);
      if (offset > 1 || place < ringing || place > 0.5 || rank >= (best?.offset ?? 2)) continue;
      if (isBlend(bins, part, near, far, place)) best = { near, far, place, offset: rank };
    }
  }
  return best;
}

function placeOf(rgb: Rgb, near: Rgb, far: Rgb): { place: number; offset: number } {
  const [red, green, blue] = [far[0] - near[0], far[1] - near[1], far[2] - near[2]];
  const [r, g, b] = [rgb[0] - near[0], rgb[1] - near[1], rgb[2] - near[2]];
  const squaredLength = red * red + green * green + blue * blue;
  if (squaredLength < leastLength ** 2) return { place: 0, offset: Number.POSITIVE_INFINITY };
  const place = (r * red + g * green + b * blue) / squaredLength;
  const off = Math.sqrt((r - place * red) ** 2 + (g - place * green) ** 2 + (b - place * blue) ** 2);
  return { place, offset: off / (tolerance + tolerancePerStep * Math.sqrt(squaredLength)) };
}

/**
 * Whether a part on the line between two others is a blend, and not a tint that somebody chose. Softening leaves as
 * many pixels just beside either end as in the middle (a lens or an anti-aliased edge takes all values in between,
 * resizing also rings beyond the ends), while round a chosen colour there are only the few of its own edges.
 */
function isBlend(bins: Bins, part: Part, near: Part, far: Part, place: number): boolean {
  const { weight } = part;
  const isInMiddle = place > fringeTo;
  if (isInMiddle ? weight > heaviestBlend * Math.min(near.weight, far.weight) : weight > near.weight) return false;
  if (!isInMiddle && weight > far.weight) return false;
  if (weight <= thinShare * bins.opaque) return true;
  const { nearPeak, farPeak, fringe, middle } = profileOf(bins, near.rgb, far.rgb);
  const evenPeak = (middle * 2 * peakReach) / (1 - 2 * fringeTo);
  if (Math.min(nearPeak, farPeak) < leastContrast * evenPeak) return false;
  // Near an end the part is itself in the fringe, and no proof of itself.
  return isInMiddle ? fringe >= middle : fringe - weight >= Math.max(weight, middle) / 2;
}

/** Pixels along a line: round either end, beside the ends, and between. */
type Profile = { nearPeak: number; farPeak: number; fringe: number; middle: number };

function profileOf(bins: Bins, near: Rgb, far: Rgb): Profile {
  const [red, green, blue] = [far[0] - near[0], far[1] - near[1], far[2] - near[2]];
  const squaredLength = red * red + green * green + blue * blue;
  const length = Math.sqrt(squaredLength);
  const squaredTolerance = (tolerance + tolerancePerStep * length) ** 2;
  const profile: Profile = { nearPeak: 0, farPeak: 0, fringe: 0, middle: 0 };
  for (let bin = 0; bin < bins.size; bin++) {
    const weight = bins.weight[bin] ?? 0;
    const r = (bins.red[bin] ?? 0) / weight - near[0];
    const g = (bins.green[bin] ?? 0) / weight - near[1];
    const b = (bins.blue[bin] ?? 0) / weight - near[2];
    const place = (r * red + g * green + b * blue) / squaredLength;
    const fromEnd = place < 0.5 ? place : 1 - place;
    if (fromEnd < ringing) continue;
    const offRed = r - place * red;
    const offGreen = g - place * green;
    const offBlue = b - place * blue;
    if (offRed * offRed + offGreen * offGreen + offBlue * offBlue > squaredTolerance) continue;
    if (Math.abs(place) <= peakReach) profile.nearPeak += weight;
    if (Math.abs(1 - place) <= peakReach) profile.farPeak += weight;
    if (fromEnd >= fringeTo) profile.middle += weight;
    else if (Math.abs(fromEnd) * length > endReach) profile.fringe += weight;
  }
  return profile;
}
