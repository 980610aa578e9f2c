/** Finds the dominant colour of what is no flat art, or of a part of it: the one round which most pixels lie. */
import type { Cluster, Clusters } from './cluster.ts';
import type { Rgb } from './convert.ts';
import type { Bins } from './histogram.ts';
import { shadeWeight } from './merge.ts';
import type { Centre } from './split.ts';

/**
 * How far the neighbourhood of a colour reaches in the clustering space. Wider is steadier from one encoding to the
 * next, but ends in mixtures that no pixel has: from 0.2 on there are photographs without a pixel within ΔE 10.
 */
const reach = 0.14;
const passes = 6;
/** A step that gains a smaller part than this has arrived. */
const leastGain = 0.001;
/** A part of a picture has fewer colours: its neighbourhoods are nearer, and each is climbed from every cluster. */
const reachOfPart = 0.1;
const firstPasses = 3;
/** What is so near to it is still of the colour that was found: as far as the two ends of a surface may be. */
const wholeReach = 0.14;

/** Colours in the clustering space with their weights and channel sums: the bins of a picture, or of a part of it. */
export type Points = Pick<Bins, 'size' | 'weight' | 'lightness' | 'a' | 'b' | 'red' | 'green' | 'blue'>;

const nowhere: Centre = { weight: -1, lightness: 0, a: 0, b: 0 };

/**
 * A mode of the colours, and the cluster from which it was found. Clusters and what they are merged into jump when a
 * few pixels change, and with them the heaviest; the density does not. Source: mean shift with the Epanechnikov
 * kernel's profile as weight (Comaniciu & Meer, IEEE PAMI 24, 2002), started from the densest centre.
 */
export function densestColour({ bins, list }: Clusters): { rgb: Rgb; cluster: Cluster | undefined } {
  let cluster: Cluster | undefined;
  let densest = nowhere;
  for (const candidate of list) {
    const around = neighbourhood(bins, candidate, reach);
    if (around.weight <= densest.weight) continue;
    cluster = candidate;
    densest = around;
  }
  densest = climbed(bins, densest, reach);
  return { rgb: meanColour(bins, densest, reach), cluster };
}

/**
 * The same of a part of the picture, with the weight of all that is of this colour. Where two places are about equally
 * dense, a few pixels must not decide: so all clusters climb before one is chosen.
 */
export function densestColourOf(points: Points, clusters: readonly Cluster[]): { rgb: Rgb; weight: number } {
  let densest = nowhere;
  for (const cluster of clusters) {
    let around: Centre = cluster;
    for (let pass = 0; pass < firstPasses && around.weight > 0; pass++) {
      around = neighbourhood(points, around, reachOfPart);
    }
    if (around.weight > densest.weight) densest = around;
  }
  densest = climbed(points, densest, reachOfPart);
  return { rgb: meanColour(points, densest, reachOfPart), weight: weightWithin(points, densest, wholeReach) };
}

/** Where the climb from a centre ends: every step is to a denser place. */
function climbed(points: Points, from: Centre, within: number): Centre {
  let densest = from;
  for (let pass = 1; pass < passes; pass++) {
    const next = neighbourhood(points, densest, within);
    const gain = next.weight - densest.weight;
    densest = next;
    if (gain < leastGain * next.weight) break;
  }
  return densest;
}

/** The points near a centre, nearer ones counting more: how many, and their mean. */
function neighbourhood(points: Points, centre: Centre, within: number): Centre {
  const scale = 1 / (within * within);
  let weight = 0;
  let lightness = 0;
  let a = 0;
  let b = 0;
  for (let point = 0; point < points.size; point++) {
    const x = points.lightness[point] ?? 0;
    const y = points.a[point] ?? 0;
    const z = points.b[point] ?? 0;
    const dL = (x - centre.lightness) * shadeWeight;
    const da = y - centre.a;
    const db = z - centre.b;
    const nearness = 1 - (dL * dL + da * da + db * db) * scale;
    if (nearness <= 0) continue;
    const w = (points.weight[point] ?? 0) * nearness;
    weight += w;
    lightness += w * x;
    a += w * y;
    b += w * z;
  }
  // Some way between clusters there may be nothing at all.
  if (weight === 0) return { ...centre, weight };
  return { weight, lightness: lightness / weight, a: a / weight, b: b / weight };
}

/** Mean sRGB of the points near a centre, nearer ones counting more. */
function meanColour(points: Points, centre: Centre, within: number): Rgb {
  let weight = 0;
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let point = 0; point < points.size; point++) {
    const nearness = 1 - squaredShadeDistance(points, point, centre) / (within * within);
    if (nearness <= 0) continue;
    weight += (points.weight[point] ?? 0) * nearness;
    red += (points.red[point] ?? 0) * nearness;
    green += (points.green[point] ?? 0) * nearness;
    blue += (points.blue[point] ?? 0) * nearness;
  }
  return weight === 0 ? [0, 0, 0] : [red / weight, green / weight, blue / weight];
}

/** How much there is near a centre. */
function weightWithin(points: Points, centre: Centre, within: number): number {
  let weight = 0;
  for (let point = 0; point < points.size; point++) {
    if (squaredShadeDistance(points, point, centre) < within * within) weight += points.weight[point] ?? 0;
  }
  return weight;
}

function squaredShadeDistance(points: Points, point: number, centre: Centre): number {
  const lightness = ((points.lightness[point] ?? 0) - centre.lightness) * shadeWeight;
  const a = (points.a[point] ?? 0) - centre.a;
  const b = (points.b[point] ?? 0) - centre.b;
  return lightness * lightness + a * a + b * b;
}
