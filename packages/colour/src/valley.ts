/** Tells two close colours from two shades of one: between colours there is a valley, between shades there is not. */
import type { Clusters } from './cluster.ts';
import type { Group } from './merge.ts';

/** A valley holds less than this part of the smaller of the two ends. */
const depth = 0.25;
/** Half of the width of the three stretches that are compared: around either centre, and around the middle. */
const reach = 1 / 6;
/**
 * A bin reaches as far to either side of its mean as so many times its scatter in one channel: all the way across, if a
 * ramp along the line fills it evenly (√3 for three channels, √3 from standard deviation to half width).
 */
const scatterReach = 3;

/**
 * Whether the pixels of two groups, seen along the line between their centres, leave its middle empty. Bins are not
 * taken as points: the grid of eight steps itself would then look like a valley, and noise on one colour like two
 * colours.
 */
export function hasValley(clusters: Clusters, one: Group, other: Group): boolean {
  const { bins, order } = clusters;
  const lightness = other.lightness - one.lightness;
  const a = other.a - one.a;
  const b = other.b - one.b;
  const squaredLength = lightness * lightness + a * a + b * b;
  const spread = scatterReach / Math.max(1, stepsBetween(one, other));
  let near = 0;
  let middle = 0;
  let far = 0;
  for (const { from, to } of [...one.clusters, ...other.clusters]) {
    for (let at = from; at < to; at++) {
      const bin = order[at] ?? 0;
      const dL = (bins.lightness[bin] ?? 0) - one.lightness;
      const da = (bins.a[bin] ?? 0) - one.a;
      const db = (bins.b[bin] ?? 0) - one.b;
      // 0 at the centre of one, 1 at that of the other.
      const along = (dL * lightness + da * a + db * b) / squaredLength;
      const half = Math.max(1e-6, (bins.scatter[bin] ?? 0) * spread);
      const weight = bins.weight[bin] ?? 0;
      near += weight * shareWithin(along, half, 0);
      middle += weight * shareWithin(along, half, 0.5);
      far += weight * shareWithin(along, half, 1);
    }
  }
  return middle < depth * Math.min(near, far);
}

/** How much of the stretch `along` ± `half` lies within `reach` of a place, 0 … 1. */
function shareWithin(along: number, half: number, place: number): number {
  const overlap = Math.min(along + half, place + reach) - Math.max(along - half, place - reach);
  return overlap > 0 ? overlap / (2 * half) : 0;
}

/** Distance of two means in steps of sRGB, which is what the scatter of a bin is measured in. */
function stepsBetween(one: Group, other: Group): number {
  const red = one.red / one.weight - other.red / other.weight;
  const green = one.green / one.weight - other.green / other.weight;
  const blue = one.blue / one.weight - other.blue / other.weight;
  return Math.sqrt(red * red + green * green + blue * blue);
}
