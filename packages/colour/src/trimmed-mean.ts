/** The colour of a group: its mean without the edge blends and outliers that would tint it. */
import type { Clusters } from './cluster.ts';
import type { Rgb } from './convert.ts';
import type { Group } from './merge.ts';

const passes = 3;
/** What lies farther from the mean than so many root mean squares is left out. */
const trimAt = 2;
/** Below this squared distance nothing is trimmed: rounding would do it. */
const sameColour = 1e-9;

/**
 * Mean of what lies within a ball around the last mean, in the clustering space and in sRGB, and the next ball's
 * radius.
 */
type Mean = { lightness: number; a: number; b: number; squaredRadius: number; rgb: Rgb };

/** Mean sRGB of a group's core, not rounded: exact to the byte where most of it is one flat colour. */
export function trimmedMean(clusters: Clusters, group: Group): Rgb {
  let mean = meanWithin(clusters, group, { ...group, squaredRadius: Number.POSITIVE_INFINITY });
  for (let pass = 0; pass < passes; pass++) mean = meanWithin(clusters, group, mean);
  return mean.rgb;
}

function meanWithin({ bins, order }: Clusters, { core }: Group, ball: Omit<Mean, 'rgb'>): Mean {
  let weight = 0;
  let lightness = 0;
  let a = 0;
  let b = 0;
  let squares = 0;
  let red = 0;
  let green = 0;
  let blue = 0;
  for (const { from, to } of core) {
    for (let at = from; at < to; at++) {
      const bin = order[at] ?? 0;
      const dL = (bins.lightness[bin] ?? 0) - ball.lightness;
      const da = (bins.a[bin] ?? 0) - ball.a;
      const db = (bins.b[bin] ?? 0) - ball.b;
      const squared = dL * dL + da * da + db * db;
      if (squared > ball.squaredRadius) continue;
      const w = bins.weight[bin] ?? 0;
      weight += w;
      lightness += w * dL;
      a += w * da;
      b += w * db;
      squares += w * squared;
      red += bins.red[bin] ?? 0;
      green += bins.green[bin] ?? 0;
      blue += bins.blue[bin] ?? 0;
    }
  }
  const [stepL, stepA, stepB] = [lightness / weight, a / weight, b / weight];
  const meanSquare = squares / weight - stepL ** 2 - stepA ** 2 - stepB ** 2;
  return {
    lightness: ball.lightness + stepL,
    a: ball.a + stepA,
    b: ball.b + stepB,
    squaredRadius: trimAt ** 2 * Math.max(0, meanSquare) + sameColour,
    rgb: [red / weight, green / weight, blue / weight],
  };
}
