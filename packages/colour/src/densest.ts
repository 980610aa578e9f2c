/** Finds the dominant colour of what is no flat art: the one round which most pixels lie. */
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

/** The pixels in the neighbourhood of a colour, nearer ones counting more: how many, and their mean. */
type Neighbourhood = { weight: number; lightness: number; a: number; b: number; rgb: Rgb };

/**
 * A mode of the colours, and the cluster from which it was found. Clusters and what they are merged into jump when a
 * few pixels change, and with them the heaviest; the density does not. Source: mean shift with the Epanechnikov
 * kernel's profile as weight (Comaniciu & Meer, IEEE PAMI 24, 2002), started from the densest centre.
 */
export function densestColour({ bins, list }: Clusters): { rgb: Rgb; cluster: Cluster | undefined } {
  let cluster: Cluster | undefined;
  let densest: Neighbourhood = { weight: -1, lightness: 0, a: 0, b: 0, rgb: [0, 0, 0] };
  for (const candidate of list) {
    const around = neighbourhood(bins, candidate);
    if (around.weight <= densest.weight) continue;
    cluster = candidate;
    densest = around;
  }
  for (let pass = 0; pass < passes; pass++) densest = neighbourhood(bins, densest);
  return { rgb: densest.rgb, cluster };
}

function neighbourhood(bins: Bins, centre: Omit<Neighbourhood, 'rgb'>): Neighbourhood {
  let weight = 0;
  let lightness = 0;
  let a = 0;
  let b = 0;
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let bin = 0; bin < bins.size; bin++) {
    const dL = ((bins.lightness[bin] ?? 0) - centre.lightness) * shadeWeight;
    const da = (bins.a[bin] ?? 0) - centre.a;
    const db = (bins.b[bin] ?? 0) - centre.b;
    const nearness = 1 - (dL * dL + da * da + db * db) / (reach * reach);
    if (nearness <= 0) continue;
    const w = (bins.weight[bin] ?? 0) * nearness;
    weight += w;
    lightness += w * (bins.lightness[bin] ?? 0);
    a += w * (bins.a[bin] ?? 0);
    b += w * (bins.b[bin] ?? 0);
    red += (bins.red[bin] ?? 0) * nearness;
    green += (bins.green[bin] ?? 0) * nearness;
    blue += (bins.blue[bin] ?? 0) * nearness;
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
