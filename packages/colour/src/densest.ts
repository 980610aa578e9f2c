/** Finds the dominant colour of what is no flat art, or of a part of it: the one round which most pixels lie. */
import type { Cluster, Clusters } from './cluster.ts';
import type { Rgb } from './convert.ts';
import type { Bins } from './histogram.ts';
import { shadeWeight } from './merge.ts';

/**
 * How far the neighbourhood of a colour reaches in the clustering space. Wider is steadier from one encoding to the
 * next, but ends in mixtures that no pixel has: from 0.2 on there are photographs without a pixel within ΔE 10.
 */
const reach = 0.14;
const passes = 6;
/** A part of a picture has fewer colours: its neighbourhoods are nearer, and each is climbed from every cluster. */
const reachOfPart = 0.1;
const firstPasses = 3;
/** What is so near to it is still of the colour that was found: as far as the two ends of a surface may be. */
const wholeReach = 0.14;

/** The pixels in the neighbourhood of a colour, nearer ones counting more: how many, and their mean. */
type Neighbourhood = { weight: number; lightness: number; a: number; b: number; rgb: Rgb };

const nowhere: Neighbourhood = { weight: -1, lightness: 0, a: 0, b: 0, rgb: [0, 0, 0] };

/**
 * A mode of the colours, and the cluster from which it was found. Clusters and what they are merged into jump when a
 * few pixels change, and with them the heaviest; the density does not. Source: mean shift with the Epanechnikov
 * kernel's profile as weight (Comaniciu & Meer, IEEE PAMI 24, 2002), started from the densest centre.
 */
export function densestColour({ bins, list }: Clusters): { rgb: Rgb; cluster: Cluster | undefined } {
  let cluster: Cluster | undefined;
  let densest = nowhere;
  for (const candidate of list) {
    const around = neighbourhood(bins, bins.weight, candidate, reach);
    if (around.weight <= densest.weight) continue;
    cluster = candidate;
    densest = around;
  }
  for (let pass = 0; pass < passes; pass++) densest = neighbourhood(bins, bins.weight, densest, reach);
  return { rgb: densest.rgb, cluster };
}

/**
 * The same of a part of the picture, whose pixels are counted by bin in `weights`; with the weight of all pixels that are
 * in its neighbourhood. Where two places are about equally dense, a few pixels must not decide: so all clusters climb.
 */
export function densestColourOf({ bins, list }: Clusters, weights: Float64Array): { rgb: Rgb; weight: number } {
  let densest: Neighbourhood = nowhere;
  for (const cluster of list) {
    let around: Neighbourhood = { ...cluster, rgb: nowhere.rgb };
    for (let pass = 0; pass < firstPasses && around.weight > 0; pass++) {
      around = neighbourhood(bins, weights, around, reachOfPart);
    }
    if (around.weight > densest.weight) densest = around;
  }
  for (let pass = 0; pass < passes; pass++) densest = neighbourhood(bins, weights, densest, reachOfPart);
  return { rgb: densest.rgb, weight: weightWithin(bins, weights, densest) };
}

function neighbourhood(
  bins: Bins,
  weights: Float64Array,
  centre: Omit<Neighbourhood, 'rgb'>,
  within: number,
): Neighbourhood {
  let weight = 0;
  let lightness = 0;
  let a = 0;
  let b = 0;
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let bin = 0; bin < bins.size; bin++) {
    const counted = weights[bin] ?? 0;
    if (counted === 0) continue;
    const nearness = 1 - squaredShadeDistance(bins, bin, centre) / (within * within);
    if (nearness <= 0) continue;
    const w = counted * nearness;
    const part = w / (bins.weight[bin] ?? 1);
    weight += w;
    lightness += w * (bins.lightness[bin] ?? 0);
    a += w * (bins.a[bin] ?? 0);
    b += w * (bins.b[bin] ?? 0);
    red += (bins.red[bin] ?? 0) * part;
    green += (bins.green[bin] ?? 0) * part;
    blue += (bins.blue[bin] ?? 0) * part;
  }
  // Some way between clusters there may be nothing at all.
  if (weight === 0) return { ...centre, weight, rgb: [0, 0, 0] };
  return {
    weight,
    lightness: lightness / weight,
    a: a / weight,
    b: b / weight,
    rgb: [red / weight, green / weight, blue / weight],
  };
}

/** How much of the weights is in the neighbourhood, near or far. */
function weightWithin(bins: Bins, weights: Float64Array, centre: Omit<Neighbourhood, 'rgb'>): number {
  let weight = 0;
  for (let bin = 0; bin < bins.size; bin++) {
    if (squaredShadeDistance(bins, bin, centre) < wholeReach ** 2) weight += weights[bin] ?? 0;
  }
  return weight;
}

function squaredShadeDistance(bins: Bins, bin: number, centre: Omit<Neighbourhood, 'rgb'>): number {
  const lightness = ((bins.lightness[bin] ?? 0) - centre.lightness) * shadeWeight;
  const a = (bins.a[bin] ?? 0) - centre.a;
  const b = (bins.b[bin] ?? 0) - centre.b;
  return lightness * lightness + a * a + b * b;
}
